#include "inference/evaluator.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "data/resize.h"
#include "inference/device_pixels.h"

namespace mdd {
namespace {

std::int64_t index_of(const std::vector<std::string>& names, const std::string& name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : found - names.begin();
}

/// Test images of one class, in order.
std::vector<const data::Sample*> samples_of(const data::Dataset& dataset, int class_index) {
  std::vector<const data::Sample*> out;
  for (const data::Sample& sample : dataset.test) {
    if (sample.class_index == class_index) out.push_back(&sample);
  }
  return out;
}

std::unique_ptr<eval::PixelStore> pixel_store(const Scorer& scorer, std::size_t images,
                                              const EvaluationOptions& options) {
  const std::int64_t side = scorer.image_size();
  const std::uint64_t pixels = images * static_cast<std::uint64_t>(side * side);
  const bool device = options.pixels == PixelPlace::kDevice ||
                      (options.pixels == PixelPlace::kAutomatic && scorer.backend().has_own_memory() && !options.ader);
  if (device && pixels <= std::numeric_limits<std::int32_t>::max() &&
      DevicePixels::bytes(pixels) <= options.device_limit) {
    return std::make_unique<DevicePixels>(scorer.backend(), static_cast<std::int64_t>(images), side, side,
                                          options.storage);
  }
  return std::make_unique<eval::PixelPool>(side, side, options.storage);
}

}  // namespace

report::Results evaluate(Scorer& scorer, const data::Dataset& dataset, const std::vector<std::string>& class_names,
                         const EvaluationOptions& options) {
  report::Results results;
  std::size_t done = 0;
  const std::int64_t side = scorer.image_size();
  for (int c = 0; c < static_cast<int>(dataset.class_names.size()); ++c) {
    const std::string& name = dataset.class_names[static_cast<std::size_t>(c)];
    const auto samples = samples_of(dataset, c);
    if (samples.empty()) continue;
    std::vector<std::filesystem::path> paths;
    paths.reserve(samples.size());
    for (const data::Sample* sample : samples) paths.push_back(sample->path);
    eval::ClassMetrics metrics(pixel_store(scorer, samples.size(), options));
    const auto on_result = [&](std::size_t i, const data::Image& image, ScoredResult& result) {
      const data::Sample& sample = *samples[i];
      data::Mask mask;
      if (!sample.masks.empty()) mask = data::resize_mask(data::load_truth(sample), side, side);
      // A model without votes is no better or worse at them than at classes that it does not know.
      const std::int64_t true_class = result.vote < 0 ? -1 : index_of(class_names, name);
      metrics.add(
          {result.score, sample.label != 0, result.vote, true_class, result.map, mask.pixels, result.device_map});
      if (options.on_image) options.on_image(done, {&sample, name, &image, &result, mask.pixels});
      ++done;
      if (options.on_progress) options.on_progress(done, dataset.test.size());
    };
    score_files(scorer, paths, {options.batch, options.all_maps}, {on_result, nullptr});
    results.classes.push_back({name, metrics.row(), std::nullopt});
    if (options.ader) results.classes.back().ader = metrics.ader_row();
  }
  return results;
}

}  // namespace mdd
