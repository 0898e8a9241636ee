#include "cpu/large_memory.h"

#include <algorithm>
#include <cstdlib>
#include <sys/mman.h>

namespace mdd::cpu {

void* allocate_memory(std::size_t bytes) noexcept {
  constexpr std::size_t kAlignment = 256, kHugePage = std::size_t{2} << 20;
  const std::size_t alignment = bytes >= kHugePage ? kHugePage : kAlignment;
  const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  void* address = nullptr;
  if (rounded < bytes || ::posix_memalign(&address, alignment, rounded) != 0) return nullptr;
#ifdef MADV_HUGEPAGE
  // Advice only: where it is refused, the memory is as good as without.
  if (alignment == kHugePage) ::madvise(address, rounded, MADV_HUGEPAGE);
#endif
  return address;
}

void release_memory(void* address) noexcept { std::free(address); }

}  // namespace mdd::cpu
