// Coverage of the shapes that pretraining overlays are drawn with.
#pragma once
#include <vector>

#include "generate/pretraining_float.h"

namespace mdd::generate::pretraining {

/// How much of every pixel of a square picture is covered, drawn up from simple shapes; each covers at most what it
/// did not find covered. Only the box [left, right) x [top, bottom) was touched.
class Stamp {
 public:
  explicit Stamp(int side);
  /// A line of width 2 * radius_from at one end, 2 * radius_to at the other, of the given darkness.
  void segment(Vec from, Vec to, float radius_from, float radius_to, float strength = 1.0f);
  void disc(Vec centre, float radius, float edge = 1.0f, float strength = 1.0f);
  void ring(Vec centre, float radius, float half_width);
  /// A disc whose outline wanders by about `wobble` of the radius; `edge`: width of the soft border.
  void blob(Vec centre, float radius, float wobble, float edge, std::uint32_t seed);
  /// `corners`: outline, turning the same way everywhere.
  void polygon(const std::vector<Vec>& corners);

  [[nodiscard]] float at(int x, int y) const { return cover_[index(x, y)]; }
  [[nodiscard]] int left() const { return left_; }
  [[nodiscard]] int right() const { return right_; }
  [[nodiscard]] int top() const { return top_; }
  [[nodiscard]] int bottom() const { return bottom_; }

 private:
  [[nodiscard]] std::size_t index(int x, int y) const {
    return static_cast<std::size_t>(y) * static_cast<std::size_t>(side_) + static_cast<std::size_t>(x);
  }
  /// Raises the coverage to cover_at(point) within the box around `low` and `high`.
  template <class CoverAt>
  void draw(Vec low, Vec high, float reach, const CoverAt& cover_at);

  int side_;
  int left_, right_ = 0, top_, bottom_ = 0;
  std::vector<float> cover_;
};

/// A line that wanders: each of its steps turns by up to `bend` radians, plus its own curvature of up to `curl`.
[[nodiscard]] std::vector<Vec> wandering(QuickDice& dice, Vec from, float total_length, int points, float bend,
                                         float curl);

}  // namespace mdd::generate::pretraining
