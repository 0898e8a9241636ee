// The patterns of the pretraining materials that repeat on a lattice.
#include "generate/pretraining_pattern.h"

namespace mdd::generate::pretraining {
namespace {

/// Tiles of period x period * aspect; `row_shift`: how far every other row is displaced, in tiles.
Tone tiles_with_grout(const Material& m, Vec p, float row_shift) {
  const float height = m.period, width = m.period * m.aspect;
  const int row = floor_to_int(p.y / height);
  const float u = p.x / width + row_shift * static_cast<float>(m.variant == 2 ? row % 3 : row & 1);
  const int column = floor_to_int(u);
  const float dx = (0.5f - std::abs(u - static_cast<float>(column) - 0.5f)) * width;
  const float dy = (0.5f - std::abs(fraction(p.y / height) - 0.5f)) * height;
  const float grout = blend(0.03f, 0.16f, m.thickness) * m.period;
  const float edge = std::min(dx, dy) - grout;
  const float own = cell_value(column, row, m.seed);
  const float bevel = m.softness > 0.5f ? 1.0f - 0.25f * covered(edge - 2.0f, 3.0f) : 1.0f;
  const float speckle = 1.0f + 0.12f * (noise(0.4f * p.x, 0.4f * p.y, other_seed(m, 1)) - 0.5f);
  return {m.jitter * own, covered(edge), bevel * speckle * (1.0f + 0.2f * m.jitter * (own - 0.5f))};
}

}  // namespace

Tone stripes(const Material& m, Vec p) {
  const float bend = (noise(p.x / (4.0f * m.period), p.y / (6.0f * m.period), other_seed(m, 1)) - 0.5f) * 1.5f;
  const float phase = p.x / m.period + m.jitter * m.jitter * bend;
  if (m.variant == 0) return {0.5f + 0.5f * wave(phase), 0.0f, 1.0f};
  const float duty = blend(0.15f, 0.75f, m.thickness);
  const float across = std::abs(fraction(phase) - 0.5f);
  const float band = covered((across - 0.5f * duty) * m.period, 1.0f + 0.3f * m.softness * m.period);
  if (m.variant == 1) return {band, 0.0f, 1.0f - 0.3f * m.softness * across};
  const float second = covered((std::abs(across - 0.5f) - 0.12f * duty) * m.period);
  return {band, second, 1.0f};
}

Tone chevron(const Material& m, Vec p) {
  const float width = m.period * blend(1.0f, 3.0f, m.jitter);
  const float zigzag = std::abs(fraction(p.x / width) - 0.5f) * width * blend(0.5f, 2.0f, m.softness);
  const float phase = (p.y + zigzag) / m.period;
  const float across = std::abs(fraction(phase) - 0.5f);
  const float band = covered((across - blend(0.1f, 0.35f, m.thickness)) * m.period, 1.3f);
  const float seam = m.variant == 2 ? covered(std::abs(fraction(p.x / width + 0.5f) - 0.5f) * width - 0.8f) : 0.0f;
  const float shade = m.variant == 1 && fraction(0.5f * (p.x / width + 0.25f)) < 0.5f ? 0.82f : 1.0f;
  return {band, seam, shade};
}

Tone tiles(const Material& m, Vec p) {
  if (m.variant == 2) return tiles_with_grout(m, p, 0.0f);
  const float u = p.x / m.period, v = p.y / m.period;
  const int column = floor_to_int(u), row = floor_to_int(v);
  const float dx = 0.5f - std::abs(u - static_cast<float>(column) - 0.5f);
  const float dy = 0.5f - std::abs(v - static_cast<float>(row) - 0.5f);
  const float side = ((column + row) & 1) != 0 ? 1.0f : 0.0f;
  // Across the nearest edge the other colour begins: half of it at the edge keeps the border smooth.
  const float edge = std::min(dx, dy) * m.period;
  const float inner = saturate(0.5f + edge);
  const float check = blend(1.0f - side, side, inner);
  const float grout = m.variant == 1 ? covered(edge - blend(0.5f, 2.5f, m.thickness)) : 0.0f;
  return {check, grout, 1.0f - 0.2f * m.jitter * cell_value(column, row, m.seed)};
}

Tone bricks(const Material& m, Vec p) {
  return tiles_with_grout(m, warped(m, p, 9.0f, 0.8f * m.jitter), m.variant == 2 ? 1.0f / 3.0f : 0.5f);
}

Tone dots(const Material& m, Vec p) {
  const float u = p.x / m.period, v = p.y / m.period;
  const int row = floor_to_int(v);
  const float shift = m.variant == 1 ? 0.5f * static_cast<float>(row & 1) : 0.0f;
  const int column = floor_to_int(u + shift);
  const float room = 0.5f - blend(0.12f, 0.42f, m.thickness);
  const float cx = (cell_value(column, row, m.seed) - 0.5f) * 2.0f * room * m.jitter;
  const float cy = (cell_value(column, row, other_seed(m, 1)) - 0.5f) * 2.0f * room * m.jitter;
  const Vec from{u + shift - static_cast<float>(column) - 0.5f - cx, v - static_cast<float>(row) - 0.5f - cy};
  const float radius = blend(0.12f, 0.42f, m.thickness);
  const float d = (length(from) - radius) * m.period;
  const float dot_cover = covered(d, 1.0f + m.softness * 0.4f * m.period * radius);
  if (m.variant == 2) return {dot_cover, covered(d + 0.4f * radius * m.period), 1.0f};
  return {dot_cover, 0.0f, 1.0f + dot_cover * 0.35f * m.softness * (from.x - from.y) / radius};
}

Tone weave(const Material& m, Vec p) {
  const Vec q = warped(m, p, 14.0f, 1.2f * m.jitter);
  const float u = q.x / m.period, v = q.y / m.period;
  const int column = floor_to_int(u), row = floor_to_int(v);
  const int repeat = m.variant + 2;  // plain weave, twill over two, twill over three
  const int step = m.variant == 0 ? column + row : column + row + 4096 * repeat;
  const bool warp_on_top = ((step % repeat) + repeat) % repeat == 0;
  const float across = 2.0f * std::abs((warp_on_top ? u : v) - static_cast<float>(warp_on_top ? column : row) - 0.5f);
  const float along = 2.0f * std::abs((warp_on_top ? v : u) - static_cast<float>(warp_on_top ? row : column) - 0.5f);
  const float light = 1.1f - blend(0.2f, 0.6f, m.softness) * across * across - 0.3f * along * along;
  const float gap = covered((blend(1.0f, 0.75f, m.thickness) - across) * 0.5f * m.period + 0.5f);
  const float strand = noise(q.x * (warp_on_top ? 1.1f : 0.2f), q.y * (warp_on_top ? 0.2f : 1.1f), m.seed);
  return {warp_on_top ? 1.0f : 0.0f, gap, light * (0.9f + 0.2f * strand)};
}

Tone mesh(const Material& m, Vec p) {
  const float slant = m.variant == 1 ? 0.577f : 0.0f;
  const Vec q = warped(m, p, 2.0f * m.period, 0.25f * m.jitter * m.period);
  const float du = std::abs(fraction((q.x + slant * q.y) / m.period) - 0.5f) * m.period;
  const float dv = std::abs(fraction((q.y - slant * q.x) / (m.period * m.aspect)) - 0.5f) * m.period * m.aspect;
  const float half = blend(0.7f, 0.22f * m.period, m.thickness);
  const float distance = std::min(du, dv);
  const float wire = covered(distance - half);
  const float round = 1.0f - m.softness * 0.5f * saturate(distance / half) * wire;
  const float knot = m.variant == 2 ? covered(std::max(du, dv) - 1.6f * half) : 0.0f;
  return {wire, knot, round};
}

Tone hexagons(const Material& m, Vec p) {
  constexpr float kRow = 1.7320508f;
  const Vec q{p.x / m.period, p.y / m.period};
  const int ax = floor_to_int(q.x + 0.5f), ay = floor_to_int(q.y / kRow + 0.5f);
  const int bx = floor_to_int(q.x), by = floor_to_int(q.y / kRow);
  const Vec a{q.x - static_cast<float>(ax), q.y - static_cast<float>(ay) * kRow};
  const Vec b{q.x - static_cast<float>(bx) - 0.5f, q.y - (static_cast<float>(by) + 0.5f) * kRow};
  const bool first = dot(a, a) < dot(b, b);
  const Vec d = first ? a : b;
  const float own = first ? cell_value(ax, ay, m.seed) : cell_value(bx, by, other_seed(m, 1));
  const float from_centre = std::max(std::abs(d.x), 0.5f * std::abs(d.x) + 0.8660254f * std::abs(d.y));
  const float edge = (0.5f - from_centre) * m.period;
  const float line = covered(edge - blend(0.5f, 0.14f * m.period, m.thickness));
  const float dome = 1.0f - m.softness * from_centre * from_centre;
  if (m.variant == 0) return {line, 0.0f, dome};
  if (m.variant == 1) return {own, line, dome};
  return {line, covered((from_centre - 0.2f) * m.period), 1.0f};
}

Tone scales(const Material& m, Vec p) {
  const float height = 0.5f * m.period * m.aspect;
  const int top = floor_to_int(p.y / height);
  float best = 0.0f, own = 0.0f, edge = 9.0f;
  // The lowest row whose round scale reaches the point lies on top.
  for (int row = top; row >= top - 2; --row) {
    const float u = p.x / m.period + 0.5f * static_cast<float>(row & 1);
    const int column = floor_to_int(u);
    const Vec from{(u - static_cast<float>(column) - 0.5f) * m.period,
                   (p.y - static_cast<float>(row) * height) / m.aspect};
    const float inside = 0.56f * m.period - length(from);
    if (inside > 0.0f || row == top - 2) {
      edge = std::max(inside, 0.0f);
      best = length(from) / (0.56f * m.period);
      own = cell_value(column, row, m.seed);
      break;
    }
  }
  const float line = covered(edge - blend(0.4f, 0.12f * m.period, m.thickness));
  return {m.variant == 0 ? best : m.jitter * own, m.variant == 1 ? 0.0f : line,
          (1.0f - 0.5f * line) * (1.0f - 0.3f * m.softness * best)};
}

}  // namespace mdd::generate::pretraining
