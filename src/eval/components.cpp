#include "eval/components.h"

#include <limits>
#include <utility>

#include "core/error.h"

namespace mdd::eval {
namespace {

class DisjointSets {
 public:
  std::int32_t add() {
    parent_.push_back(static_cast<std::int32_t>(parent_.size()));
    return parent_.back();
  }
  std::int32_t root(std::int32_t member) {
    while (parent(member) != member) {
      parent(member) = parent(parent(member));  // path halving
      member = parent(member);
    }
    return member;
  }
  /// The smaller root wins, so that a component is named by its first pixel in reading order.
  std::int32_t unite(std::int32_t a, std::int32_t b) {
    a = root(a);
    b = root(b);
    if (a > b) std::swap(a, b);
    parent(b) = a;
    return a;
  }
  [[nodiscard]] std::size_t size() const { return parent_.size(); }

 private:
  std::int32_t& parent(std::int32_t member) { return parent_[static_cast<std::size_t>(member)]; }
  std::vector<std::int32_t> parent_;
};

}  // namespace

Components label_components(std::span<const std::uint8_t> mask, std::int64_t height, std::int64_t width) {
  require(height >= 0 && width >= 0 && (width == 0 || height <= std::numeric_limits<std::int32_t>::max() / width),
          "component labelling: extents fit 31 bits");
  require(static_cast<std::size_t>(height * width) == mask.size(), "component labelling: mask is height x width");
  Components out;
  out.labels.assign(mask.size(), 0);
  DisjointSets sets;
  sets.add();  // set 0 is the background
  const auto provisional = [&](std::int64_t y, std::int64_t x) {
    return y < 0 || x < 0 || x >= width ? 0 : out.labels[static_cast<std::size_t>(y * width + x)];
  };
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      const auto at = static_cast<std::size_t>(y * width + x);
      if (mask[at] == 0) continue;
      std::int32_t label = 0;
      for (const std::int32_t neighbour :
           {provisional(y, x - 1), provisional(y - 1, x - 1), provisional(y - 1, x), provisional(y - 1, x + 1)}) {
        if (neighbour != 0) label = label == 0 ? neighbour : sets.unite(label, neighbour);
      }
      out.labels[at] = label == 0 ? sets.add() : label;
    }
  }
  std::vector<std::int32_t> final_label(sets.size(), 0);
  for (std::int32_t& label : out.labels) {
    if (label == 0) continue;
    std::int32_t& mapped = final_label[static_cast<std::size_t>(sets.root(label))];
    if (mapped == 0) {
      out.areas.push_back(0);
      mapped = static_cast<std::int32_t>(out.areas.size());
    }
    label = mapped;
    ++out.areas[static_cast<std::size_t>(mapped - 1)];
  }
  return out;
}

}  // namespace mdd::eval
