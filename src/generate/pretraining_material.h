// The procedural materials of the pretraining scenes: endless textures of the plane. A material is a pure function of
// its index, the same for every user; each time one is used, its pose, scale and colours vary a little.
#pragma once
#include <array>
#include <cstdint>

#include "generate/pretraining_float.h"

namespace mdd::generate::pretraining {

inline constexpr int kMaterialCount = 256;

enum class Family {
  kClouds,
  kRidges,
  kStripes,
  kChevron,
  kTiles,
  kBricks,
  kDots,
  kBlobs,
  kCells,
  kPebbles,
  kWood,
  kMarble,
  kWeave,
  kMesh,
  kHexagons,
  kScales,
  kGranite,
  kBrushed,
  kCrosshatch,
  kFibres,
  kPolygons,
  kPlain,
  kCount
};

/// What tells a material from the others of its family. Each family reads the shape parameters in its own way.
struct Material {
  Family family = Family::kPlain;
  std::uint32_t seed = 0;
  int variant = 0;         ///< 0 .. 2
  int octaves = 1;         ///< 2 .. 5
  float period = 1.0f;     ///< size of the pattern in pixels
  float aspect = 1.0f;     ///< the pattern is that much longer along y
  float thickness = 0.0f;  ///< of lines or dots, 0 .. 1 of what fits
  float jitter = 0.0f;     ///< disorder, 0 .. 1
  float softness = 0.0f;   ///< of edges, 0 .. 1
  float grain = 0.0f;      ///< amplitude of the fine noise
  float grain_size = 1.0f;
  std::array<Rgb, 3> colours;
};

/// `index`: 0 .. kMaterialCount - 1.
[[nodiscard]] const Material& material(int index);

/// A material laid out once.
class MaterialInstance {
 public:
  MaterialInstance(int index, QuickDice& dice);
  [[nodiscard]] int index() const { return index_; }
  /// Colour at a pixel of the picture; may leave 0 .. 1 slightly.
  [[nodiscard]] Rgb at(float x, float y) const;

 private:
  int index_;
  Material material_;  ///< with this instance's colours
  Vec axis_;           ///< rotation and scale
  Vec offset_;
};

}  // namespace mdd::generate::pretraining
