// What the cases of check_*.cpp are written with: guarded device arrays, random input, comparison, finite differences.
#pragma once
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/rng.h"
#include "reference/array.h"
#include "reference/check.h"

namespace mdd::reference {

/// A tensor on a backend that lies between two guard zones and starts out as NaN (all bits set), so that elements left
/// unwritten and writes out of bounds both show.
class DeviceArray {
 public:
  /// Poisoned.
  DeviceArray(Backend& backend, DType dtype, const Shape& shape);
  /// Holds `values`, which are rounded to an f16 or bf16 `dtype` and must be representable in any other.
  DeviceArray(Backend& backend, const Array& values, DType dtype = DType::kF32);

  [[nodiscard]] const Tensor& tensor() const noexcept { return tensor_; }
  operator const Tensor&() const noexcept { return tensor_; }  // NOLINT: stands for its tensor in a backend's call
  void upload(const Array& values);
  void upload_bytes(std::span<const std::byte> bytes) { backend_->copy_from_host(tensor_, bytes); }
  [[nodiscard]] std::vector<std::byte> download_bytes() const;
  /// The elements of an f32, f64, f16, bf16, i32 or u8 tensor.
  [[nodiscard]] Array download() const;
  /// Nothing has written next to the tensor.
  [[nodiscard]] bool guards_intact() const;

 private:
  Backend* backend_;
  Buffer buffer_;
  Tensor tensor_;
};

/// |got - expected| / max(|expected|, scale) in the 2-norm; infinite if the sizes differ or an element is not finite.
/// `scale` is the size of the terms that cancel in a result which is small by cancellation.
[[nodiscard]] double relative_error(const Array& got, const Array& expected, double scale = 0.0);

/// d f / d x by central differences.
[[nodiscard]] Array numeric_gradient(const Array& x, const std::function<double(const Array&)>& f, double step = 1e-5);

/// Collects the rows of a run.
class Checker {
 public:
  Checker(Backend& backend, std::uint64_t seed, const CheckOptions& options = {})
      : Checker(backend, seed, options, options.inference ? backend.inference_feature_type() : backend.feature_type()) {
  }
  /// With features of another type than the backend's own, for tests of the checker itself.
  Checker(Backend& backend, std::uint64_t seed, const CheckOptions& options, DType feature_type)
      : backend_(&backend), seed_(seed), options_(options), feature_type_(feature_type) {}

  /// Runs `body` with `operation` and `shape` as the names of its rows and a random stream of its own. An exception
  /// becomes a failing row with the exception's text.
  void run(const std::string& operation, const std::string& shape, const std::function<void()>& body);

  [[nodiscard]] Backend& backend() noexcept { return *backend_; }
  [[nodiscard]] bool small_only() const noexcept { return options_.small_only; }
  /// Whether backward passes take features of this type.
  [[nodiscard]] bool has_gradients() const noexcept { return !options_.inference; }
  /// Uniform values, exactly representable in f32.
  [[nodiscard]] Array random(const Shape& shape, float low = -1.0f, float high = 1.0f);
  /// Whole numbers 0 .. count-1.
  [[nodiscard]] Array random_integers(const Shape& shape, std::uint32_t count);
  [[nodiscard]] DeviceArray device(const Array& values, DType dtype = DType::kF32) {
    return DeviceArray(*backend_, values, dtype);
  }
  [[nodiscard]] DeviceArray poisoned(const Shape& shape, DType dtype = DType::kF32) {
    return DeviceArray(*backend_, dtype, shape);
  }

  // Features live on the device as the backend stores them. Reference and backend must start from the same values: what
  // goes into `feature` comes from `random_feature`, and so do filters and prototypes, which stay f32 but are rounded
  // to the type of features before they are multiplied with them.
  [[nodiscard]] DType feature_type() const noexcept { return feature_type_; }
  /// Random values that the type of features, and the type to which products round their factors, can hold.
  [[nodiscard]] Array random_feature(const Shape& shape, float low = -1.0f, float high = 1.0f);
  [[nodiscard]] DeviceArray feature(const Array& values) { return device(values, feature_type_); }
  [[nodiscard]] DeviceArray poisoned_feature(const Shape& shape) { return poisoned(shape, feature_type_); }
  /// For a result that is stored as a feature and would be right within `f32` if that were f32.
  [[nodiscard]] double tolerance(double f32) const;
  /// For a result of convolutions or matrix products that is stored as f32. Products of features are exact in f32, but
  /// an algorithm that transforms its factors first (Winograd's) rounds the transformed ones to tf32.
  [[nodiscard]] double product_tolerance(double f32) const;
  /// For the gradient of a convolution's weights.
  [[nodiscard]] double weight_gradient_tolerance(double f32) const;
  /// For the sums of a convolution in its forward pass: where products round their factors to bf16, those of 3x3
  /// filters may have been transformed first.
  [[nodiscard]] double forward_tolerance(double f32, const ConvolutionGeometry& geometry) const;
  /// For a product that is stored as a feature.
  [[nodiscard]] double feature_product_tolerance(double f32) const { return tolerance(product_tolerance(f32)); }

  void compare(const std::string& quantity, const DeviceArray& got, const Array& expected, double tolerance,
               double scale = 0.0);
  void compare(const std::string& quantity, const Array& got, const Array& expected, double tolerance,
               double scale = 0.0);
  /// A row with a number of our own making.
  void report(const std::string& quantity, double error, double tolerance);
  /// A row that is right or wrong.
  void expect(const std::string& quantity, bool holds);
  /// `call` must throw Error(kRuntime) and leave `untouched` as it is.
  void refuses(const std::string& quantity, const DeviceArray& untouched, const std::function<void()>& call);

  [[nodiscard]] std::vector<CheckRow> take() { return std::move(rows_); }

 private:
  Backend* backend_;
  std::uint64_t seed_;
  CheckOptions options_;
  DType feature_type_;
  RandomStream stream_{0, 0, 0, Purpose::kTest};
  std::uint32_t cases_ = 0;
  std::string operation_, shape_;
  std::vector<CheckRow> rows_;
};

// Tolerances in the relative 2-norm. An f32 rounding is 6e-8; sums of thousands of terms stay below 1e-5.
inline constexpr double kExact = 0.0;
inline constexpr double kElementwise = 2e-6;
inline constexpr double kSum = 1e-5;
inline constexpr double kGradient = 2e-5;
inline constexpr double kSensitiveGradient = 1e-4;  ///< through a softmax or a variance

void check_buffers(Checker& check);
void check_convolution(Checker& check);
void check_batch_norm(Checker& check);
void check_features(Checker& check);
void check_memory(Checker& check);
void check_losses(Checker& check);
void check_optimiser(Checker& check);
void check_images(Checker& check);
void check_sources(Checker& check);
void check_anomaly_map(Checker& check);
void check_metrics(Checker& check);
void check_refusals(Checker& check);

}  // namespace mdd::reference
