// Two sums and a maximum over a block, one after another through the same shared array.
#include "cuda/kernels/reduce.cuh"
#include "tests/emu/faults/program.h"

__global__ void block_sums(const float* x, float* result) {
  const float v = x[threadIdx.x];
  const float sum = mdd::kernels::block_sum(v);
  const float twice = mdd::kernels::block_sum(2.0f * v);
  const float largest = mdd::kernels::block_max(v);
  float* const mine = result + 3 * threadIdx.x;
  mine[0] = sum;
  mine[1] = twice;
  mine[2] = largest;
}

int main() {
  return planted::run([] {
    const unsigned threads = 128;
    std::vector<float> values(threads);
    for (unsigned i = 0; i < threads; ++i) values[i] = static_cast<float>(i);
    const emu::test::DeviceArray<float> x(values), result(3 * threads);
    static_cast<void>(emu::test::launch({1, threads}, block_sums, x.data(), result.data()));
    for (unsigned i = 0; i < threads; ++i) {
      planted::expect("block sum", result[3 * i], 127 * 64);
      planted::expect("second block sum", result[3 * i + 1], 127 * 128);
      planted::expect("block maximum", result[3 * i + 2], 127);
    }
  });
}
