#include "reference/sources.h"

#include <algorithm>
#include <array>

namespace mdd::reference {
namespace {

double to_whole(double value) { return std::floor(std::clamp(value, 0.0, 255.0) + 0.5); }

/// Red, green and blue of 0..1 after a shift of hue and saturation, by the six sectors of the colour wheel.
std::array<double, 3> shifted(const std::array<double, 3>& rgb, double hue_shift, double saturation_shift) {
  const double value = *std::max_element(rgb.begin(), rgb.end());
  const double range = value - *std::min_element(rgb.begin(), rgb.end());
  double hue = 0.0, saturation = 0.0;
  if (range > 0.0) {
    const auto most = static_cast<std::size_t>(std::max_element(rgb.begin(), rgb.end()) - rgb.begin());
    hue = 2.0 * static_cast<double>(most) + (rgb[(most + 1) % 3] - rgb[(most + 2) % 3]) / range;
    saturation = range / value;
  }
  hue = std::fmod(hue + hue_shift + 12.0, 6.0);
  saturation = std::clamp(saturation + saturation_shift, 0.0, 1.0);
  const double within = hue - std::floor(hue);
  const double low = value * (1.0 - saturation), falling = value * (1.0 - saturation * within),
               rising = value * (1.0 - saturation * (1.0 - within));
  switch (static_cast<int>(hue)) {
    case 0:
      return {value, rising, low};
    case 1:
      return {falling, value, low};
    case 2:
      return {low, value, rising};
    case 3:
      return {low, falling, value};
    case 4:
      return {rising, low, value};
    default:
      return {value, low, falling};
  }
}

Array recoloured(const Distortion& distortion, const Array& image) {
  Array out(image.shape);
  for (Index i = 0; i < image.size(); i += 3) {
    const auto rgb = shifted({image[i] / 255.0, image[i + 1] / 255.0, image[i + 2] / 255.0},
                             static_cast<double>(distortion.hue), static_cast<double>(distortion.saturation));
    for (Index c = 0; c < 3; ++c) out[i + c] = to_whole(255.0 * rgb[static_cast<std::size_t>(c)]);
  }
  return out;
}

Array rotated(const Distortion& rotation, const Array& image) {
  const Index side = image.shape[0];
  const double middle = 0.5 * static_cast<double>(side - 1);
  const auto cosine = static_cast<double>(rotation.cosine), sine = static_cast<double>(rotation.sine);
  Array out(image.shape);
  for (Index y = 0; y < side; ++y) {
    for (Index x = 0; x < side; ++x) {
      const double dy = static_cast<double>(y) - middle, dx = static_cast<double>(x) - middle;
      const double from_y = middle + cosine * dy + sine * dx, from_x = middle + cosine * dx - sine * dy;
      for (Index c = 0; c < 3; ++c) {
        double sum = 0.0;
        for (Index h = 0; h < side; ++h) {
          const double share = 1.0 - std::abs(from_y - static_cast<double>(h));
          for (Index w = 0; share > 0.0 && w < side; ++w) {
            sum += share * std::max(0.0, 1.0 - std::abs(from_x - static_cast<double>(w))) * image(h, w, c);
          }
        }
        out(y, x, c) = to_whole(sum);
      }
    }
  }
  return out;
}

Array distorted(const Distortion& distortion, const Array& image) {
  Array out(image.shape);
  switch (distortion.kind) {
    case DistortionKind::kValues:
      for (Index i = 0; i < image.size(); ++i) out[i] = distortion.values[static_cast<std::size_t>(image[i])];
      return out;
    case DistortionKind::kColour:
      return recoloured(distortion, image);
    case DistortionKind::kChannels:
      for (Index i = 0; i < image.size(); ++i)
        out[i] = image[i - i % 3 + distortion.channels[static_cast<std::size_t>(i % 3)]];
      return out;
    case DistortionKind::kRotation:
      return rotated(distortion, image);
    default:
      return rolled(distortion, image);
  }
}

}  // namespace

Array shuffled(const SourceRecipe& recipe, const Array& image) {
  const Index cell_side = image.shape[0] / SourceRecipe::kGrid;
  Array out(image.shape);
  for (std::size_t place = 0; place < recipe.cells.size(); ++place) {
    const Index to_y = static_cast<Index>(place) / 8 * cell_side, to_x = static_cast<Index>(place) % 8 * cell_side;
    const Index from_y = recipe.cells[place] / 8 * cell_side, from_x = recipe.cells[place] % 8 * cell_side;
    for (Index y = 0; y < cell_side; ++y) {
      for (Index x = 0; x < cell_side; ++x) {
        for (Index c = 0; c < 3; ++c) out(to_y + y, to_x + x, c) = image(from_y + y, from_x + x, c);
      }
    }
  }
  return out;
}

Array rolled(const Distortion& roll, const Array& image) {
  const Index side = image.shape[0];
  Array out(image.shape);
  for (Index y = 0; y < side; ++y) {
    for (Index x = 0; x < side; ++x) {
      for (Index c = 0; c < 3; ++c) out((y + roll.down) % side, (x + roll.right) % side, c) = image(y, x, c);
    }
  }
  return out;
}

Array anomaly_sources(const Array& pool, std::span<const SourceRecipe> recipes) {
  const Shape one{pool.shape[1], pool.shape[2], 3};
  Array y(Shape{std::ssize(recipes), pool.shape[1], pool.shape[2], 3});
  for (Index n = 0; n < std::ssize(recipes); ++n) {
    const SourceRecipe& recipe = recipes[static_cast<std::size_t>(n)];
    Array image(one);
    std::copy_n(pool.values.begin() + recipe.image * one.elements(), one.elements(), image.values.begin());
    if (recipe.shuffled) image = shuffled(recipe, image);
    for (Index i = 0; i < recipe.count; ++i) image = distorted(recipe.distortions[static_cast<std::size_t>(i)], image);
    std::copy(image.values.begin(), image.values.end(), y.values.begin() + n * one.elements());
  }
  return y;
}

}  // namespace mdd::reference
