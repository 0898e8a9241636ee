#include "generate/pretraining_pattern.h"

namespace mdd::generate::pretraining {
namespace {

Tone clouds(const Material& m, Vec p) {
  const float n =
      fractal(p.x / m.period, p.y / (m.period * m.aspect), m.seed, m.octaves, blend(0.35f, 0.7f, m.thickness));
  const float slow = noise(p.x / (3.0f * m.period), p.y / (3.0f * m.period), other_seed(m, 1));
  return {contrasted(n, m.softness), 0.6f * m.jitter * ramp(0.5f, 0.9f, slow), 1.0f};
}

Tone ridges(const Material& m, Vec p) {
  const Vec w = warped(m, p, 2.0f * m.period, m.jitter * m.period);
  float sum = 0.0f, weight = 1.0f, total = 0.0f, scale = 1.0f / m.period;
  for (int octave = 0; octave < m.octaves - 1; ++octave) {
    const float n = noise(w.x * scale, w.y * scale / m.aspect, other_seed(m, static_cast<std::uint32_t>(octave)));
    sum += weight * (1.0f - std::abs(2.0f * n - 1.0f));
    total += weight;
    weight *= 0.5f;
    scale *= 2.1f;
  }
  const float ridge = sum / total;
  return {ramp(blend(0.45f, 0.75f, m.thickness), blend(0.75f, 1.0f, m.softness), ridge), 0.0f,
          1.0f - 0.25f * (1.0f - ridge)};
}

Tone blobs(const Material& m, Vec p) {
  const float n = fractal(p.x / m.period, p.y / (m.period * m.aspect), m.seed, 2, 0.35f);
  const float level = blend(0.4f, 0.62f, m.thickness);
  const float step = 0.55f / m.period;  // the noise changes by about this within a pixel
  const float blob = ramp(level - step, level + step, n);
  const float core = m.variant == 0 ? 0.0f : ramp(level + 0.1f - step, level + 0.1f + step, n);
  const float rim = m.variant == 2 ? 1.0f - 0.5f * covered(std::abs(n - level) / step, 2.0f) : 1.0f;
  return {blob, core, rim};
}

struct Neighbours {
  float nearest = 9.0f, second = 9.0f;  ///< squared distances
  std::uint32_t cell = 0;
  Vec towards;
};
Neighbours neighbours(Vec p, float jitter, std::uint32_t seed) {
  const int ix = floor_to_int(p.x), iy = floor_to_int(p.y);
  Neighbours found;
  for (int y = iy - 1; y <= iy + 1; ++y) {
    for (int x = ix - 1; x <= ix + 1; ++x) {
      const std::uint32_t bits = cell_bits(x, y, seed);
      const Vec site{static_cast<float>(x) + 0.5f + jitter * (static_cast<float>(bits & 0xffffu) * 0x1p-16f - 0.5f),
                     static_cast<float>(y) + 0.5f + jitter * (static_cast<float>(bits >> 16) * 0x1p-16f - 0.5f)};
      const Vec from = p - site;
      const float d = dot(from, from);
      if (d < found.nearest) {
        found.second = found.nearest;
        found.nearest = d;
        found.cell = bits;
        found.towards = from;
      } else {
        found.second = std::min(found.second, d);
      }
    }
  }
  return found;
}

float own_value(const Neighbours& n) { return static_cast<float>((n.cell * 0x9e3779b9u) >> 8) * 0x1p-24f; }

Tone cells(const Material& m, Vec p) {
  const Vec q = Vec{p.x / m.period, p.y / (m.period * m.aspect)};
  const Neighbours n = neighbours(q, blend(0.4f, 1.0f, m.jitter), m.seed);
  const float edge = 0.5f * (std::sqrt(n.second) - std::sqrt(n.nearest)) * m.period;
  const float line = covered(edge - blend(0.4f, 0.12f * m.period, m.thickness));
  if (m.variant == 0) return {line, 0.0f, 1.0f};
  if (m.variant == 1) return {own_value(n), 0.0f, 1.0f};
  return {m.softness * own_value(n), line, 1.0f};
}

Tone pebbles(const Material& m, Vec p) {
  const Vec q = Vec{p.x / m.period, p.y / (m.period * m.aspect)};
  const Neighbours n = neighbours(q, blend(0.5f, 1.0f, m.jitter), m.seed);
  const float gap = std::sqrt(n.second) - std::sqrt(n.nearest);
  const float height = ramp(0.0f, blend(0.25f, 0.8f, m.softness), gap);
  const float light = 1.0f + 0.5f * (n.towards.x - n.towards.y) * (m.variant == 0 ? 1.0f : 0.3f);
  return {1.0f - height, m.variant == 2 ? 0.7f * own_value(n) * height : 0.0f, light};
}

Tone wood(const Material& m, Vec p) {
  const float slow = fractal(p.x / (3.0f * m.period), p.y / (16.0f * m.period), other_seed(m, 1), 2);
  const float ring = fraction(p.x / m.period + 4.0f * m.jitter * slow);
  const float early = m.variant == 0 ? ring : std::abs(2.0f * ring - 1.0f);
  const float fibre = noise(p.x / 1.3f, p.y / blend(10.0f, 40.0f, m.thickness), other_seed(m, 2));
  const float pore = ramp(0.78f, 0.85f, noise(p.x / 1.1f, p.y / 9.0f, other_seed(m, 3)));
  return {ramp(0.0f, 1.0f, early) * 0.85f + 0.3f * (fibre - 0.5f), m.softness * pore, 1.0f};
}

Tone marble(const Material& m, Vec p) {
  const float n = fractal(p.x / (2.0f * m.period), p.y / (2.0f * m.period), m.seed, m.octaves);
  const float vein = 0.5f + 0.5f * wave(p.x / (2.0f * m.period) + blend(1.0f, 4.0f, m.jitter) * n);
  const float sharp = m.variant == 0 ? vein : ramp(blend(0.6f, 0.95f, m.thickness), 1.0f, vein);
  const float cloud = fractal(p.x / m.period, p.y / m.period, other_seed(m, 1), 3);
  return {sharp, m.variant == 2 ? 0.7f * contrasted(cloud, 0.6f) : 0.0f, 1.0f + 0.25f * (cloud - 0.5f)};
}

Tone granite(const Material& m, Vec p) {
  const float size = 0.25f * m.period + 0.8f;
  const float coarse = noise(p.x / (2.0f * size), p.y / (2.0f * size), m.seed);
  const float fine = noise(p.x / size, p.y / size, other_seed(m, 1));
  const float finest = noise(p.x / 0.9f, p.y / 0.9f, other_seed(m, 2));
  const float dark = ramp(0.48f, 0.6f, blend(coarse, fine, m.thickness));
  const float share = blend(0.66f, 0.85f, m.jitter);
  return {dark, ramp(share, share + 0.08f, m.variant == 0 ? fine : finest), 0.85f + 0.3f * finest * m.softness};
}

Tone brushed(const Material& m, Vec p) {
  const float size = blend(0.7f, 2.0f, m.thickness);
  const float stretch = blend(8.0f, 60.0f, m.softness);
  const Vec q = m.variant == 2 ? warped(m, p, 50.0f, 6.0f) : p;
  const float fine = noise(q.x / size, q.y / (size * stretch), m.seed);
  const float broad = noise(q.x / (0.5f * m.period), q.y / (8.0f * m.period), other_seed(m, 1));
  const float glint = m.variant == 1 ? ramp(0.8f, 0.95f, fine) : 0.0f;
  return {blend(fine, broad, 0.6f * m.jitter), glint, 1.0f};
}

Tone crosshatch(const Material& m, Vec p) {
  const int directions = m.variant + 2;
  const float angle = blend(0.5f, 1.57f, m.softness);
  float ink = 0.0f;
  for (int k = 0; k < directions; ++k) {
    const Vec q = rotated(p, heading(static_cast<float>(k) * angle));
    const float bend = 1.5f * m.jitter * noise(q.x / 20.0f, q.y / 20.0f, other_seed(m, static_cast<std::uint32_t>(k)));
    const float across = std::abs(fraction(q.x / m.period + bend) - 0.5f) * m.period;
    const float press = ramp(0.25f, 0.55f, noise(q.x / m.period, q.y / (5.0f * m.period), m.seed + 7u));
    ink = std::max(ink, press * covered(across - blend(0.3f, 0.2f * m.period, m.thickness)));
  }
  return {ink, 0.0f, 1.0f};
}

/// The cell of one of several rotated lattices, with a point of it in its own frame.
struct StrewCell {
  std::uint32_t bits;
  Vec from;  ///< from the middle of the object, turned to its own heading, in cells
};
StrewCell strew_cell(const Material& m, Vec p, int layer) {
  const float angle = 0.7f + 1.1f * static_cast<float>(layer);
  const Vec axis{1.0f - 2.0f * (angle * 0.25f) * (angle * 0.25f), angle * 0.4f};  // any sheared lattice will do
  const Vec q = (1.0f / m.period) * rotated(p, axis) + static_cast<float>(layer) * Vec{3.7f, 9.1f};
  const int ix = floor_to_int(q.x), iy = floor_to_int(q.y);
  const std::uint32_t bits = cell_bits(ix, iy, other_seed(m, static_cast<std::uint32_t>(layer) + 20u));
  const float turn = (static_cast<float>(bits & 1023u) / 1024.0f - 0.5f) * (m.variant == 2 ? 0.15f : 1.0f);
  const Vec local{q.x - static_cast<float>(ix) - 0.5f, q.y - static_cast<float>(iy) - 0.5f};
  return {bits, rotated(local, {wave(turn + 0.25f), wave(turn)})};
}

Tone fibres(const Material& m, Vec p) {
  Tone tone;
  for (int layer = 0; layer < 4; ++layer) {
    const StrewCell cell = strew_cell(m, p, layer);
    const float curl = m.jitter * (cell.from.x * cell.from.x - 0.1f);
    const float half_length = 0.36f + 0.1f * static_cast<float>(cell.bits >> 28) / 16.0f;
    const float d = std::max(std::abs(cell.from.y + curl) * m.period - blend(0.35f, 1.6f, m.thickness),
                             (std::abs(cell.from.x) - half_length) * m.period);
    const float ink = covered(d);
    if ((cell.bits >> 12 & 3u) == 0) {
      tone.third = std::max(tone.third, ink);
    } else {
      tone.second = std::max(tone.second, ink * (0.4f + 0.6f * static_cast<float>(cell.bits >> 14 & 255u) / 255.0f));
    }
  }
  return tone;
}

Tone polygons(const Material& m, Vec p) {
  Tone tone;
  for (int layer = 0; layer < 3; ++layer) {
    const StrewCell cell = strew_cell(m, p, layer);
    const float radius =
        blend(0.1f, 0.3f, m.thickness) * (1.0f - m.jitter * 0.5f * static_cast<float>(cell.bits >> 30));
    const Vec a{std::abs(cell.from.x), std::abs(cell.from.y)};
    float d = 0.0f;
    if (m.variant == 0) d = std::max(0.866f * a.x + 0.5f * cell.from.y, -cell.from.y) - 0.6f * radius;
    if (m.variant == 1) d = std::max(a.x / m.aspect, a.y) - radius;
    if (m.variant == 2) d = 0.7f * (a.x + a.y) - radius;
    const float ink = covered(d * m.period);
    const bool accent = (cell.bits >> 12 & 3u) == 0;
    tone.second = std::max(tone.second * (accent ? 1.0f - ink : 1.0f), accent ? 0.0f : ink);
    tone.third = std::max(tone.third * (accent ? 1.0f : 1.0f - ink), accent ? ink : 0.0f);
    tone.light =
        blend(tone.light, 1.0f - 0.35f * m.softness * static_cast<float>(cell.bits >> 20 & 255u) / 255.0f, ink);
  }
  return tone;
}

Tone plain(const Material& m, Vec p) {
  return {0.35f * noise(p.x / (6.0f * m.period), p.y / (6.0f * m.period), m.seed), 0.0f, 1.0f};
}

}  // namespace

Tone pattern(const Material& m, Vec at) {
  switch (m.family) {
    case Family::kClouds:
      return clouds(m, at);
    case Family::kRidges:
      return ridges(m, at);
    case Family::kStripes:
      return stripes(m, at);
    case Family::kChevron:
      return chevron(m, at);
    case Family::kTiles:
      return tiles(m, at);
    case Family::kBricks:
      return bricks(m, at);
    case Family::kDots:
      return dots(m, at);
    case Family::kBlobs:
      return blobs(m, at);
    case Family::kCells:
      return cells(m, at);
    case Family::kPebbles:
      return pebbles(m, at);
    case Family::kWood:
      return wood(m, at);
    case Family::kMarble:
      return marble(m, at);
    case Family::kWeave:
      return weave(m, at);
    case Family::kMesh:
      return mesh(m, at);
    case Family::kHexagons:
      return hexagons(m, at);
    case Family::kScales:
      return scales(m, at);
    case Family::kGranite:
      return granite(m, at);
    case Family::kBrushed:
      return brushed(m, at);
    case Family::kCrosshatch:
      return crosshatch(m, at);
    case Family::kFibres:
      return fibres(m, at);
    case Family::kPolygons:
      return polygons(m, at);
    case Family::kPlain:
    case Family::kCount:
      break;
  }
  return plain(m, at);
}

}  // namespace mdd::generate::pretraining
