// Decision thresholds from scores of normal images (spec S8).
#pragma once
#include <vector>

namespace mdd::eval {

/// Image scores of the normal images of one class that were set aside from training.
struct Calibration {
  std::vector<float> scores;  ///< ascending
  bool optimistic = false;    ///< the class was too small to set any aside: the scores are of training images
};

/// Sorts the scores. Throws Error(kRuntime) on a score that is not finite.
[[nodiscard]] Calibration make_calibration(std::vector<float> scores, bool optimistic);

/// The smallest threshold t such that at most a share `false_positive_rate` of the calibration scores is > t; an image
/// is called defective when its score is > t. It is always one of the scores; with fewer than 1 / rate of them it is
/// the largest. Throws Error(kData) without scores, Error(kUsage) unless 0 <= rate < 1.
[[nodiscard]] float threshold_at(const Calibration& calibration, double false_positive_rate);

}  // namespace mdd::eval
