#include "inference/inspector.h"

#include <algorithm>

namespace mdd {
namespace {

void check_extents(const data::Image& image) {
  const bool sides = image.height > 0 && image.width > 0 && image.height <= data::kMaxSide &&
                     image.width <= data::kMaxSide && image.height * image.width <= data::kMaxPixels;
  if (sides && image.pixels.size() == static_cast<std::size_t>(3 * image.height * image.width)) return;
  fail(ErrorKind::kUsage, "image of " + std::to_string(image.height) + " x " + std::to_string(image.width) +
                              ": expected extents of 1 to " + std::to_string(data::kMaxSide) + ", at most " +
                              std::to_string(data::kMaxPixels) + " pixels and 3 bytes each, found " +
                              std::to_string(image.pixels.size()) + " bytes");
}

void expect_positive(const char* what, std::int64_t value) {
  if (value < 1) fail(ErrorKind::kUsage, std::string(what) + ": expected at least 1, found " + std::to_string(value));
}

}  // namespace

std::string name_of(Verdict verdict) {
  return verdict == Verdict::kDefect ? "defect" : verdict == Verdict::kNormal ? "normal" : "unknown";
}

Inspector::Inspector(Backend& backend, const std::filesystem::path& path, const InspectorOptions& options)
    : Inspector(open_run(backend, path), options) {}

Inspector::Inspector(TrainedRun run, const InspectorOptions& options)
    : run_(std::move(run)), options_(options), scorer_(*run_.model, run_.config.map, run_.config.image_size) {
  eval::check_false_positive_rate(options.false_positive_rate);
  expect_positive("minimum area", options.minimum_area);
  expect_positive("batch", options.batch);
  if (!run_.thresholds) return;
  for (const eval::Calibration& calibration : run_.thresholds->calibrations) {
    thresholds_.push_back(eval::choose_threshold(calibration, options.false_positive_rate));
    scales_.push_back(calibration.scale);
  }
}

bool Inspector::gives_verdicts() const {
  return !thresholds_.empty() && (run_.config.model.memory || run_.config.class_names.size() == 1);
}

float Inspector::scale(std::int64_t vote) const {
  if (scales_.empty()) return 1.0f;
  return vote >= 0 ? scales_[static_cast<std::size_t>(vote)] : *std::max_element(scales_.begin(), scales_.end());
}

std::vector<Judgement> Inspector::judge(std::span<const data::Image> images, bool all_maps) {
  std::vector<data::StreamedImage> prepared;
  prepared.reserve(images.size());
  for (const data::Image& image : images) {
    check_extents(image);
    prepared.push_back(data::prepare_image(image, image_size()));
  }
  return judge(prepared, all_maps);
}

std::vector<Judgement> Inspector::judge(std::span<const data::StreamedImage> images, bool all_maps) {
  std::vector<Judgement> out;
  out.reserve(images.size());
  const auto most = static_cast<std::size_t>(options_.batch);
  for (std::size_t at = 0; at < images.size(); at += most) {
    judge_batch(images.subspan(at, std::min(most, images.size() - at)), all_maps, out);
  }
  return out;
}

void Inspector::judge_batch(std::span<const data::StreamedImage> images, bool all_maps, std::vector<Judgement>& out) {
  std::vector<data::Image> inputs;
  inputs.reserve(images.size());
  for (const data::StreamedImage& image : images) {
    require(image.original_height > 0 && image.original_width > 0, "prepared images say what they were made from");
    inputs.push_back(image.image);
  }
  std::vector<ScoredResult> results = scorer_.score(inputs, all_maps);
  for (std::size_t i = 0; i < results.size(); ++i) out.push_back(conclude(images[i], results[i]));
}

Judgement Inspector::conclude(const data::StreamedImage& image, ScoredResult& result) const {
  Judgement out;
  out.score = result.score;
  out.vote = result.vote;
  out.class_mass = std::move(result.mass);
  out.height = image.original_height;
  out.width = image.original_width;
  out.map = std::move(result.map);
  out.teacher_restored = std::move(result.teacher_restored);
  out.restored_identity = std::move(result.restored_identity);
  out.scale = scale(result.vote);
  if (result.vote < 0) return out;
  const auto vote = static_cast<std::size_t>(result.vote);
  out.class_name = run_.config.class_names[vote];
  if (thresholds_.empty()) return out;
  out.threshold = thresholds_[vote];
  out.verdict = out.score > out.threshold->value ? Verdict::kDefect : Verdict::kNormal;
  out.regions = regions_of(out);
  return out;
}

std::vector<FoundRegion> Inspector::regions_of(const Judgement& judgement) const {
  const std::int64_t side = image_size(), map_pixels = side * side, pixels = judgement.height * judgement.width;
  // The smallest number of map pixels that are at least minimum_area pixels of the photograph.
  const std::int64_t wanted = std::min(options_.minimum_area, pixels + 1);
  const eval::RegionOptions options{(wanted * map_pixels + pixels - 1) / pixels};
  std::vector<FoundRegion> out;
  for (const eval::Region& region :
       eval::find_regions(judgement.map, side, side, judgement.threshold->value, options)) {
    FoundRegion found;
    found.box = eval::scale_box(region.box, {side, side}, {judgement.height, judgement.width});
    found.area = static_cast<double>(region.area) * static_cast<double>(pixels) / static_cast<double>(map_pixels);
    found.peak_x = (2 * region.peak_x + 1) * judgement.width / (2 * side);
    found.peak_y = (2 * region.peak_y + 1) * judgement.height / (2 * side);
    found.on_map = region;
    out.push_back(found);
  }
  return out;
}

}  // namespace mdd
