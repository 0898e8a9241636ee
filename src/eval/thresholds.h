// Decision thresholds from scores of normal images (spec S8).
#pragma once
#include <cstddef>
#include <vector>

namespace mdd::eval {

/// Image scores of the normal images of one class that were set aside from training.
struct Calibration {
  std::vector<float> scores;  ///< ascending
  bool optimistic = false;    ///< the class was too small to set any aside: the scores are of training images
  float scale = 1.0f;         ///< upper end of the class's colour scale in heat maps, which starts at 0; above 0
};

/// Sorts the scores. The scale is twice the largest, so that normal images stay in the lower half of the colours; 1 if
/// that is not above 0. Throws Error(kRuntime) on a score that is not finite.
[[nodiscard]] Calibration make_calibration(std::vector<float> scores, bool optimistic);

/// A threshold and what stands behind it. An image is called defective when its score is > value.
struct Threshold {
  float value = 0.0f;
  std::size_t images = 0;     ///< calibration scores
  bool optimistic = false;    ///< of the calibration: the rates below are too low then
  bool rate_resolved = true;  ///< false: so few images cannot show a rate as low as the wanted one
  /// Share of new normal images that will exceed the threshold, expected over draws of the calibration images.
  double expected_rate = 0.0;
  /// With a confidence of 95 %, the share of new normal images that will exceed the threshold is at most this.
  double rate_bound = 1.0;
};

/// The smallest calibration score that a new normal image exceeds with probability at most `false_positive_rate`, if it
/// is drawn like the n calibration images: of n + 1 such images each is as likely as any other to rank highest, so the
/// score of rank k from above is exceeded with probability k / (n + 1), ties aside, and the largest k with
/// k <= rate (n + 1) is taken (split conformal prediction). Letting a share `rate` of the n calibration images exceed
/// it would promise this for those images only: a new one would exceed the result about (rate n + 1) / (n + 1) of the
/// time, twice the wanted rate at n = 1 / rate. A rate below 1 / (n + 1) is finer than n images resolve: the largest
/// score stands in, and rate_resolved is false. Throws Error(kData) without scores, Error(kUsage) unless 0 <= rate < 1.
[[nodiscard]] Threshold choose_threshold(const Calibration& calibration, double false_positive_rate);

/// Its value alone.
[[nodiscard]] float threshold_at(const Calibration& calibration, double false_positive_rate);

/// Throws Error(kUsage) unless 0 <= rate < 1.
void check_false_positive_rate(double rate);

}  // namespace mdd::eval
