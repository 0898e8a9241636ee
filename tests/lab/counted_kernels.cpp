#include "tests/lab/counted_kernels.h"

#include "cuda/kernels/pack.cuh"
#include "cuda/runtime/launch.h"

namespace counted {
namespace {

using mdd::kernels::load_pack;
using mdd::kernels::Pack;
using mdd::kernels::store_pack;

int me() { return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x); }

__global__ void copy_kernel(const float* x, float* y) { y[me()] = x[me()]; }
__global__ void pack_kernel(const float* x, float* y) { store_pack(y + 4 * me(), load_pack<4>(x + 4 * me())); }
__global__ void strided_kernel(const float* x, float* y) { y[me()] = x[8 * me()]; }
__global__ void misaligned_kernel(const float* x, float* y) { y[me()] = x[me() + 1]; }
__global__ void one_kernel(const float* x, float* y) { y[me()] = x[5]; }
__global__ void some_kernel(const float* x, float* y, int lanes) {
  if (me() < lanes) y[me()] = x[me()];
}
__global__ void ragged_kernel(const float* x, float* y) {
  float sum = 0.0f;
  for (int i = 0; i <= me(); ++i) sum += x[i * 32 + me()];
  y[me()] = sum;
}
__global__ void nested_kernel(const float* x, float* y) {
  for (int round = 0; round < 3; ++round) {
    float sum = 0.0f;
    if (me() % 2 == 0) sum += x[me()];
    for (int i = 0; i < (me() == 0 ? 3 : 2); ++i) sum += x[1024 + 32 * i + me()];
    y[32 * round + me()] = sum;
  }
}
__global__ void column_kernel(float* y, int pitch) {
  MDDNET_SHARED(float, tile, 32 * 33);
  tile[me() * pitch] = 1.0f;
  __syncthreads();
  y[me()] = tile[(31 - me()) * pitch];
}
__global__ void shared_pack_kernel(float* y) {
  MDDNET_SHARED(float, tile, 128);
  Pack<float, 4> pack;
  for (int i = 0; i < 4; ++i) pack[i] = static_cast<float>(i);
  store_pack(tile + 4 * me(), pack);
  __syncthreads();
  y[me()] = tile[me()];
}
__global__ void register_kernel(float* y) {
  volatile float values[8];
  for (int i = 0; i < 8; ++i) values[i] = static_cast<float>(i * me());
  float sum = 0.0f;
  for (int i = 0; i < 8; ++i) sum += values[i];
  y[me()] = sum;
}

template <class... Parameters, class... Arguments>
void start(unsigned blocks, void (*kernel)(Parameters...), Arguments... arguments) {
  mdd::cuda::launch(nullptr, {dim3(blocks), dim3(32)}, kernel, arguments...);
}

}  // namespace

void copy(const float* x, float* y, unsigned blocks) { start(blocks, copy_kernel, x, y); }
void copy_packs(const float* x, float* y) { start(1, pack_kernel, x, y); }
void copy_strided(const float* x, float* y) { start(1, strided_kernel, x, y); }
void copy_misaligned(const float* x, float* y) { start(1, misaligned_kernel, x, y); }
void read_one(const float* x, float* y) { start(1, one_kernel, x, y); }
void copy_some(const float* x, float* y, int lanes) { start(1, some_kernel, x, y, lanes); }
void ragged_loop(const float* x, float* y) { start(1, ragged_kernel, x, y); }
void nested_loops(const float* x, float* y) { start(1, nested_kernel, x, y); }
void shared_column(float* y, int pitch) { start(1, column_kernel, y, pitch); }
void shared_packs(float* y) { start(1, shared_pack_kernel, y); }
void no_memory(float* y) { start(1, register_kernel, y); }

}  // namespace counted
