#include "model/losses.h"

namespace mdd {
namespace {

WriteMode mode_of_level(std::size_t level) { return level == 0 ? WriteMode::kOverwrite : WriteMode::kAccumulate; }

void distillation(Tape& tape, CosineForm form, const Features& predictions, const Features& targets,
                  const Tensor& value, float weight) {
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const LossTerm term{value, weight, mode_of_level(i)};
    form == CosineForm::kFlat ? cosine_flat_loss(tape, predictions[i], targets[i], term)
                              : cosine_pixel_loss(tape, predictions[i], targets[i], term);
  }
}

void discrepancy(Tape& tape, const LossOptions& options, const ModelOutput& output, const Variable& mask,
                 const Tensor& value, float weight) {
  for (std::size_t i = 0; i < output.restored.size(); ++i) {
    const Shape& shape = output.restored[i]->value.shape;
    const Variable cells = tape.values({shape[0], shape[1], shape[2]});
    tape.backend().reduce_mask(mask->value, options.mask, cells->value);
    const auto positions = static_cast<float>(shape[1] * shape[2]);
    const auto images = static_cast<float>(shape[0]);
    const float scale = 1.0f / (options.reduction == DiscrepancyReduction::kMean ? images * positions : images);
    discrepancy_loss(tape, output.restored[i], output.identity[i], cells, scale, {value, weight, mode_of_level(i)});
  }
}

}  // namespace

void record_losses(Tape& tape, const LossOptions& options, const ModelOutput& output, const LossTargets& targets,
                   const Tensor& terms, const Tensor& total, float gradient_scale) {
  Backend& backend = tape.backend();
  backend.fill(terms, 0.0f);
  const bool identity = output.identity[0] != nullptr;
  const std::array<float, kLossTerms> weights{options.restoration, identity ? options.identity : 0.0f,
                                              identity ? options.discrepancy : 0.0f,
                                              output.mass ? options.classification : 0.0f};
  const auto term = [&](LossIndex index) { return terms.rows(index, 1); };
  const auto pull = [&](LossIndex index) { return gradient_scale * weights[index]; };
  if (weights[kRestorationLoss] != 0.0f) {
    distillation(tape, options.cosine, output.restored, targets.normal, term(kRestorationLoss), pull(kRestorationLoss));
  }
  if (weights[kIdentityLoss] != 0.0f) {
    distillation(tape, options.cosine, output.identity, output.teacher, term(kIdentityLoss), pull(kIdentityLoss));
  }
  if (weights[kDiscrepancyLoss] != 0.0f) {
    discrepancy(tape, options, output, targets.mask, term(kDiscrepancyLoss), pull(kDiscrepancyLoss));
  }
  if (weights[kClassLoss] != 0.0f) {
    class_loss(tape, output.mass, targets.labels, {term(kClassLoss), pull(kClassLoss), WriteMode::kOverwrite});
  }
  backend.weighted_sum(terms, weights, total);
}

}  // namespace mdd
