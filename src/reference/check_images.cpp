// Cases of image normalisation, Perlin masks, blending and resizing.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/triangle_filter.h"
#include "reference/checker.h"
#include "reference/images.h"

namespace mdd::reference {
namespace {

void check_normalise(Checker& check, Index images, Index side) {
  const Array x = check.random_integers(Shape{images, side, side, 3}, 256);
  const Normalisation normalisation;
  const DeviceArray device_x = check.device(x, DType::kU8), y = check.poisoned_feature(x.shape);
  check.backend().normalise_images(normalisation, device_x, y);
  check.compare("y", y, normalise_images(normalisation, x), check.tolerance(kElementwise));
}

void check_blend(Checker& check, Index images, Index side) {
  const Shape shape{images, side, side, 3};
  const Array x = check.random_integers(shape, 256), source = check.random_integers(shape, 256);
  const Array mask = check.random_integers(Shape{images, side, side}, 2);
  std::vector<float> opacity;
  for (Index n = 0; n < images; ++n) opacity.push_back(0.8f * static_cast<float>(n) / static_cast<float>(images));
  const Normalisation normalisation{{0.4f, 0.5f, 0.6f}, {0.2f, 0.3f, 0.25f}};
  const DeviceArray device_x = check.device(x, DType::kU8), device_source = check.device(source, DType::kU8);
  const DeviceArray device_mask = check.device(mask, DType::kU8), y = check.poisoned_feature(shape);
  check.backend().blend_anomalies(normalisation, device_x, device_source, device_mask, opacity, y);
  check.compare("y", y, blend_anomalies(normalisation, x, source, mask, opacity), check.tolerance(kElementwise));
}

/// Share of pixels in which two masks differ; infinite if one holds anything but zeros and ones.
double mismatch(const Array& got, const Array& expected) {
  double different = 0.0;
  for (Index i = 0; i < got.size(); ++i) {
    if (got[i] != 0.0 && got[i] != 1.0) return std::numeric_limits<double>::infinity();
    if (got[i] != expected[i]) different += 1.0;
  }
  return different / static_cast<double>(got.size());
}

[[nodiscard]] std::vector<PerlinKey> keys(std::uint64_t seed, Index count) {
  std::vector<PerlinKey> out;
  for (Index n = 0; n < count; ++n) {
    out.push_back({seed, static_cast<std::uint32_t>(n % 3), static_cast<std::uint32_t>(17 * n + 5)});
  }
  return out;
}

/// Compilers may fuse a product into a sum, which moves a pixel at the threshold's very edge now and then.
constexpr double kFlippedPixels = 1e-3;

void check_perlin(Checker& check, const PerlinParams& params, Index images, Index side) {
  const std::vector<PerlinKey> image_keys = keys(0x1234567890abcdefULL, images);
  const DeviceArray mask = check.poisoned(Shape{images, side, side}, DType::kU8);
  check.backend().perlin_masks(params, image_keys, mask);
  const Array got = mask.download();
  check.report("mask", mismatch(got, perlin_masks(params, image_keys, side)), kFlippedPixels);
  check.expect("nothing written outside", mask.guards_intact());
}

/// An image's mask depends on its key alone, not on its place in the batch.
void check_independence(Checker& check) {
  const Index side = 33;
  const std::vector<PerlinKey> together = keys(7, 3);
  const DeviceArray all = check.poisoned(Shape{3, side, side}, DType::kU8);
  const DeviceArray one = check.poisoned(Shape{1, side, side}, DType::kU8);
  check.backend().perlin_masks({}, together, all);
  check.backend().perlin_masks({}, std::span(together).subspan(2), one);
  const std::vector<std::byte> batch = all.download_bytes(), single = one.download_bytes();
  check.expect("the third image alone", std::equal(single.begin(), single.end(), batch.end() - side * side));
}

/// Expected bytes with the fixed-point weights themselves: one sum an element, no windows of pixels, no passes shared.
Array resized_in_fixed_point(const Array& x, Index height, Index width) {
  const Index images = x.shape[0], channels = x.shape[3];
  const TriangleFilter along_rows(x.shape[2], width), along_columns(x.shape[1], height);
  const auto filtered = [](const TriangleFilter& filter, Index i, const auto& at) {
    const TriangleFilter::Window& window = filter.windows[static_cast<std::size_t>(i)];
    const std::int32_t* const weights = filter.weights.data() + window.weight;
    double sum = 0.5 * std::exp2(TriangleFilter::kFractionBits);
    for (std::int32_t k = 0; k < window.count; ++k) {
      sum += static_cast<double>(weights[k]) * at(window.first + k);
    }
    return std::clamp(std::floor(sum / std::exp2(TriangleFilter::kFractionBits)), 0.0, 255.0);
  };
  Array y(Shape{images, height, width, channels});
  for (Index i = 0; i < y.size(); ++i) {
    const Index c = i % channels, q = i / channels % width, p = i / channels / width % height;
    const Index n = i / channels / width / height;
    y[i] = filtered(along_columns, p,
                    [&](Index h) { return filtered(along_rows, q, [&](Index w) { return x(n, h, w, c); }); });
  }
  return y;
}

double largest_difference(const Array& a, const Array& b) {
  double largest = 0.0;
  for (Index i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

void check_resize(Checker& check, const Shape& from, Index height, Index width) {
  Array x = check.random_integers(from, 256);
  for (Index i = 0; i < x.size(); i += 3) x[i] = x[i] < 128.0 ? 0.0 : 255.0;  // both ends of the range
  const DeviceArray device_x = check.device(x, DType::kU8);
  const DeviceArray y = check.poisoned(Shape{from[0], height, width, from[3]}, DType::kU8);
  check.backend().resize_images(device_x, y);
  const Array got = y.download();
  check.compare("y, to the bit", y, resized_in_fixed_point(x, height, width), kExact);
  // A rounding of the first pass that falls the other way moves the second pass by less than 1.
  check.report("y, levels", largest_difference(got, resize_images(x, height, width)), 1.0);
  if (height == from[1] && width == from[2]) check.compare("nothing to do", got, x, kExact);
  check.compare("x is left alone", device_x, x, kExact);
}

void check_resize_refusals(Checker& check) {
  const DeviceArray x = check.device(check.random_integers(Shape{1, 4, 4, 3}, 256), DType::kU8);
  const DeviceArray grey = check.poisoned(Shape{1, 2, 2, 1}, DType::kU8),
                    empty = check.poisoned(Shape{1, 0, 2, 3}, DType::kU8);
  const DeviceArray floats = check.poisoned(Shape{1, 2, 2, 3}), two = check.poisoned(Shape{2, 2, 2, 3}, DType::kU8);
  check.refuses("another number of channels", grey, [&] { check.backend().resize_images(x, grey); });
  check.refuses("no rows", empty, [&] { check.backend().resize_images(x, empty); });
  check.refuses("another type", floats, [&] { check.backend().resize_images(x, floats); });
  check.refuses("another number of images", two, [&] { check.backend().resize_images(x, two); });
}

struct ResizeCase {
  Shape from;
  Index height, width;
};

}  // namespace

void check_images(Checker& check) {
  check.run("normalise images", "x [1, 1, 1, 3]", [&] { check_normalise(check, 1, 1); });
  check.run("normalise images", "x [3, 37, 37, 3]", [&] { check_normalise(check, 3, 37); });
  check.run("normalise images", "x [2, 40, 40, 3]", [&] { check_normalise(check, 2, 40); });
  check.run("blend anomalies", "x [1, 3, 3, 3]", [&] { check_blend(check, 1, 3); });
  check.run("blend anomalies", "x [3, 35, 35, 3]", [&] { check_blend(check, 3, 35); });
  check.run("blend anomalies", "x [4, 24, 24, 3]", [&] { check_blend(check, 4, 24); });
  check.run("perlin masks", "8 masks of 64", [&] { check_perlin(check, {}, 8, 64); });
  check.run("perlin masks", "3 masks of 33", [&] { check_perlin(check, {}, 3, 33); });
  check.run("perlin masks", "6 masks of 32, many redrawn", [&] { check_perlin(check, {.threshold = 0.85f}, 6, 32); });
  check.run("perlin masks", "4 masks of 32, one attempt",
            [&] { check_perlin(check, {.threshold = 0.85f, .redraws = 0}, 4, 32); });
  check.run("perlin masks", "4 masks of 32, unreachable threshold",
            [&] { check_perlin(check, {.threshold = 2.0f}, 4, 32); });
  check.run("perlin masks", "8 masks of 32, half without", [&] { check_perlin(check, {.p_normal = 0.5f}, 8, 32); });
  check.run("perlin masks", "2 masks of 32, all without", [&] { check_perlin(check, {.p_normal = 1.0f}, 2, 32); });
  check.run("perlin masks", "one image of a batch", [&] { check_independence(check); });
  for (const ResizeCase& c : {ResizeCase{{1, 1, 1, 1}, 1, 1},
                              {{1, 1, 1, 3}, 5, 4},
                              {{2, 7, 5, 1}, 1, 1},
                              {{2, 13, 11, 2}, 7, 5},
                              {{3, 33, 20, 3}, 16, 16},
                              {{2, 9, 14, 4}, 23, 31},
                              {{1, 10, 37, 3}, 41, 8},
                              {{2, 12, 17, 3}, 12, 9},
                              {{2, 12, 17, 3}, 5, 17},
                              {{2, 12, 17, 3}, 12, 17},
                              {{1, 96, 64, 3}, 32, 32}}) {
    check.run("resize images",
              "x " + c.from.text() + " to " + std::to_string(c.height) + " x " + std::to_string(c.width),
              [&] { check_resize(check, c.from, c.height, c.width); });
  }
  check.run("resize images", "refusals", [&] { check_resize_refusals(check); });
}

}  // namespace mdd::reference
