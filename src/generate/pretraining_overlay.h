// What lies on the materials of a pretraining scene: strokes, specks, and the ways in which a surface goes wrong.
#pragma once
#include "generate/pretraining_layout.h"

namespace mdd::generate::pretraining {

enum class Overlay {
  kLightScratch,
  kDarkScratch,
  kCrack,
  kThickStroke,
  kDashedLine,
  kFibre,
  kScuff,
  kDarkStain,
  kLightStain,
  kSpot,
  kRing,
  kSpecks,
  kDent,
  kHole,
  kForeignPatch,
  kBlur,
  kDisplacement,
  kDiscolouration,
  kMissingArea,
  kGlyphs,
  kScrew,
  kDroplet,
  kCount
};
inline constexpr int kOverlayCount = static_cast<int>(Overlay::kCount);

/// A pixel belongs to an overlay if that changed one of its channels by more than this.
inline constexpr float kVisibleChange = 6.0f / 255.0f;

/// Draws one at a random place. Where it visibly changes the canvas, the label becomes first_label + the kind.
void lay_overlay(Canvas& canvas, Overlay kind, int first_label, QuickDice& dice);

}  // namespace mdd::generate::pretraining
