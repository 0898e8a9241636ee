// One harness as libFuzzer wants it; MDDNET_HARNESS is its name.
#include <cstddef>
#include <cstdint>

#include "fuzz/harnesses.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mdd::fuzz::MDDNET_HARNESS({data, size});
  return 0;
}
