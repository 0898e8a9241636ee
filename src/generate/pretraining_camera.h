// What a camera makes of a pretraining scene: light, exposure, colour cast, blur, sensor noise.
#pragma once
#include "data/image.h"
#include "generate/pretraining_layout.h"

namespace mdd::generate::pretraining {

/// `strength` scales every variation; 1 for scenes that have not been photographed yet. The labels stay as they are.
[[nodiscard]] data::Image photograph(Canvas& canvas, float strength, QuickDice& dice);

/// One of the eight ways to mirror and turn a picture by right angles, at random.
void turn_at_random(Canvas& canvas, QuickDice& dice);

}  // namespace mdd::generate::pretraining
