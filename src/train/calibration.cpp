#include "train/calibration.h"

namespace mdd {

Thresholds calibrate(Scorer& scorer, const data::Dataset& dataset, const data::Split& split, std::int64_t batch) {
  const std::size_t classes = dataset.class_names.size();
  std::vector<std::vector<std::size_t>> images(classes);
  std::vector<bool> optimistic(classes, false);
  const auto class_of = [&](std::size_t index) { return static_cast<std::size_t>(dataset.train[index].class_index); };
  for (const std::size_t index : split.hold_out) images[class_of(index)].push_back(index);
  for (std::size_t c = 0; c < classes; ++c) optimistic[c] = images[c].empty();
  for (const std::size_t index : split.train) {
    if (optimistic[class_of(index)]) images[class_of(index)].push_back(index);
  }
  Thresholds out{dataset.class_names, {}};
  for (std::size_t c = 0; c < classes; ++c) {
    std::vector<std::filesystem::path> paths;
    for (const std::size_t index : images[c]) paths.push_back(dataset.train[index].path);
    std::vector<float> scores;
    const auto keep = [&](std::size_t, const data::Image&, ScoredResult& result) { scores.push_back(result.score); };
    score_files(scorer, paths, {batch, false}, {keep, nullptr});
    out.calibrations.push_back(eval::make_calibration(std::move(scores), optimistic[c]));
  }
  return out;
}

}  // namespace mdd
