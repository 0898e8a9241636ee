// Row-major f32 matrix products on cuBLASLt, for the class-aware memory.
#pragma once
#include <cstdint>
#include <cuda_runtime.h>
#include <memory>

namespace mdd::cuda {

/// c[m,n] = op(a) op(b) + beta * c, where op transposes or not: op(a) is [m,k], op(b) is [k,n], all densely packed with
/// the last axis fastest (so a itself is [k,m] if it is transposed, b [n,k]).
struct MatrixProduct {
  bool transpose_a = false;
  bool transpose_b = false;
  std::int64_t m = 0, n = 0, k = 0;
  float beta = 0.0f;  ///< 0: c is not read
};

class MatrixProducts {
 public:
  /// Throws Error(kDevice) if cuBLASLt cannot be used on the current device. The stream outlives this object.
  explicit MatrixProducts(cudaStream_t stream);
  ~MatrixProducts();
  MatrixProducts(const MatrixProducts&) = delete;
  MatrixProducts& operator=(const MatrixProducts&) = delete;

  /// Puts the product on the stream. Factors stay f32 whatever the backend's precision: the memory's softmax multiplies
  /// an error of its cosines by 1 / temperature, tenfold and more. Sums are taken in f32, in an order that is the same
  /// in every run. Neither allocates nor waits. While the stream is being recorded, a form that never ran before throws
  /// Error(kRuntime): its kernel may have to be loaded first.
  void multiply(const MatrixProduct& product, const float* a, const float* b, float* c);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace mdd::cuda
