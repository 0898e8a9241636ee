#include "generate/scene.h"

#include <array>

namespace mdd::generate {

Point Scene::place(Dice& dice) const {
  const double x = dice.uniform(-0.6, 0.6);
  return {x, dice.uniform(-0.6, 0.6)};
}

std::span<const SceneKind> scene_kinds() {
  static const std::array<SceneKind, 8> kinds{kMetal, kFabric, kCircuit, kCapsule, kTile, kWood, kCable, kMesh};
  return kinds;
}

}  // namespace mdd::generate
