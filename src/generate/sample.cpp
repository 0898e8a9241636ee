#include "generate/sample.h"

#include <memory>
#include <optional>
#include <string>

#include "core/error.h"
#include "generate/arithmetic.h"
#include "generate/noise.h"
#include "generate/scene.h"
#include "generate/surface_defect.h"

namespace mdd::generate {
namespace {

/// What a stream of draws is for; keeps product, defect and camera independent of each other.
enum class Draw : std::uint32_t { kProduct = 0, kCamera = 1, kNoise = 2, kDefect = 3 };
constexpr std::uint32_t kAttempts = 32;

Dice dice_for(const SampleRequest& request, Draw draw, std::uint32_t attempt = 0) {
  const std::uint32_t epoch =
      static_cast<std::uint32_t>(request.class_index) << 16 | attempt << 4 | static_cast<std::uint32_t>(draw);
  return {request.seed, epoch, request.number};
}

const SceneKind& kind_of(int class_index) {
  require(class_index >= 0 && class_index < class_count(), "index of a generated class");
  return scene_kinds()[static_cast<std::size_t>(class_index)];
}

/// Where the product lies and how it is lit.
class Camera {
 public:
  Camera(Dice dice, PoseRange pose, std::int64_t size) : pixel_(2.0 / static_cast<double>(size)) {
    shift_.x = dice.uniform(-pose.shift, pose.shift);
    shift_.y = dice.uniform(-pose.shift, pose.shift);
    rotation_ = dice.uniform(-pose.rotation, pose.rotation);
    scale_ = dice.uniform(0.97, 1.03);
    gradient_ = random_offset(dice, 0.02, 0.1);
    exposure_ = dice.uniform(0.94, 1.06);
    warmth_ = dice.uniform(-0.025, 0.025);
  }
  [[nodiscard]] Point in_picture(std::int64_t x, std::int64_t y) const {
    return {(static_cast<double>(x) + 0.5) * pixel_ - 1.0, (static_cast<double>(y) + 0.5) * pixel_ - 1.0};
  }
  [[nodiscard]] Point on_product(Point picture) const {
    return rotated((1.0 / scale_) * (picture - shift_), rotation_);
  }
  [[nodiscard]] Colour lit(Colour colour, Point picture) const {
    const double light = exposure_ * (1.0 + dot(gradient_, picture) - 0.06 * dot(picture, picture));
    return {saturate(colour.r * light * (1.0 + warmth_)), saturate(colour.g * light),
            saturate(colour.b * light * (1.0 - warmth_))};
  }

 private:
  double pixel_;
  Point shift_;
  double rotation_;
  double scale_;
  Point gradient_;
  double exposure_;
  double warmth_;
};

template <class ColourAt>
std::vector<float> photograph(std::int64_t size, const Camera& camera, const ColourAt& colour_at) {
  std::vector<float> picture;
  picture.reserve(static_cast<std::size_t>(size * size * 3));
  for (std::int64_t y = 0; y < size; ++y) {
    for (std::int64_t x = 0; x < size; ++x) {
      const Point at = camera.in_picture(x, y);
      const Colour colour = camera.lit(colour_at(camera.on_product(at)), at);
      for (const double value : {colour.r, colour.g, colour.b}) picture.push_back(static_cast<float>(value));
    }
  }
  return picture;
}

data::Mask difference_mask(std::int64_t size, const std::vector<float>& clean, const std::vector<float>& defective) {
  data::Mask mask{size, size, std::vector<std::uint8_t>(clean.size() / 3, 0)};
  for (std::size_t i = 0; i < clean.size(); ++i) {
    if (std::abs(clean[i] - defective[i]) > kMaskThreshold) mask.pixels[i / 3] = 1;
  }
  return mask;
}

/// Sensor noise: the sum of the four bytes of a draw is close to a normal variable of mean 510 and deviation 147.8.
data::Image with_noise(std::int64_t size, const std::vector<float>& picture, Dice dice) {
  data::Image image{size, size, {}};
  image.pixels.reserve(picture.size());
  const double deviation = dice.uniform(0.006, 0.011);
  for (const float value : picture) {
    const std::uint32_t bits = dice.bits();
    const std::uint32_t sum = (bits & 255u) + (bits >> 8 & 255u) + (bits >> 16 & 255u) + (bits >> 24);
    const double noise = (static_cast<double>(sum) - 510.0) * (deviation / 147.8);
    const double level = std::floor(255.0 * saturate(static_cast<double>(value) + noise) + 0.5);
    image.pixels.push_back(static_cast<std::uint8_t>(level));
  }
  return image;
}

std::vector<float> photograph_defect(const SampleRequest& request, const SceneKind& kind, const Camera& camera,
                                     std::uint32_t attempt) {
  const double pixel = 2.0 / static_cast<double>(request.size);
  const DefectKind& defect = kind.defects[static_cast<std::size_t>(request.defect_index)];
  Dice product = dice_for(request, Draw::kProduct);
  const std::unique_ptr<Scene> scene = kind.make(product, pixel);
  Dice dice = dice_for(request, Draw::kDefect, attempt);
  if (defect.type == DefectType::kStructure) {
    scene->damage(defect.name, dice);
    return photograph(request.size, camera, [&](Point p) { return scene->at(p); });
  }
  const Point centre = scene->place(dice);
  const SurfaceDefect surface(defect.type, centre, kind.light_marks, request.severity, pixel, dice);
  return photograph(request.size, camera, [&](Point p) { return surface.apply(*scene, p); });
}

}  // namespace

int class_count() { return static_cast<int>(scene_kinds().size()); }

std::string_view class_name(int class_index) { return kind_of(class_index).name; }

std::vector<std::string_view> defect_names(int class_index) {
  std::vector<std::string_view> names;
  for (const DefectKind& defect : kind_of(class_index).defects) names.push_back(defect.name);
  return names;
}

RenderedSample render_sample(const SampleRequest& request) {
  if (request.size < kMinSize || request.size > kMaxSize) {
    fail(ErrorKind::kUsage, "size of generated pictures: expected " + std::to_string(kMinSize) + " to " +
                                std::to_string(kMaxSize) + ", found " + std::to_string(request.size));
  }
  require(request.severity >= kMinSeverity && request.severity <= kMaxSeverity, "severity of a generated defect");
  const SceneKind& kind = kind_of(request.class_index);
  require(request.defect_index < static_cast<int>(kind.defects.size()), "index of a generated defect");
  Dice product = dice_for(request, Draw::kProduct);
  const std::unique_ptr<Scene> scene = kind.make(product, 2.0 / static_cast<double>(request.size));
  const Camera camera(dice_for(request, Draw::kCamera), kind.pose, request.size);
  RenderedSample sample;
  sample.clean = photograph(request.size, camera, [&](Point p) { return scene->at(p); });
  if (request.defect_index < 0) {
    sample.defective = sample.clean;
    sample.mask = difference_mask(request.size, sample.clean, sample.defective);
  }
  for (std::uint32_t attempt = 0; request.defect_index >= 0; ++attempt) {
    if (attempt == kAttempts) fail(ErrorKind::kRuntime, "internal error: a generated defect stays invisible");
    sample.defective = photograph_defect(request, kind, camera, attempt);
    sample.mask = difference_mask(request.size, sample.clean, sample.defective);
    const auto defect_pixels = std::count(sample.mask.pixels.begin(), sample.mask.pixels.end(), std::uint8_t{1});
    if (defect_pixels * 4000 >= request.size * request.size) break;
  }
  sample.image = with_noise(request.size, sample.defective, dice_for(request, Draw::kNoise));
  return sample;
}

}  // namespace mdd::generate
