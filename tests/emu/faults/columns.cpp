// Sums over the threads of a column of a block.
#include "cuda/kernels/column_sums.cuh"
#include "tests/emu/faults/program.h"

__global__ void columns(float* result) {
  const auto thread = static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x);
  float value[2] = {static_cast<float>(thread), 1.0f};
  mdd::kernels::column_sums(value);
  result[2 * thread] = value[0];
  result[2 * thread + 1] = value[1];
}

int main() {
  return planted::run([] {
    const unsigned width = 16, height = mdd::kernels::kChannelThreads / width;
    const emu::test::DeviceArray<float> result(2 * width * height);
    static_cast<void>(emu::test::launch({1, dim3(width, height)}, columns, result.data()));
    for (unsigned thread = 0; thread < width * height; ++thread) {
      const unsigned column = thread % width;
      planted::expect("column sum", result[2 * thread], height * column + width * height * (height - 1) / 2.0);
      planted::expect("column count", result[2 * thread + 1], height);
    }
  });
}
