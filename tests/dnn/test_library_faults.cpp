// Every call into cuDNN, cuBLASLt and the runtime that a convolution or a matrix product makes, made to fail once: one
// clear error or another way to the result, nothing lost, and the same object does the same work right afterwards.
#include <array>
#include <doctest/doctest.h>
#include <functional>
#include <set>
#include <string>

#include "core/error.h"
#include "cuda/blas/matrix_products.h"
#include "cuda/dnn/convolutions.h"
#include "fake_libraries.h"

using namespace mdd;
using namespace mdd::cuda;

namespace {

constexpr ConvolutionKind kForward = ConvolutionKind::kForward;
alignas(16) std::array<float, 64> operand{};

ConvolutionProblem problem() {
  return {.kind = kForward,
          .geometry = {3, 1, 1},
          .x = {1, 4, 4, 8},
          .y = {1, 4, 4, 8},
          .bias = true,
          .residual = true,
          .relu = true};
}

/// Whether an engine was found for it.
bool convolve(Convolutions& convolutions) {
  return convolutions.forward(problem(), operand.data(), operand.data(), operand.data(), operand.data(),
                              operand.data());
}

void multiply(MatrixProducts& products) {
  products.multiply({.m = 4, .n = 4, .k = 4}, operand.data(), operand.data(), operand.data());
}

/// Runs `action` with its call number n failing, for n = 0, 1, ... until there is no such call. Returns the names of
/// the calls whose failure came out as an error, which must name them; `tolerated` collects the others.
std::set<std::string> fail_each_call(const std::function<void()>& action, std::set<std::string>& tolerated) {
  std::set<std::string> reported;
  const std::size_t before = fake::alive();
  for (int number = 0;; ++number) {
    CAPTURE(number);
    fake::fail_call(number);
    std::string message;
    try {
      action();
    } catch (const Error& error) {
      message = error.what();
      CHECK((error.kind() == ErrorKind::kRuntime || error.kind() == ErrorKind::kDevice));
    }
    const std::string call = fake::failed_call();
    fake::fail_call(-1);
    CHECK(fake::alive() == before);
    if (call.empty()) return reported;
    if (message.empty()) {
      tolerated.insert(call);
      continue;
    }
    CHECK_MESSAGE(message.find("as the test") != std::string::npos, call, ": ", message);
    CHECK_MESSAGE(message.find('\n') == std::string::npos, message);
    reported.insert(call);
  }
}

}  // namespace

TEST_CASE("convolutions: from opening the library to the first run and the next") {
  for (const bool autotune : {false, true}) {
    CAPTURE(autotune);
    std::set<std::string> tolerated;
    const std::set<std::string> reported = fail_each_call(
        [&] {
          Convolutions convolutions({.autotune = autotune}, nullptr);
          static_cast<void>(convolve(convolutions));
          static_cast<void>(convolve(convolutions));
        },
        tolerated);
    std::set<std::string> expected{"cudnnCreate",
                                   "cudnnSetStream",
                                   "cudnnBackendCreateDescriptor",
                                   "cudnnBackendSetAttribute",
                                   "cudnnBackendGetAttribute",
                                   "cudnnBackendFinalize",
                                   "cudnnBackendExecute",
                                   "cudaMalloc",
                                   "cudaMemsetAsync",
                                   "cudaGetDevice",
                                   "cudaDeviceGetAttribute",
                                   "cudaStreamIsCapturing"};
    if (autotune)
      expected.insert({"cudaEventCreate", "cudaEventRecord", "cudaEventSynchronize", "cudaEventElapsedTime"});
    CHECK(reported == expected);
    // An engine that cannot be built or run is passed over: the caller has kernels of its own.
    CHECK(tolerated == std::set<std::string>{"cudnnBackendExecute", "cudnnBackendFinalize"});
  }
}

TEST_CASE("a convolution that failed is done by the same object when it is asked again") {
  for (int number = 0;; ++number) {
    CAPTURE(number);
    Convolutions convolutions({}, nullptr);
    fake::fail_call(number);
    bool failed = false;
    try {
      static_cast<void>(convolve(convolutions));
    } catch (const Error&) {
      failed = true;
    }
    const bool happened = !fake::failed_call().empty();
    fake::fail_call(-1);
    if (failed) CHECK(convolve(convolutions));
    if (!happened) break;
  }
  CHECK(fake::alive() == 0);
}

TEST_CASE("matrix products: from opening the library to the first run and the next") {
  std::set<std::string> tolerated;
  const std::set<std::string> reported = fail_each_call(
      [] {
        MatrixProducts products(nullptr);
        multiply(products);
        multiply(products);
      },
      tolerated);
  CHECK(reported == std::set<std::string>{"cublasLtCreate", "cudaMalloc", "cudaStreamIsCapturing",
                                          "cublasLtMatmulDescCreate", "cublasLtMatmulDescSetAttribute",
                                          "cublasLtMatrixLayoutCreate", "cublasLtMatmulPreferenceCreate",
                                          "cublasLtMatmulPreferenceSetAttribute", "cublasLtMatmulAlgoGetHeuristic",
                                          "cublasLtMatmul"});
  CHECK(tolerated.empty());
  MatrixProducts products(nullptr);
  multiply(products);
  std::set<std::string> ignored;
  static_cast<void>(fail_each_call([&] { multiply(products); }, ignored));
  multiply(products);
}

TEST_CASE("what never ran is not recorded") {
  MatrixProducts products(nullptr);
  Convolutions convolutions({}, nullptr);
  fake::set_capturing(true);
  CHECK_THROWS_AS(multiply(products), Error);
  CHECK_THROWS_AS(static_cast<void>(convolve(convolutions)), Error);
  fake::set_capturing(false);
  multiply(products);
  CHECK(convolve(convolutions));
}
