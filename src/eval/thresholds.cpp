#include "eval/thresholds.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/error.h"

namespace mdd::eval {
namespace {

constexpr double kDoubt = 0.05;  // 1 - confidence of rate_bound

/// Probability that at most k of n independent events happen, each with probability p; k < n, 0 < p < 1.
double binomial_at_most(std::size_t k, std::size_t n, double p) {
  const double log_odds = std::log(p) - std::log1p(-p);
  double log_term = static_cast<double>(n) * std::log1p(-p), sum = std::exp(log_term);
  for (std::size_t i = 0; i < k; ++i) {
    log_term += std::log(static_cast<double>(n - i) / static_cast<double>(i + 1)) + log_odds;
    sum += std::exp(log_term);
  }
  return sum;
}

/// The rate at which it would be a surprise (one in twenty) that only k of n images exceed the threshold.
double upper_rate(std::size_t k, std::size_t n) {
  double low = 0.0, high = 1.0;
  for (int i = 0; i < 50; ++i) {
    const double middle = 0.5 * (low + high);
    (binomial_at_most(k, n, middle) > kDoubt ? low : high) = middle;
  }
  return high;
}

/// Never infinite; `scores` ascend.
float colour_scale(const std::vector<float>& scores) {
  if (scores.empty() || !(scores.back() > 0.0f)) return 1.0f;
  return 2.0f * std::min(scores.back(), std::numeric_limits<float>::max() / 2.0f);
}

}  // namespace

Calibration make_calibration(std::vector<float> scores, bool optimistic) {
  for (const float score : scores) {
    if (!std::isfinite(score)) fail(ErrorKind::kRuntime, "calibration: the score of a normal image is not finite");
  }
  std::sort(scores.begin(), scores.end());
  const float scale = colour_scale(scores);
  return {std::move(scores), optimistic, scale};
}

void check_false_positive_rate(double rate) {
  if (rate >= 0.0 && rate < 1.0) return;
  fail(ErrorKind::kUsage, "false-positive rate: expected 0 <= rate < 1, found " + std::to_string(rate));
}

Threshold choose_threshold(const Calibration& calibration, double false_positive_rate) {
  check_false_positive_rate(false_positive_rate);
  const std::size_t count = calibration.scores.size();
  if (count == 0) fail_data("calibration", "scores of normal images", "at least 1", "none");
  // 0.29 * 100 is 28.999999999999996: without the small slack a rate would lose the rank that it just allows.
  const auto rank = static_cast<std::size_t>(false_positive_rate * static_cast<double>(count + 1) + 1e-9);
  const std::size_t above = std::clamp<std::size_t>(rank, 1, count) - 1;
  Threshold out;
  out.value = calibration.scores[count - 1 - above];
  out.images = count;
  out.optimistic = calibration.optimistic;
  out.rate_resolved = rank >= 1;
  out.expected_rate = static_cast<double>(above + 1) / static_cast<double>(count + 1);
  out.rate_bound = upper_rate(above, count);
  return out;
}

float threshold_at(const Calibration& calibration, double false_positive_rate) {
  return choose_threshold(calibration, false_positive_rate).value;
}

}  // namespace mdd::eval
