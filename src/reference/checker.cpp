#include "reference/checker.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <exception>
#include <limits>

namespace mdd::reference {
namespace {

constexpr std::size_t kGuard = 256;  // keeps the tensor aligned as Backend::allocate promises
constexpr auto kPoison = static_cast<std::byte>(0xFF);
constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class T>
std::vector<std::byte> encode(const Array& values) {
  std::vector<std::byte> bytes(values.values.size() * sizeof(T));
  for (std::size_t i = 0; i < values.values.size(); ++i) {
    const auto element = static_cast<T>(values.values[i]);
    std::memcpy(bytes.data() + i * sizeof(T), &element, sizeof(T));
  }
  return bytes;
}

template <class T>
void decode(const std::vector<std::byte>& bytes, Array& values) {
  for (std::size_t i = 0; i < values.values.size(); ++i) {
    T element;
    std::memcpy(&element, bytes.data() + i * sizeof(T), sizeof(T));
    values.values[i] = static_cast<double>(element);
  }
}

template <class Convert>
std::vector<std::byte> encode_16_bits(const Array& values, const Convert& bits_of) {
  std::vector<std::byte> bytes(values.values.size() * sizeof(std::uint16_t));
  for (std::size_t i = 0; i < values.values.size(); ++i) {
    const std::uint16_t bits = bits_of(static_cast<float>(values.values[i]));
    std::memcpy(bytes.data() + i * sizeof bits, &bits, sizeof bits);
  }
  return bytes;
}

template <class Convert>
void decode_16_bits(const std::vector<std::byte>& bytes, Array& values, const Convert& value_of) {
  for (std::size_t i = 0; i < values.values.size(); ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + i * sizeof bits, sizeof bits);
    values.values[i] = static_cast<double>(value_of(bits));
  }
}

/// Rounded to tf32's 10 bits of mantissa, to nearest even.
float tf32_from_float(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  return std::bit_cast<float>((bits + 0xFFFu + ((bits >> 13) & 1u)) & ~0x1FFFu);
}

/// What inference is made of, as far as it takes features.
constexpr std::array<std::string_view, 8> kInferenceOperations{
    "convolution", "transposed convolution", "max pool", "concatenate channels", "add", "memory read",
    "cosine map",  "normalise images"};

/// Largest relative error of one rounding to nearest, for the 16-bit types.
double unit_roundoff(DType dtype) { return std::ldexp(1.0, dtype == DType::kF16 ? -11 : -8); }

}  // namespace

DeviceArray::DeviceArray(Backend& backend, DType dtype, const Shape& shape)
    : backend_(&backend), tensor_{nullptr, dtype, shape} {
  const std::size_t bytes = tensor_.bytes() + 2 * kGuard;
  buffer_ = Buffer(backend, bytes);
  const std::vector<std::byte> poison(bytes, kPoison);
  backend.copy_from_host({buffer_.data(), DType::kU8, Shape{static_cast<Index>(bytes)}}, poison);
  tensor_.data = static_cast<std::byte*>(buffer_.data()) + kGuard;
}

DeviceArray::DeviceArray(Backend& backend, const Array& values, DType dtype)
    : DeviceArray(backend, dtype, values.shape) {
  upload(values);
}

void DeviceArray::upload(const Array& values) {
  switch (tensor_.dtype) {
    case DType::kF32:
      return upload_bytes(encode<float>(values));
    case DType::kF64:
      return upload_bytes(encode<double>(values));
    case DType::kF16:
      return upload_bytes(encode_16_bits(values, half_from_float));
    case DType::kBF16:
      return upload_bytes(encode_16_bits(values, bfloat16_from_float));
    case DType::kI32:
      return upload_bytes(encode<std::int32_t>(values));
    case DType::kU8:
      return upload_bytes(encode<std::uint8_t>(values));
    default:
      require(false, "an element type that the checks upload");
  }
}

std::vector<std::byte> DeviceArray::download_bytes() const {
  std::vector<std::byte> bytes(tensor_.bytes());
  backend_->copy_to_host(bytes, tensor_);
  return bytes;
}

Array DeviceArray::download() const {
  Array out(tensor_.shape);
  const std::vector<std::byte> bytes = download_bytes();
  switch (tensor_.dtype) {
    case DType::kF32:
      decode<float>(bytes, out);
      break;
    case DType::kF64:
      decode<double>(bytes, out);
      break;
    case DType::kF16:
      decode_16_bits(bytes, out, float_from_half);
      break;
    case DType::kBF16:
      decode_16_bits(bytes, out, float_from_bfloat16);
      break;
    case DType::kI32:
      decode<std::int32_t>(bytes, out);
      break;
    case DType::kU8:
      decode<std::uint8_t>(bytes, out);
      break;
    default:
      require(false, "an element type that the checks download");
  }
  return out;
}

bool DeviceArray::guards_intact() const {
  std::vector<std::byte> bytes(buffer_.bytes());
  backend_->copy_to_host(bytes, {buffer_.data(), DType::kU8, Shape{static_cast<Index>(bytes.size())}});
  const auto poisoned = [](std::byte b) { return b == kPoison; };
  return std::all_of(bytes.begin(), bytes.begin() + kGuard, poisoned) &&
         std::all_of(bytes.end() - kGuard, bytes.end(), poisoned);
}

double relative_error(const Array& got, const Array& expected, double scale) {
  if (got.size() != expected.size()) return kInfinity;
  double difference = 0.0;
  for (Index i = 0; i < got.size(); ++i) {
    if (!std::isfinite(got[i]) || !std::isfinite(expected[i])) return kInfinity;
    difference += (got[i] - expected[i]) * (got[i] - expected[i]);
  }
  const double length = std::max(norm(expected), scale);
  return std::sqrt(difference) / (length > 0.0 ? length : 1.0);  // nothing but zeros expected: absolute
}

Array numeric_gradient(const Array& x, const std::function<double(const Array&)>& f, double step) {
  Array gradient(x.shape);
  Array moved = x;
  for (Index i = 0; i < x.size(); ++i) {
    moved[i] = x[i] + step;
    const double above = f(moved);
    moved[i] = x[i] - step;
    const double below = f(moved);
    moved[i] = x[i];
    gradient[i] = (above - below) / (2.0 * step);
  }
  return gradient;
}

void Checker::run(const std::string& operation, const std::string& shape, const std::function<void()>& body) {
  const std::uint32_t number = cases_++;
  if (number % options_.every != options_.first_case % options_.every) return;
  if (operation.find(options_.only) == std::string::npos) return;
  if (options_.inference && std::ranges::count(kInferenceOperations, operation) == 0) return;
  stream_ = RandomStream(seed_, 0, number, Purpose::kTest);  // the same numbers whatever else is run
  operation_ = operation;
  shape_ = shape;
  try {
    body();
  } catch (const std::exception& error) {
    report(std::string("threw: ") + error.what(), kInfinity, 0.0);
  }
}

Array Checker::random(const Shape& shape, float low, float high) {
  Array out(shape);
  for (double& value : out.values) value = static_cast<double>(stream_.uniform(low, high));
  return out;
}

Array Checker::random_feature(const Shape& shape, float low, float high) {
  Array out = random(shape, low, high);
  for (double& value : out.values) {
    auto element = static_cast<float>(value);
    if (feature_type_ == DType::kF16) element = float_from_half(half_from_float(element));
    if (feature_type_ == DType::kBF16 || options_.products == Precision::kBf16)
      element = float_from_bfloat16(bfloat16_from_float(element));
    if (options_.products == Precision::kTf32) element = tf32_from_float(element);
    value = static_cast<double>(element);
  }
  return out;
}

double Checker::tolerance(double f32) const {
  if (feature_type_ == DType::kF32) return f32;
  // One rounding moves the result by at most u in the 2-norm. A gradient that is accumulated, or a result that
  // overwrites its input, is rounded twice, and the cases accumulate values of like size: 2 u.
  return std::max(f32, 2.0 * unit_roundoff(feature_type_));
}

double Checker::product_tolerance(double f32) const {
  return options_.products == Precision::kTf32 ? std::max(f32, 1e-3) : f32;
}

double Checker::forward_tolerance(double f32, const ConvolutionGeometry& geometry) const {
  const bool transformed = options_.products == Precision::kBf16 && geometry.kernel == 3;
  return std::max(feature_product_tolerance(f32), transformed ? 1.5e-2 : 0.0);
}

double Checker::weight_gradient_tolerance(double f32) const {
  return options_.rounded_weight_gradients ? feature_product_tolerance(f32) : product_tolerance(f32);
}

Array Checker::random_integers(const Shape& shape, std::uint32_t count) {
  Array out(shape);
  for (double& value : out.values) value = static_cast<double>(stream_.below(count));
  return out;
}

void Checker::compare(const std::string& quantity, const DeviceArray& got, const Array& expected, double tolerance,
                      double scale) {
  compare(quantity, got.download(), expected, tolerance, scale);
  if (!got.guards_intact()) report(quantity + ": wrote outside", kInfinity, 0.0);
}

void Checker::compare(const std::string& quantity, const Array& got, const Array& expected, double tolerance,
                      double scale) {
  report(quantity, relative_error(got, expected, scale), tolerance);
}

void Checker::report(const std::string& quantity, double error, double tolerance) {
  rows_.push_back({operation_, shape_, quantity, error, tolerance});
}

void Checker::expect(const std::string& quantity, bool holds) { report(quantity, holds ? 0.0 : kInfinity, 0.0); }

void Checker::refuses(const std::string& quantity, const DeviceArray& untouched, const std::function<void()>& call) {
  const std::vector<std::byte> before = untouched.download_bytes();
  bool refused = false;
  try {
    call();
  } catch (const Error& error) {
    refused = error.kind() == ErrorKind::kRuntime;
  }
  expect(quantity, refused && untouched.download_bytes() == before);
}

}  // namespace mdd::reference
