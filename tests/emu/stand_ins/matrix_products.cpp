// cuda/blas/matrix_products.h as three loops, summed in f64.
#include "cuda/blas/matrix_products.h"

#include "cuda/runtime/check.h"
#include "stand_ins/recording.h"

namespace mdd::cuda {
namespace {

void multiply_now(const MatrixProduct& p, const float* a, const float* b, float* c) {
  for (std::int64_t i = 0; i < p.m; ++i) {
    for (std::int64_t j = 0; j < p.n; ++j) {
      double sum = 0;
      for (std::int64_t l = 0; l < p.k; ++l) {
        const float left = p.transpose_a ? a[l * p.m + i] : a[i * p.k + l];
        const float right = p.transpose_b ? b[j * p.k + l] : b[l * p.n + j];
        sum += static_cast<double>(left) * static_cast<double>(right);
      }
      float& out = c[i * p.n + j];
      // With beta 0 what c holds, perhaps not a number, must not matter.
      out = static_cast<float>(sum) + (p.beta == 0.0f ? 0.0f : p.beta * out);
    }
  }
}

}  // namespace

struct MatrixProducts::Implementation {
  cudaStream_t stream = nullptr;
  emu::SeenForms seen;
};

MatrixProducts::MatrixProducts(cudaStream_t stream) : implementation_(std::make_unique<Implementation>()) {
  implementation_->stream = stream;
}
MatrixProducts::~MatrixProducts() = default;

void MatrixProducts::multiply(const MatrixProduct& product, const float* a, const float* b, float* c) {
  require(product.m > 0 && product.n > 0 && product.k > 0, "a matrix product has extents");
  const MatrixProduct& p = product;
  implementation_->seen.note(implementation_->stream, "product " + std::to_string(p.m) + " " + std::to_string(p.n) +
                                                          " " + std::to_string(p.k) + (p.transpose_a ? " a" : "") +
                                                          (p.transpose_b ? " b" : ""));
  MDDNET_CUDA(emu::enqueue(implementation_->stream, [p, a, b, c] { multiply_now(p, a, b, c); }));
}

}  // namespace mdd::cuda
