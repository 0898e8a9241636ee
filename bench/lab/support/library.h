// What the product's libraries do with the problem of a page, where they are: cuBLASLt and cuDNN on a GPU. On the
// emulator there is nothing to count, and these return functions that are empty.
#pragma once
#include <cstdint>
#include <cuda_runtime.h>
#include <functional>

#include "core/shape.h"

namespace mdd::lab {

/// c[m,n] = a[m,k] b, b is [k,n], or [n,k] if transposed; on the legacy stream.
struct Product {
  bool transposed;
  std::int64_t m, n, k;
  const float *a, *b;
  float* c;
};
[[nodiscard]] std::function<void()> library_product(const Product& product);

/// y = x convolved with w [K,R,R,C], stride 1, padding R / 2, in f32 without tf32.
struct LibraryConvolution {
  Shape x, y;
  std::int64_t kernel;
  const float *in, *w;
  float* out;
};
[[nodiscard]] std::function<void()> library_convolution(const LibraryConvolution& convolution);

}  // namespace mdd::lab
