// Cases of copies, fills and casts.
#include <array>
#include <bit>
#include <cstring>

#include "reference/checker.h"

namespace mdd::reference {
namespace {

void check_copy(Checker& check) {
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kF16, DType::kBF16, DType::kU8, DType::kI32}) {
    const Array x = check.random_integers(Shape{3, 5, 7}, 250);
    const DeviceArray from = check.device(x, dtype), to = check.poisoned(x.shape, dtype);
    const std::string name(name_of(dtype));
    check.compare("there and back, " + name, from, x, kExact);
    check.backend().copy(from, to);
    check.backend().synchronize();
    check.compare("copy, " + name, to, x, kExact);
  }
}

void check_fill(Checker& check) {
  for (const Index size : {1, 1037}) {
    for (const float value : {0.0f, -2.5f}) {
      for (const DType dtype : {DType::kF32, DType::kF64}) {
        const DeviceArray to = check.poisoned(Shape{size}, dtype);
        check.backend().fill(to, value);
        check.compare(std::string(name_of(dtype)) + " x " + std::to_string(size) + " = " + std::to_string(value), to,
                      Array(Shape{size}, static_cast<double>(value)), kExact);
      }
    }
    for (const DType dtype : {DType::kF16, DType::kBF16, DType::kU8, DType::kI32}) {
      const DeviceArray to = check.poisoned(Shape{size}, dtype);
      check.backend().fill(to, 0.0f);
      check.compare("zeros " + std::string(name_of(dtype)) + " x " + std::to_string(size), to, Array(Shape{size}),
                    kExact);
    }
  }
}

std::uint16_t encode(DType dtype, float value) {
  return dtype == DType::kF16 ? half_from_float(value) : bfloat16_from_float(value);
}
float decode(DType dtype, std::uint16_t bits) {
  return dtype == DType::kF16 ? float_from_half(bits) : float_from_bfloat16(bits);
}

/// Random bits, values half-way between neighbours of either format, subnormals, overflow, infinities and NaN.
std::vector<float> awkward_floats(Checker& check) {
  std::vector<float> out{0.0f,
                         -0.0f,
                         1.0f,
                         65504.0f,
                         65519.9f,
                         65520.0f,
                         -65536.0f,
                         1e-8f,
                         5.96e-8f,
                         2.98e-8f,
                         6.0976e-5f,
                         6.104e-5f,
                         3.39e38f,
                         -3.4e38f,
                         1e-40f,
                         std::bit_cast<float>(0x7F800000u),
                         std::bit_cast<float>(0xFF800000u),
                         std::bit_cast<float>(0x7FC00000u),
                         std::bit_cast<float>(0xFF800001u),
                         std::bit_cast<float>(0x7FFFFFFFu)};
  for (const double bits : check.random_integers(Shape{3000}, 0x7F800000u).values) {
    const auto pattern = static_cast<std::uint32_t>(bits);
    out.push_back(std::bit_cast<float>(pattern));
    out.push_back(-std::bit_cast<float>((pattern & 0xFFFF0000u) | 0x8000u));  // half-way for bf16
    const std::uint32_t exponent = 0x38000000u + (pattern % (30u << 23) & 0x7F800000u);
    out.push_back(std::bit_cast<float>(exponent | (pattern & 0x007FE000u) | 0x1000u));  // half-way for f16
  }
  return out;
}

/// All conversions out of and into the 16-bit formats, bit for bit; NaN must stay NaN.
void check_narrowing(Checker& check, DType dtype) {
  const std::vector<float> values = awkward_floats(check);
  const Shape shape{static_cast<Index>(values.size())};
  DeviceArray from = check.poisoned(shape), to = check.poisoned(shape, dtype);
  from.upload_bytes(std::as_bytes(std::span(values)));
  check.backend().cast(from, to);
  const std::vector<std::byte> bytes = to.download_bytes();
  double wrong = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes.data() + 2 * i, 2);
    const bool same = std::isnan(values[i]) ? std::isnan(decode(dtype, bits)) : bits == encode(dtype, values[i]);
    if (!same) wrong += 1.0;
  }
  check.report("share of wrong roundings", wrong / static_cast<double>(values.size()), kExact);
  check.expect("nothing written outside", to.guards_intact());
}

void check_widening(Checker& check, DType dtype) {
  std::vector<std::uint16_t> patterns(65536);
  for (std::size_t i = 0; i < patterns.size(); ++i) patterns[i] = static_cast<std::uint16_t>(i);
  const Shape shape{65536};
  DeviceArray from = check.poisoned(shape, dtype);
  const DeviceArray to = check.poisoned(shape), back = check.poisoned(shape, dtype);
  from.upload_bytes(std::as_bytes(std::span(patterns)));
  check.backend().cast(from, to);
  check.backend().cast(to, back);
  const std::vector<std::byte> wide = to.download_bytes(), narrow = back.download_bytes();
  double wrong = 0.0;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    float value = 0.0f;
    std::uint16_t bits = 0;
    std::memcpy(&value, wide.data() + 4 * i, 4);
    std::memcpy(&bits, narrow.data() + 2 * i, 2);
    const float expected = decode(dtype, patterns[i]);
    const bool same =
        std::isnan(expected)
            ? std::isnan(value) && std::isnan(decode(dtype, bits))
            : std::bit_cast<std::uint32_t>(value) == std::bit_cast<std::uint32_t>(expected) && bits == patterns[i];
    if (!same) wrong += 1.0;
  }
  check.report("share of wrong values there and back", wrong / 65536.0, kExact);
}

}  // namespace

void check_buffers(Checker& check) {
  check.run("copy", "[3, 5, 7]", [&] { check_copy(check); });
  check.run("fill", "1 and 1037 elements", [&] { check_fill(check); });
  for (const DType dtype : {DType::kF16, DType::kBF16}) {
    const std::string name(name_of(dtype));
    check.run("cast", "f32 to " + name, [&] { check_narrowing(check, dtype); });
    check.run("cast", "every " + name + " to f32 and back", [&] { check_widening(check, dtype); });
  }
}

}  // namespace mdd::reference
