// Cases of the anomaly map: enlargement, fusion, blur, scores.
#include <cmath>
#include <limits>

#include "reference/anomaly_map.h"
#include "reference/checker.h"
#include "reference/features.h"

namespace mdd::reference {
namespace {

void check_upsample(Checker& check, const Shape& shape, Index side) {
  const Array map = check.random(shape, 0.0f, 2.0f);
  const Array expected = upsample_bilinear(map, side);
  const DeviceArray device_map = check.device(map), out = check.poisoned(expected.shape);
  check.backend().upsample_bilinear(device_map, out, WriteMode::kOverwrite);
  check.compare("out", out, expected, kElementwise);
  check.backend().upsample_bilinear(device_map, out, WriteMode::kAccumulate);
  check.compare("out, accumulated", out, add(expected, expected), kElementwise);
}

void check_fusion(Checker& check, const Shape& shape) {
  constexpr std::pair<MapFusion, const char*> kFusions[] = {{MapFusion::kSum, "sum"},
                                                            {MapFusion::kProduct, "product"},
                                                            {MapFusion::kTeacherRestored, "teacher-restored"},
                                                            {MapFusion::kRestoredIdentity, "restored-identity"},
                                                            {MapFusion::kWeighted, "weighted"}};
  const float weight = 0.3f;
  const Array tr = check.random(shape, 0.0f, 2.0f), ri = check.random(shape, 0.0f, 2.0f);
  for (const auto& [fusion, name] : kFusions) {
    const Array expected = fuse_maps(fusion, static_cast<double>(weight), tr, ri);
    const DeviceArray device_tr = check.device(tr), device_ri = check.device(ri), fused = check.poisoned(shape);
    check.backend().fuse_maps(fusion, weight, device_tr, device_ri, fused);
    check.compare(name, fused, expected, kElementwise);
    const DeviceArray in_tr = check.device(tr), in_ri = check.device(ri);
    check.backend().fuse_maps(fusion, weight, in_tr, device_ri, in_tr);
    check.compare(std::string(name) + " in the place of tr", in_tr, expected, kElementwise);
    check.backend().fuse_maps(fusion, weight, device_tr, in_ri, in_ri);
    check.compare(std::string(name) + " in the place of ri", in_ri, expected, kElementwise);
  }
}

void check_blur(Checker& check, float sigma, Index images, Index side) {
  const Array x = check.random(Shape{images, side, side}, 0.0f, 2.0f);
  const DeviceArray device_x = check.device(x), y = check.poisoned(x.shape);
  check.backend().gaussian_blur(sigma, device_x, y);
  check.compare("y", y, gaussian_blur(static_cast<double>(sigma), x), sigma > 0.0f ? kElementwise : kExact);
  check.compare("x is left alone", device_x, x, kExact);
}

void check_scores(Checker& check, Index images, Index side) {
  Array maps = check.random(Shape{images, side, side}, -1.0f, 1.0f);
  // The last image is negative throughout and full of ties; the first has its maximum in the last pixel.
  for (Index i = 0; i < side * side; ++i) maps[maps.size() - 1 - i] = -1.0 - static_cast<double>(i % 3);
  if (images > 1) maps[side * side - 1] = 3.0;
  const DeviceArray device_maps = check.device(maps);
  const DeviceArray largest = check.poisoned(Shape{images}), top = check.poisoned(Shape{images});
  check.backend().image_scores(ScoreRule::kMaximum, device_maps, largest);
  check.compare("maximum", largest, image_scores(ScoreRule::kMaximum, maps), kExact);
  check.backend().image_scores(ScoreRule::kTopPercent, device_maps, top);
  check.compare("top 1 %", top, image_scores(ScoreRule::kTopPercent, maps), kElementwise);
  check.compare("maps are left alone", device_maps, maps, kExact);
}

/// Image 1 of 3 holds a NaN: its score is NaN, the others are what they were.
void check_broken_scores(Checker& check, ScoreRule rule, Index side, double nan) {
  const Index pixels = side * side;
  const Array maps = check.random(Shape{3, side, side}, -1.0f, 1.0f);
  const Array expected = image_scores(rule, maps);
  for (const Index place : {pixels, pixels + pixels / 2, 2 * pixels - 1}) {
    Array broken = maps;
    broken[place] = nan;
    const DeviceArray device_maps = check.device(broken), scores = check.poisoned(Shape{3});
    check.backend().image_scores(rule, device_maps, scores);
    const Array got = scores.download();
    check.expect("NaN", std::isnan(got[1]));
    check.compare("others", Array(Shape{2}, {got[0], got[2]}), Array(Shape{2}, {expected[0], expected[2]}),
                  kElementwise);
  }
}

}  // namespace

void check_anomaly_map(Checker& check) {
  for (const auto& [shape, side] :
       {std::pair<Shape, Index>{{1, 1, 1}, 5}, {{2, 3, 5}, 17}, {{1, 4, 1}, 9}, {{3, 7, 7}, 32}, {{1, 8, 8}, 8}}) {
    check.run("upsample", "map " + shape.text() + " to " + std::to_string(side),
              [&, map = shape, to = side] { check_upsample(check, map, to); });
  }
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{3, 13, 13}, Shape{2, 36, 36}}) {
    check.run("fuse maps", "tr " + shape.text(), [&] { check_fusion(check, shape); });
  }
  for (const auto& [sigma, side] : {std::pair<float, Index>{4.0f, 40},
                                    {4.0f, 16},
                                    {1.5f, 17},
                                    {1.4f, 16},
                                    {0.5f, 5},
                                    {0.1f, 3},
                                    {0.0f, 7},
                                    {7.3f, 64},
                                    {8.1f, 35},
                                    {16.0f, 70}}) {
    check.run("gaussian blur", "sigma " + std::to_string(sigma) + ", side " + std::to_string(side),
              [&, width = sigma, to = side] { check_blur(check, width, 2, to); });
  }
  for (const auto& [images, side] : {std::pair<Index, Index>{1, 1}, {3, 10}, {2, 20}, {3, 65}}) {
    check.run("image scores", std::to_string(images) + " maps of " + std::to_string(side),
              [&, n = images, to = side] { check_scores(check, n, to); });
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  check.run("image scores", "maximum with NaN", [&] { check_broken_scores(check, ScoreRule::kMaximum, 37, nan); });
  check.run("image scores", "top 1 % with NaN", [&] { check_broken_scores(check, ScoreRule::kTopPercent, 37, nan); });
  check.run("image scores", "top 1 % with -NaN", [&] { check_broken_scores(check, ScoreRule::kTopPercent, 37, -nan); });
}

}  // namespace mdd::reference
