#include "eval/thresholds.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/error.h"

namespace mdd::eval {

Calibration make_calibration(std::vector<float> scores, bool optimistic) {
  for (const float score : scores) {
    if (!std::isfinite(score)) fail(ErrorKind::kRuntime, "calibration: the score of a normal image is not finite");
  }
  std::sort(scores.begin(), scores.end());
  return {std::move(scores), optimistic};
}

float threshold_at(const Calibration& calibration, double false_positive_rate) {
  if (!(false_positive_rate >= 0.0 && false_positive_rate < 1.0)) {
    fail(ErrorKind::kUsage,
         "false-positive rate: expected 0 <= rate < 1, found " + std::to_string(false_positive_rate));
  }
  const std::size_t count = calibration.scores.size();
  if (count == 0) fail_data("calibration", "scores of normal images", "at least 1", "none");
  // 0.29 * 100 is 28.999999999999996: without the small slack a rate would lose the image that it just allows.
  const auto allowed = static_cast<std::size_t>(false_positive_rate * static_cast<double>(count) + 1e-9);
  return calibration.scores[count - 1 - std::min(allowed, count - 1)];
}

}  // namespace mdd::eval
