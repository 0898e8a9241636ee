// The value of every loss term under every switch, from the network's own outputs, against the float64 reference.
#include <cmath>

#include "model/tiny_problem.h"
#include "model/to_array.h"
#include "reference/losses.h"
#include "reference/memory.h"

using namespace mdd;
using namespace mdd::test;
using reference::Array;

namespace {

constexpr double kTolerance = 1e-5;

Array mask_of(TinyProblem& problem) {
  const Tensor& mask = problem.targets().mask->value;
  std::vector<std::uint8_t> bits(static_cast<std::size_t>(mask.elements()));
  problem.backend->copy_to_host(std::as_writable_bytes(std::span(bits)), mask);
  return {mask.shape, std::vector<double>(bits.begin(), bits.end())};
}

double distillation(Backend& backend, CosineForm form, const Features& predictions, const Features& targets) {
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const Array p = to_array(backend, predictions[i]->value), t = to_array(backend, targets[i]->value);
    const Array map = reference::cosine_map(p, t);
    sum += form == CosineForm::kFlat ? reference::cosine_flat(p, t)
                                     : reference::sum(map) / static_cast<double>(map.size());
  }
  return sum;
}

/// Mean over images of the mean or sum over positions of |1 - cos(R, I) - G|.
double discrepancy(TinyProblem& problem, const LossOptions& options, const ModelOutput& output) {
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const Array map = reference::cosine_map(to_array(*problem.backend, output.restored[i]->value),
                                            to_array(*problem.backend, output.identity[i]->value));
    const Array cells = reference::reduce_mask(mask_of(problem), options.mask, map.shape[1]);
    const double count =
        static_cast<double>(options.reduction == DiscrepancyReduction::kMean ? map.size() : map.shape[0]);
    sum += reference::absolute_difference(map, cells) / count;
  }
  return sum;
}

void check_terms(const LossOptions& options) {
  TinyProblem problem(tiny(), options);
  Tape tape(*problem.backend, problem.arena, true);
  const ModelOutput output = problem.forward(tape);
  const std::vector<float> terms = fetch(*problem.backend, problem.terms());
  Backend& backend = *problem.backend;
  CHECK(terms[kRestorationLoss] ==
        doctest::Approx(distillation(backend, options.cosine, output.restored, problem.targets().normal))
            .epsilon(kTolerance));
  CHECK(terms[kIdentityLoss] ==
        doctest::Approx(distillation(backend, options.cosine, output.identity, output.teacher)).epsilon(kTolerance));
  CHECK(terms[kDiscrepancyLoss] == doctest::Approx(discrepancy(problem, options, output)).epsilon(kTolerance));
  CHECK(terms[kClassLoss] ==
        doctest::Approx(reference::class_loss(to_array(backend, output.mass->value), {0, 1})).epsilon(kTolerance));
  tape.clear();
}

}  // namespace

TEST_CASE("the terms of spec S6, as they are by default") { check_terms({}); }

TEST_CASE("the terms under every switch") {
  check_terms({.cosine = CosineForm::kPixel});
  for (const MaskReduction mask : {MaskReduction::kAverage, MaskReduction::kNearest, MaskReduction::kMaximum}) {
    for (const DiscrepancyReduction reduction : {DiscrepancyReduction::kMean, DiscrepancyReduction::kSum}) {
      CAPTURE(static_cast<int>(mask));
      CAPTURE(static_cast<int>(reduction));
      check_terms({.mask = mask, .reduction = reduction});
    }
  }
}

TEST_CASE("a gradient scale multiplies every gradient and no loss") {
  constexpr float kScale = 16384.0f;
  TinyProblem problem(tiny());
  Backend& backend = *problem.backend;
  const std::vector<float> terms = problem.differentiate();
  const std::vector<float> gradients = fetch(backend, problem.model.trained().gradients());
  const float total = fetch(backend, problem.total())[0];
  Tape tape(backend, problem.arena, true);
  record_losses(tape, {}, problem.model.forward(tape, problem.teacher()), problem.targets(), problem.terms(),
                problem.total(), kScale);
  tape.backward();
  CHECK(fetch(backend, problem.terms()) == terms);
  CHECK(fetch(backend, problem.total())[0] == total);
  const std::vector<float> scaled = fetch(backend, problem.model.trained().gradients());
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    difference += std::pow(static_cast<double>(scaled[i] / kScale - gradients[i]), 2);
    norm += std::pow(static_cast<double>(gradients[i]), 2);
  }
  CHECK(norm > 0);
  CHECK(difference <= 1e-12 * norm);  // a power of two: only subnormal gradients may round differently
}
