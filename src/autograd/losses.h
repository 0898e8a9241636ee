// Differentiable scalar losses (spec S6). Each adds its value to a place in a tensor of loss terms, on the device, and
// records a backward step that starts the gradient with a known weight: no scalar ever has to visit the host.
#pragma once
#include "autograd/tape.h"

namespace mdd {

/// Where a loss goes: terms[0] (+)= value, and how strongly it pulls.
struct LossTerm {
  Tensor value;                             ///< f32 [1]
  float weight = 1.0f;                      ///< what the gradient is multiplied by; the value is not
  WriteMode mode = WriteMode::kAccumulate;  ///< first level of a term overwrites
};

/// mean over images of 1 - cos over the whole flattened map; gradient into `prediction` only.
void cosine_flat_loss(Tape& tape, const Variable& prediction, const Variable& target, const LossTerm& term);
/// mean over images and positions of 1 - cos over channels; gradient into `prediction` only.
void cosine_pixel_loss(Tape& tape, const Variable& prediction, const Variable& target, const LossTerm& term);
/// scale * sum over positions of |1 - cos(a, b) - cells|; gradient into both sides. cells f32 [N,h,w].
void discrepancy_loss(Tape& tape, const Variable& a, const Variable& b, const Variable& cells, float scale,
                      const LossTerm& term);
/// -mean log(mass[label] + 1e-8); mass [N, classes], labels i32 [N]. Always overwrites term.value.
void class_loss(Tape& tape, const Variable& mass, const Variable& labels, const LossTerm& term);

/// Mean over the positions whose label is not negative of -log softmax(logits)[label]; logits, features [N,h,w,K],
/// labels i32, one a position. The gradient is computed together with the value, at once; nobody else may start one
/// in `logits` before.
void dense_classification_loss(Tape& tape, const Variable& logits, const Variable& labels, const LossTerm& term);

}  // namespace mdd
