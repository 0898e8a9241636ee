// The training objective (spec S6).
#pragma once
#include "autograd/losses.h"
#include "model/mddnet.h"

namespace mdd {

/// Cosine of the distillation losses: over the whole flattened map of an image, or per position.
enum class CosineForm : std::uint8_t { kFlat, kPixel };
/// |M - G| of the discrepancy loss: mean over positions, or sum over the positions of an image; both mean over images.
enum class DiscrepancyReduction : std::uint8_t { kMean, kSum };

struct LossOptions {
  float restoration = 1.0f;  ///< weights; 0 removes the term and its cost
  float identity = 1.0f;
  float discrepancy = 1.0f;
  float classification = 0.1f;
  CosineForm cosine = CosineForm::kFlat;
  MaskReduction mask = MaskReduction::kAverage;
  DiscrepancyReduction reduction = DiscrepancyReduction::kMean;

  /// Does anything pull on the identity decoder?
  [[nodiscard]] bool needs_identity() const { return identity != 0.0f || discrepancy != 0.0f; }
};

/// Order of the loss terms in a tensor f32 [kLossTerms]; the total is kept beside them.
enum LossIndex : std::int64_t { kRestorationLoss, kIdentityLoss, kDiscrepancyLoss, kClassLoss, kLossTerms };

/// What a training step compares with.
struct LossTargets {
  Features normal;  ///< the teacher's features of the normal images
  Variable mask;    ///< u8 [N,S,S], where the anomaly was inserted
  Variable labels;  ///< i32 [N]
};

/// Computes every term into terms f32 [kLossTerms] (absent ones are 0) and total f32 [1], and records the backward
/// steps. Gradients, and only they, come out multiplied by `gradient_scale`.
void record_losses(Tape& tape, const LossOptions& options, const ModelOutput& output, const LossTargets& targets,
                   const Tensor& terms, const Tensor& total, float gradient_scale = 1.0f);

}  // namespace mdd
