// Cases of the sources of synthetic anomalies.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "ops/source_arithmetic.h"
#include "reference/checker.h"
#include "reference/sources.h"

namespace mdd::reference {
namespace {

float random_float(Checker& check, float low, float high) {
  return static_cast<float>(check.random(Shape{1}, low, high)[0]);
}

std::int32_t random_whole(Checker& check, Index count) {
  return static_cast<std::int32_t>(check.random_integers(Shape{1}, static_cast<std::uint32_t>(count))[0]);
}

Distortion random_distortion(Checker& check, DistortionKind kind, Index side) {
  Distortion out;
  out.kind = kind;
  for (std::uint8_t& value : out.values) value = static_cast<std::uint8_t>(random_whole(check, 256));
  out.channels = {2, 0, 1};
  out.hue = random_float(check, -1.2f, 1.2f);
  out.saturation = random_float(check, -0.2f, 0.2f);
  const float angle = random_float(check, -0.25f, 0.25f) * std::numbers::pi_v<float>;
  out.cosine = std::cos(angle);
  out.sine = std::sin(angle);
  out.down = random_whole(check, side);
  out.right = random_whole(check, side);
  return out;
}

/// Of a random image out of `images`, with distortions of these kinds.
SourceRecipe random_recipe(Checker& check, Index images, Index side, bool shuffled,
                           std::initializer_list<DistortionKind> kinds) {
  SourceRecipe out;
  out.image = random_whole(check, images);
  out.shuffled = shuffled;
  for (std::size_t i = 0; i < out.cells.size(); ++i) out.cells[i] = static_cast<std::uint8_t>(i);
  for (Index left = std::ssize(out.cells); left > 1; --left) {
    std::swap(out.cells[static_cast<std::size_t>(left - 1)],
              out.cells[static_cast<std::size_t>(random_whole(check, left))]);
  }
  for (const DistortionKind kind : kinds) {
    out.distortions[static_cast<std::size_t>(out.count++)] = random_distortion(check, kind, side);
  }
  return out;
}

source::Colour colour_at(const Array& image, Index y, Index x) {
  return {static_cast<std::uint8_t>(image(y, x, 0)), static_cast<std::uint8_t>(image(y, x, 1)),
          static_cast<std::uint8_t>(image(y, x, 2))};
}

/// `image` [S,S,3] after one distortion that is more than a move, with the shared arithmetic of one pixel.
Array distorted_by_pixel(const Distortion& distortion, const Array& image) {
  const int side = static_cast<int>(image.shape[0]);
  Array out(image.shape);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const auto at = [&](source::Place place) { return colour_at(image, place.y, place.x); };
      const source::Colour colour = distortion.kind == DistortionKind::kRotation
                                        ? source::rotated(distortion, side, side, {y, x}, at)
                                        : source::recoloured(distortion, at({y, x}));
      for (int c = 0; c < 3; ++c) out(y, x, c) = source::channel(colour, c);
    }
  }
  return out;
}

/// Expected bytes: whole images one after the other, moved forwards, where a backend goes back from each pixel.
Array expected_bytes(const Array& pool, std::span<const SourceRecipe> recipes) {
  std::vector<SourceRecipe> untouched(recipes.begin(), recipes.end());
  for (SourceRecipe& recipe : untouched) recipe.count = 0;
  Array y = anomaly_sources(pool, untouched);
  const Shape one{pool.shape[1], pool.shape[2], 3};
  for (Index n = 0; n < std::ssize(recipes); ++n) {
    const SourceRecipe& recipe = recipes[static_cast<std::size_t>(n)];
    Array image(one);
    std::copy_n(y.values.begin() + n * one.elements(), one.elements(), image.values.begin());
    for (const Distortion& distortion : std::span(recipe.distortions).first(static_cast<std::size_t>(recipe.count))) {
      image =
          distortion.kind == DistortionKind::kRoll ? rolled(distortion, image) : distorted_by_pixel(distortion, image);
    }
    std::copy(image.values.begin(), image.values.end(), y.values.begin() + n * one.elements());
  }
  return y;
}

/// Share of values that lie more than one level apart.
double far_apart(const Array& got, const Array& expected) {
  double count = 0.0;
  for (Index i = 0; i < got.size(); ++i) count += std::abs(got[i] - expected[i]) > 1.0 ? 1.0 : 0.0;
  return count / static_cast<double>(got.size());
}

/// `share`: of values that may be far from float64's, where a value map tears apart what was one level away.
void check_recipes(Checker& check, const Array& pool, const std::vector<SourceRecipe>& recipes, double share) {
  const DeviceArray device_pool = check.device(pool, DType::kU8);
  const DeviceArray y = check.poisoned(Shape{std::ssize(recipes), pool.shape[1], pool.shape[2], 3}, DType::kU8);
  check.backend().anomaly_sources(device_pool, recipes, y);
  check.compare("y, to the bit", y, expected_bytes(pool, recipes), kExact);
  check.report("y, values far from float64's", far_apart(y.download(), anomaly_sources(pool, recipes)), share);
  check.compare("the pool is left alone", device_pool, pool, kExact);
}

/// Few colours: greys, primaries and others, which hit every branch of the colour wheel.
Array random_pool(Checker& check, Index images, Index side) {
  Array pool = check.random_integers(Shape{images, side, side, 3}, 256);
  for (Index i = 0; i < pool.size(); i += 6) {
    for (Index c = 0; c < 3; ++c) pool[i + c] = pool[i + c] < 128.0 ? 0.0 : 255.0;
  }
  return pool;
}

void check_each_kind(Checker& check, Index images, Index side) {
  const Array pool = random_pool(check, images, side);
  using Kind = DistortionKind;
  std::vector<SourceRecipe> recipes{random_recipe(check, images, side, false, {}),
                                    random_recipe(check, images, side, side % 8 == 0, {})};
  for (const Kind kind : {Kind::kValues, Kind::kColour, Kind::kChannels, Kind::kRotation, Kind::kRoll}) {
    recipes.push_back(random_recipe(check, images, side, false, {kind}));
  }
  check_recipes(check, pool, recipes, 0.0);
}

void check_chains(Checker& check, Index images, Index side) {
  const Array pool = random_pool(check, images, side);
  using Kind = DistortionKind;
  const bool grid = side % 8 == 0;
  const std::vector<SourceRecipe> recipes{
      random_recipe(check, images, side, grid, {Kind::kRotation, Kind::kValues, Kind::kRoll}),
      random_recipe(check, images, side, false, {Kind::kRoll, Kind::kRotation, Kind::kColour}),
      random_recipe(check, images, side, grid, {Kind::kColour, Kind::kRoll, Kind::kRotation}),
      random_recipe(check, images, side, grid, {Kind::kRoll, Kind::kRoll, Kind::kChannels}),
      random_recipe(check, images, side, false, {Kind::kValues, Kind::kColour, Kind::kValues}),
      random_recipe(check, images, side, grid, {Kind::kChannels, Kind::kRotation}),
      random_recipe(check, images, side, grid, {Kind::kRotation})};
  check_recipes(check, pool, recipes, 2e-3);
}

void check_source_refusals(Checker& check) {
  const DeviceArray pool = check.device(check.random_integers(Shape{2, 12, 12, 3}, 256), DType::kU8);
  const DeviceArray y = check.poisoned(Shape{1, 12, 12, 3}, DType::kU8);
  const auto refuses = [&](const std::string& what, const SourceRecipe& recipe) {
    check.refuses(what, y, [&] { check.backend().anomaly_sources(pool, std::span(&recipe, 1), y); });
  };
  const auto with = [](auto change) {
    SourceRecipe recipe;
    recipe.count = 1;
    change(recipe);
    return recipe;
  };
  refuses("an image past the pool", with([](SourceRecipe& r) { r.image = 2; }));
  refuses("an image before the pool", with([](SourceRecipe& r) { r.image = -1; }));
  refuses("a grid that does not divide the side", with([](SourceRecipe& r) { r.shuffled = true; }));
  refuses("a cell past the grid", with([](SourceRecipe& r) { r.cells[63] = 64; }));
  refuses("four distortions", with([](SourceRecipe& r) { r.count = 4; }));
  refuses("fewer than no distortions", with([](SourceRecipe& r) { r.count = -1; }));
  refuses("a fourth channel", with([](SourceRecipe& r) { r.distortions[0].channels[1] = 3; }));
  refuses("more than a turn of hue", with([](SourceRecipe& r) { r.distortions[0].hue = 6.5f; }));
  refuses("a saturation that is no number", with([](SourceRecipe& r) { r.distortions[0].saturation = std::nanf(""); }));
  refuses("a cosine above 1", with([](SourceRecipe& r) { r.distortions[0].cosine = 1.5f; }));
  refuses("a roll out of the image", with([](SourceRecipe& r) { r.distortions[0].down = 12; }));
  refuses("a roll backwards", with([](SourceRecipe& r) { r.distortions[0].right = -1; }));
  refuses("two rotations", with([](SourceRecipe& r) {
            r.count = 2;
            r.distortions[0].kind = r.distortions[1].kind = DistortionKind::kRotation;
          }));
  const SourceRecipe recipe;
  const std::vector<SourceRecipe> two(2);
  const DeviceArray small = check.poisoned(Shape{1, 11, 11, 3}, DType::kU8),
                    floats = check.poisoned(Shape{1, 12, 12, 3});
  check.refuses("more recipes than images", y, [&] { check.backend().anomaly_sources(pool, two, y); });
  check.refuses("another size", small, [&] { check.backend().anomaly_sources(pool, std::span(&recipe, 1), small); });
  check.refuses("another type", floats, [&] { check.backend().anomaly_sources(pool, std::span(&recipe, 1), floats); });
}

}  // namespace

void check_sources(Checker& check) {
  const auto shape = [](Index images, Index side) { return "pool " + Shape{images, side, side, 3}.text(); };
  check.run("anomaly sources", shape(1, 1), [&] { check_each_kind(check, 1, 1); });
  check.run("anomaly sources", shape(3, 8), [&] { check_each_kind(check, 3, 8); });
  check.run("anomaly sources", shape(5, 19), [&] { check_each_kind(check, 5, 19); });
  check.run("anomaly sources", shape(2, 24), [&] { check_each_kind(check, 2, 24); });
  check.run("anomaly sources", shape(4, 24) + ", chains", [&] { check_chains(check, 4, 24); });
  check.run("anomaly sources", shape(3, 21) + ", chains", [&] { check_chains(check, 3, 21); });
  check.run("anomaly sources", "refusals", [&] { check_source_refusals(check); });
}

}  // namespace mdd::reference
