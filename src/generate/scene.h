// What the camera sees of one kind of product: a colour for every point of the plane, with the natural variation of
// good products drawn once, and the ways in which this product goes wrong.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "generate/arithmetic.h"

namespace mdd::generate {

class Scene {
 public:
  virtual ~Scene() = default;
  /// Colour at a point of the product; the picture spans about -1 .. 1 both ways.
  [[nodiscard]] virtual Colour at(Point p) const = 0;
  /// Share of the point that is product, not ground: dirt may lie anywhere, but only the product can be scratched.
  [[nodiscard]] virtual double surface(Point) const { return 1.0; }
  /// A point of the product's surface where something can happen to it.
  [[nodiscard]] virtual Point place(Dice& dice) const;
  /// Builds a defect of the product itself in (a part is missing, swapped, broken). Requires a structural defect of
  /// this kind of scene.
  virtual void damage(std::string_view defect, Dice& dice) = 0;
};

/// What can happen to any surface (surface_defect.h), or to the structure of one product only.
enum class DefectType { kStructure, kScratch, kCrack, kStain, kDent, kContamination, kHole };

struct DefectKind {
  std::string_view name;  ///< name of its folder
  DefectType type;
};

/// Position of the product under the camera, drawn for every image.
struct PoseRange {
  double shift;     ///< up to this much in half image sides, both ways
  double rotation;  ///< up to this many turns, both ways
};

struct SceneKind {
  std::string_view name;  ///< class name
  PoseRange pose;
  bool light_marks;  ///< scratches are lighter than the surface (metal, lacquer), otherwise darker
  std::span<const DefectKind> defects;
  std::unique_ptr<Scene> (*make)(Dice& dice, double pixel);  ///< `pixel`: width of a pixel in half image sides
};

/// All kinds, in the order in which classes are added.
[[nodiscard]] std::span<const SceneKind> scene_kinds();

extern const SceneKind kCable, kCapsule, kCircuit, kFabric, kMesh, kMetal, kTile, kWood;

}  // namespace mdd::generate
