// Declarations for the test of emu::missing_kernels, never compiled. __global__ void in_a_comment();
// The odd layouts are the point.
// clang-format off
#define EXAMPLE(name) \
  __global__ void name()

namespace {
[[maybe_unused]] constexpr int kThreads = 256;
}

static __global__ [[maybe_unused]] void attributes(int a, void (*b)(int));

__global__ void
__launch_bounds__(kThreads, (2 + 1)) bounded(const float* x) {
  if (x[0] > 0.0f) return;
}
/* __global__ void in_a_block_comment(); */

template <class T>
__global__ void scale(T* y, const T* x, float a, int count);

template <int kWidth, class Table = Map<int, Pair<int, 2>>, typename T>
__launch_bounds__(32) __global__ void second(T* y);
