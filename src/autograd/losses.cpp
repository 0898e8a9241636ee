#include "autograd/losses.h"

namespace mdd {
namespace {

Shape positions_of(const Tensor& features) { return {features.shape[0], features.shape[1], features.shape[2]}; }

/// Chains d loss / d map into both sides; an undefined slot is skipped.
void push_map_gradient(Tape& tape, const Variable& a, const Variable& b, const Tensor& dmap) {
  GradientSlot da, db;
  if (a->requires_gradient) da = a->gradient_slot(tape.arena());
  if (b->requires_gradient) db = b->gradient_slot(tape.arena());
  tape.backend().cosine_map_backward(a->value, b->value, dmap, da.tensor, da.mode, db.tensor, db.mode);
}

}  // namespace

void cosine_flat_loss(Tape& tape, const Variable& prediction, const Variable& target, const LossTerm& term) {
  const Variable moments = tape.values({prediction->value.shape[0], 3});
  tape.backend().cosine_flat_forward(prediction->value, target->value, moments->value, term.value, term.mode);
  tape.record([&tape, prediction, target, moments, weight = term.weight] {
    const GradientSlot slot = prediction->gradient_slot(tape.arena());
    tape.backend().cosine_flat_backward(prediction->value, target->value, moments->value, weight, slot.tensor,
                                        slot.mode);
  });
}

void cosine_pixel_loss(Tape& tape, const Variable& prediction, const Variable& target, const LossTerm& term) {
  const Variable map = tape.values(positions_of(prediction->value));
  const float scale = 1.0f / static_cast<float>(map->value.elements());
  tape.backend().cosine_map_forward(prediction->value, target->value, map->value);
  tape.backend().sum_forward(map->value, scale, term.value, term.mode);
  tape.record([&tape, prediction, target, map, upstream = term.weight * scale] {
    tape.backend().fill(map->value, upstream);  // the map itself is no longer needed
    push_map_gradient(tape, prediction, Tape::constant(target->value), map->value);
  });
}

void discrepancy_loss(Tape& tape, const Variable& a, const Variable& b, const Variable& cells, float scale,
                      const LossTerm& term) {
  const Variable map = tape.values(positions_of(a->value));
  tape.backend().cosine_map_forward(a->value, b->value, map->value);
  tape.backend().absolute_difference_forward(map->value, cells->value, scale, term.value, term.mode);
  tape.record([&tape, a, b, cells, map, upstream = term.weight * scale] {
    const Variable dmap = tape.values(map->value.shape);
    tape.backend().absolute_difference_backward(map->value, cells->value, upstream, dmap->value);
    push_map_gradient(tape, a, b, dmap->value);
  });
}

void class_loss(Tape& tape, const Variable& mass, const Variable& labels, const LossTerm& term) {
  tape.backend().class_loss_forward(mass->value, labels->value, term.value);
  tape.record([&tape, mass, labels, weight = term.weight] {
    const GradientSlot slot = mass->gradient_slot(tape.arena());
    require(slot.mode == WriteMode::kOverwrite, "the class loss is the only reader of the class mass");
    tape.backend().class_loss_backward(mass->value, labels->value, weight, slot.tensor);
  });
}

void dense_classification_loss(Tape& tape, const Variable& logits, const Variable& labels, const LossTerm& term) {
  GradientSlot slot;
  if (logits->requires_gradient) slot = logits->gradient_slot(tape.arena());
  require(slot.mode == WriteMode::kOverwrite, "one dense classification loss reads the logits");
  tape.backend().softmax_cross_entropy(logits->value, labels->value, term.weight, term.value, slot.tensor, term.mode);
}

}  // namespace mdd
