#include "inference/run_config.h"

#include <cmath>

namespace mdd {
namespace {

void expect(bool holds, const std::string& option, const std::string& expected, const auto& found) {
  if (holds) return;
  std::string text = std::to_string(found);
  fail(ErrorKind::kUsage, option + ": expected " + expected + ", found " + text);
}

void expect_weight(const std::string& option, float value) {
  expect(std::isfinite(value) && value >= 0.0f, option, "a number of at least 0", value);
}

}  // namespace

void check_config(const RunConfig& c) {
  check_model_options(c.model);
  check_image_side(c.image_size);
  const TrainingConfig& t = c.training;
  expect(t.epochs >= 1 && t.epochs <= 1000000, "--epochs", "1 to 1000000", t.epochs);
  expect(t.batch >= 1 && t.batch <= 4096, "--batch", "1 to 4096", t.batch);
  expect(std::isfinite(t.learning_rate) && t.learning_rate > 0.0, "--lr", "more than 0", t.learning_rate);
  expect(t.decay_at >= 0.0 && t.decay_at <= 1.0, "--decay-at", "0 to 1", t.decay_at);
  expect(t.decay_factor > 0.0 && t.decay_factor <= 1.0, "--decay-factor", "above 0, at most 1", t.decay_factor);
  expect(t.adam.beta1 >= 0.0f && t.adam.beta1 < 1.0f, "beta1", "0 to below 1", t.adam.beta1);
  expect(t.adam.beta2 >= 0.0f && t.adam.beta2 < 1.0f, "beta2", "0 to below 1", t.adam.beta2);
  expect(std::isfinite(t.adam.epsilon) && t.adam.epsilon > 0.0f, "epsilon", "more than 0", t.adam.epsilon);
  expect_weight("--clip-norm", t.adam.clip_norm);
  expect_weight("--weight-restoration", c.losses.restoration);
  expect_weight("--weight-identity", c.losses.identity);
  expect_weight("--weight-discrepancy", c.losses.discrepancy);
  expect_weight("--weight-class", c.losses.classification);
  const SynthesisConfig& s = c.synthesis;
  expect(s.p_normal >= 0.0f && s.p_normal <= 1.0f, "--p-normal", "0 to 1", s.p_normal);
  expect(s.max_opacity >= 0.0f && s.max_opacity <= 1.0f, "--max-opacity", "0 to 1", s.max_opacity);
  expect(c.map.weight >= 0.0f && c.map.weight <= 1.0f, "--map-weight", "0 to 1", c.map.weight);
  const auto largest = static_cast<float>(c.image_size) / 4.0f - 1.0f;
  expect(c.map.sigma >= 0.0f && c.map.sigma <= largest, "--sigma", "0 to " + std::to_string(largest), c.map.sigma);
}

}  // namespace mdd
