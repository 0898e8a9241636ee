// Defects that can happen to any surface, laid over a scene.
#pragma once
#include <algorithm>
#include <vector>

#include "generate/arithmetic.h"
#include "generate/scene.h"

namespace mdd::generate {

class SurfaceDefect {
 public:
  /// Draws a defect at `centre`. Requires a type other than kStructure. `severity` scales widths of lines, areas of
  /// spots and contrasts, these as far as colours can differ; 1 leaves all as it is drawn.
  SurfaceDefect(DefectType type, Point centre, bool light_marks, double severity, double pixel, Dice& dice);
  /// The colour of the scene at `p` with the defect on it.
  [[nodiscard]] Colour apply(const Scene& scene, Point p) const;

 private:
  struct Blob {
    Point centre;
    double radius;
  };
  [[nodiscard]] Colour on_surface(const Scene& scene, Colour clean, Point p) const;
  void draw_crack(Dice& dice);
  void draw_contamination(Dice& dice);
  /// A contrast at this severity, at most `most`.
  [[nodiscard]] double contrast(double drawn, double most) const { return std::min(severity_ * drawn, most); }
  /// Share of a wobbly disc of radius_ that covers p.
  [[nodiscard]] double wobbly_disc(Point p, double edge) const;
  [[nodiscard]] Colour scratch(Colour clean, Point p) const;
  [[nodiscard]] Colour crack(Colour clean, Point p) const;
  [[nodiscard]] Colour stain(Colour clean, Point p) const;
  [[nodiscard]] Colour dent(const Scene& scene, Point p) const;
  [[nodiscard]] Colour contamination(Colour clean, Point p) const;
  [[nodiscard]] Colour hole(Colour clean, Point p) const;

  DefectType type_;
  Point centre_;
  double severity_;
  double pixel_;
  std::uint32_t seed_;
  double radius_ = 0.0;
  double strength_ = 0.0;
  double width_ = 0.0;
  Colour colour_;
  std::vector<std::vector<Point>> lines_;
  std::vector<Blob> blobs_;
  double reach_ = 0.0;  ///< nothing changes farther than this from centre_
};

}  // namespace mdd::generate
