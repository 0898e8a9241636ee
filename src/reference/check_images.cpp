// Cases of image normalisation, Perlin masks and blending.
#include <algorithm>
#include <limits>

#include "reference/checker.h"
#include "reference/images.h"

namespace mdd::reference {
namespace {

void check_normalise(Checker& check, Index images, Index side) {
  const Array x = check.random_integers(Shape{images, side, side, 3}, 256);
  const Normalisation normalisation;
  const DeviceArray device_x = check.device(x, DType::kU8), y = check.poisoned(x.shape);
  check.backend().normalise_images(normalisation, device_x, y);
  check.compare("y", y, normalise_images(normalisation, x), kElementwise);
}

void check_blend(Checker& check, Index images, Index side) {
  const Shape shape{images, side, side, 3};
  const Array x = check.random_integers(shape, 256), source = check.random_integers(shape, 256);
  const Array mask = check.random_integers(Shape{images, side, side}, 2);
  std::vector<float> opacity;
  for (Index n = 0; n < images; ++n) opacity.push_back(0.8f * static_cast<float>(n) / static_cast<float>(images));
  const Normalisation normalisation{{0.4f, 0.5f, 0.6f}, {0.2f, 0.3f, 0.25f}};
  const DeviceArray device_x = check.device(x, DType::kU8), device_source = check.device(source, DType::kU8);
  const DeviceArray device_mask = check.device(mask, DType::kU8), y = check.poisoned(shape);
  check.backend().blend_anomalies(normalisation, device_x, device_source, device_mask, opacity, y);
  check.compare("y", y, blend_anomalies(normalisation, x, source, mask, opacity), kElementwise);
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

}  // namespace

void check_images(Checker& check) {
  check.run("normalise images", "x [1, 1, 1, 3]", [&] { check_normalise(check, 1, 1); });
  check.run("normalise images", "x [3, 37, 37, 3]", [&] { check_normalise(check, 3, 37); });
  check.run("blend anomalies", "x [1, 3, 3, 3]", [&] { check_blend(check, 1, 3); });
  check.run("blend anomalies", "x [3, 35, 35, 3]", [&] { check_blend(check, 3, 35); });
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
}

}  // namespace mdd::reference
