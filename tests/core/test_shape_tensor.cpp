#include <algorithm>
#include <cstring>
#include <doctest/doctest.h>
#include <limits>
#include <numeric>

#include "core/tensor.h"
#include "support/message_of.h"

using namespace mdd;
using mdd::test::message_of;

TEST_CASE("a shape counts, compares and prints") {
  const Shape scalar, image{2, 3, 5, 7};
  CHECK(scalar.rank() == 0);
  CHECK(scalar.elements() == 1);
  CHECK(scalar.back() == 1);
  CHECK(scalar.text() == "[]");
  CHECK(image.rank() == 4);
  CHECK(image.elements() == 210);
  CHECK(image.back() == 7);
  CHECK(image[1] == 3);
  CHECK(image.text() == "[2, 3, 5, 7]");
  CHECK(image == Shape{2, 3, 5, 7});
  CHECK(!(image == Shape{2, 3, 5, 8}));
  CHECK(!(Shape{2, 3} == Shape{2, 3, 0}));
  CHECK(!(Shape{} == Shape{0}));
  CHECK(Shape{4, 0, 3}.elements() == 0);
  CHECK(image.extents().size() == 4);
}

TEST_CASE("a shape from an untrusted file cannot overflow") {
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  CHECK(Shape{kLargest}.elements() == kLargest);
  CHECK(Shape{kLargest, 1}.elements() == kLargest);
  const std::string text = message_of(ErrorKind::kData, [] { (void)Shape{kLargest, 2}; });
  CHECK(text.find("overflow") != std::string::npos);
  CHECK(text.find("9223372036854775807") != std::string::npos);
  (void)message_of(ErrorKind::kData, [] { (void)Shape{std::int64_t{1} << 32, std::int64_t{1} << 31}; });
  CHECK(message_of(ErrorKind::kData, [] { (void)Shape{2, -1}; }).find("-1") != std::string::npos);
  CHECK(message_of(ErrorKind::kData, [] { (void)Shape{1, 1, 1, 1, 1, 1}; }).find("6") != std::string::npos);
}

TEST_CASE("a tensor is a view with checked types") {
  HostTensor host(DType::kF32, Shape{3, 2});
  CHECK(host.bytes.size() == 24);
  CHECK(std::all_of(host.bytes.begin(), host.bytes.end(), [](std::byte b) { return b == std::byte{0}; }));
  const auto values = host.span<float>();
  std::iota(values.begin(), values.end(), 0.0f);
  const Tensor view = host.view();
  CHECK(view.defined());
  CHECK(!Tensor{}.defined());
  CHECK(view.bytes() == 24);
  CHECK(view.f32()[5] == 5.0f);
  CHECK(view.reshaped(Shape{6}).f32()[4] == 4.0f);
  (void)message_of(ErrorKind::kRuntime, [&] { (void)view.reshaped(Shape{5}); });
  (void)message_of(ErrorKind::kRuntime, [&] { (void)view.as<double>(); });
  (void)message_of(ErrorKind::kRuntime, [&] { (void)host.span<std::uint8_t>(); });
  HostTensor labels(DType::kI32, Shape{2});
  CHECK(labels.view().as<std::int32_t>()[1] == 0);
  (void)message_of(ErrorKind::kRuntime, [&] { (void)labels.view().f32(); });
}

TEST_CASE("rows of a tensor") {
  HostTensor host(DType::kI16, Shape{4, 3});
  const Tensor rows = host.view().rows(1, 2);
  CHECK(rows.shape == Shape{2, 3});
  CHECK(static_cast<std::byte*>(rows.data) - host.bytes.data() == 6);
  CHECK(host.view().rows(4, 0).elements() == 0);
  for (const auto& [first, count] : {std::pair{-1, 1}, {0, 5}, {3, 2}, {0, -1}}) {
    (void)message_of(ErrorKind::kRuntime, [&, f = first, c = count] { (void)host.view().rows(f, c); });
  }
  (void)message_of(ErrorKind::kRuntime, [] { (void)Tensor{}.rows(0, 1); });
}

namespace {

template <class T>
void check_to_f32(DType dtype, const std::vector<T>& values, const std::vector<float>& expected) {
  HostTensor host(dtype, Shape{static_cast<std::int64_t>(values.size())});
  std::memcpy(host.bytes.data(), values.data(), host.bytes.size());
  CHECK(to_f32(host) == expected);
}

}  // namespace

TEST_CASE("any element type as f32") {
  check_to_f32<double>(DType::kF64, {0.5, -2.0}, {0.5f, -2.0f});
  check_to_f32<float>(DType::kF32, {0.1f, -3e38f}, {0.1f, -3e38f});
  check_to_f32<std::uint16_t>(DType::kF16, {0x3c00, 0xfbff}, {1.0f, -65504.0f});
  check_to_f32<std::uint16_t>(DType::kBF16, {0x3f80, 0xc000}, {1.0f, -2.0f});
  check_to_f32<std::int64_t>(DType::kI64, {-5, (std::int64_t{1} << 24) + 1}, {-5.0f, 16777216.0f});
  check_to_f32<std::int32_t>(DType::kI32, {-7, 9}, {-7.0f, 9.0f});
  check_to_f32<std::int16_t>(DType::kI16, {-300, 300}, {-300.0f, 300.0f});
  check_to_f32<std::int8_t>(DType::kI8, {-128, 127}, {-128.0f, 127.0f});
  check_to_f32<std::uint8_t>(DType::kU8, {0, 255}, {0.0f, 255.0f});
  check_to_f32<std::uint8_t>(DType::kBool, {0, 1}, {0.0f, 1.0f});
}
