// The stand-ins of the libraries keep what their headers promise.
#include <doctest/doctest.h>
#include <limits>
#include <vector>

#include "core/error.h"
#include "cuda/blas/matrix_products.h"
#include "cuda/dnn/convolutions.h"
#include "cuda/runtime/handle.h"
#include "cuda/sort/device_sort.h"
#include "stand_ins/supported_convolutions.h"

using namespace mdd;
using namespace mdd::cuda;

namespace {

/// Device memory of the emulator is host memory: 64 zeros, aligned.
struct Operand {
  alignas(16) float values[64] = {};
};

/// Puts the pretended library back however a test ends.
struct FullSupport {
  ~FullSupport() { emu::set_cudnn_support(true, true); }
};

}  // namespace

TEST_CASE("Matrix products of either orientation") {
  MatrixProducts products(nullptr);
  // [1 2 3; 4 5 6] times [7 8; 9 10; 11 12]
  const std::vector<float> a{1, 2, 3, 4, 5, 6}, a_transposed{1, 4, 2, 5, 3, 6};
  const std::vector<float> b{7, 8, 9, 10, 11, 12}, b_transposed{7, 9, 11, 8, 10, 12};
  for (const bool left : {false, true}) {
    for (const bool right : {false, true}) {
      MatrixProduct product{left, right, 2, 2, 3, 0.0f};
      std::vector<float> c(4, std::numeric_limits<float>::quiet_NaN());
      const float* x = left ? a_transposed.data() : a.data();
      const float* y = right ? b_transposed.data() : b.data();
      products.multiply(product, x, y, c.data());
      CHECK(c == std::vector<float>{58, 64, 139, 154});
      product.beta = 2.0f;
      products.multiply(product, x, y, c.data());
      CHECK(c == std::vector<float>{3 * 58, 3 * 64, 3 * 139, 3 * 154});
    }
  }
  CHECK_THROWS_AS(products.multiply({false, false, 0, 2, 3, 0.0f}, a.data(), b.data(), nullptr), Error);
}

TEST_CASE("Pairs are sorted by falling key, ties in their order, NaN first") {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const std::vector<float> keys{0.0f, 2.0f, -0.0f, nan, -inf, 2.0f, -nan, inf, -1.0f};
  const std::vector<std::int32_t> values{0, 1, 2, 3, 4, 5, 6, 7, 8};
  std::vector<float> sorted(keys.size());
  std::vector<std::int32_t> moved(keys.size());
  const auto count = static_cast<std::int64_t>(keys.size());
  std::size_t bytes = 0;
  sort_descending(nullptr, bytes, keys.data(), sorted.data(), values.data(), moved.data(), count, nullptr);
  REQUIRE(bytes > 0);
  std::vector<std::byte> scratch(bytes);
  sort_descending(scratch.data(), bytes, keys.data(), sorted.data(), values.data(), moved.data(), count, nullptr);
  CHECK(moved == std::vector<std::int32_t>{3, 7, 1, 5, 0, 2, 8, 4, 6});
  CHECK(sorted[1] == inf);
  CHECK(sorted[7] == -inf);
  std::size_t too_little = 1;
  CHECK_THROWS_AS(sort_descending(scratch.data(), too_little, keys.data(), sorted.data(), values.data(), moved.data(),
                                  count, nullptr),
                  Error);
}

TEST_CASE("Support can be withheld, and the output stays as it was") {
  const FullSupport restore;
  Convolutions convolutions({}, nullptr);
  ConvolutionProblem plain{.geometry = {1, 1, 0}, .x = {1, 2, 2, 4}, .y = {1, 2, 2, 4}};
  ConvolutionProblem fused = plain;
  fused.relu = true;
  ConvolutionProblem weights = plain;
  weights.kind = ConvolutionKind::kBackwardWeights;
  weights.type = DType::kF16;
  Operand x, w, y;
  const auto forward = [&](const ConvolutionProblem& problem) {
    std::fill(std::begin(y.values), std::end(y.values), 5.0f);
    const bool done = convolutions.forward(problem, x.values, w.values, nullptr, nullptr, y.values);
    CHECK(y.values[0] == (done ? 0.0f : 5.0f));
    return done;
  };
  const auto gradient = [&](DType type) {
    return convolutions.backward_weights(weights, x.values, y.values, w.values, type);
  };
  CHECK(forward(plain));
  CHECK(forward(fused));
  CHECK(gradient(DType::kF32));
  CHECK(convolutions.refusals().empty());
  emu::set_cudnn_support(true, false, false);
  CHECK(forward(plain));
  CHECK_FALSE(forward(fused));
  CHECK_FALSE(gradient(DType::kF32));
  CHECK(gradient(DType::kF16));
  emu::set_cudnn_support(false, true);
  CHECK_FALSE(forward(plain));
  CHECK_FALSE(gradient(DType::kF16));
  CHECK(convolutions.refusals().size() == 4);
}
