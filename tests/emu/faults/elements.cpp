// The sum of two tensors whose size is no multiple of the pack.
#include "cuda/kernels/elementwise.cuh"
#include "tests/emu/faults/program.h"

int main() {
  return planted::run([] {
    const std::size_t count = 1000 * 8 + 5;
    const std::vector<__half> values(count, 1.5f);
    const emu::test::DeviceArray<__half> a(values), b(values), sum(count);
    static_cast<void>(emu::test::launch({3, 256}, mdd::kernels::add<__half, 8>, a.data(), b.data(), sum.data(),
                                        static_cast<std::int64_t>(count)));
    for (std::size_t i = 0; i < count; ++i) planted::expect("element", static_cast<float>(sum[i]), 3.0);
  });
}
