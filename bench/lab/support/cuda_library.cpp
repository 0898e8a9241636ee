#include "bench/lab/support/library.h"
#include "core/error.h"
#include "cuda/blas/matrix_products.h"
#include "cuda/dnn/convolutions.h"

namespace mdd::lab {

std::function<void()> library_product(const Product& product) {
  static const auto kProducts = std::make_shared<cuda::MatrixProducts>(nullptr);
  return [product] {
    kProducts->multiply({.transpose_b = product.transposed, .m = product.m, .n = product.n, .k = product.k}, product.a,
                        product.b, product.c);
  };
}

std::function<void()> library_convolution(const LibraryConvolution& convolution) {
  static const auto kConvolutions =
      std::make_shared<cuda::Convolutions>(cuda::ConvolutionsOptions{.autotune = true}, nullptr);
  return [convolution] {
    const cuda::ConvolutionProblem problem{
        .geometry = {.kernel = convolution.kernel, .stride = 1, .padding = convolution.kernel / 2},
        .x = convolution.x,
        .y = convolution.y};
    require(kConvolutions->forward(problem, convolution.in, convolution.w, nullptr, nullptr, convolution.out),
            "cuDNN has an engine for the lab's convolution");
  };
}

}  // namespace mdd::lab
