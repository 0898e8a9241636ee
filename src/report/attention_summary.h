// What the memory's attention (spec S4) says, in a size that fits on a page.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace mdd::report {

/// Prototypes are numbered class by class: prototype = class * slots + slot.
struct PrototypeShare {
  std::size_t prototype = 0;
  float share = 0;  ///< of the attention, 0 .. 1
};

struct CellVote {
  std::size_t class_index = 0;
  float share = 0;  ///< of the cell's attention that fell on the class
};

struct AttentionSummary {
  std::int64_t side = 0;            ///< cells a side; 0 = there is no memory
  std::vector<PrototypeShare> top;  ///< most read on average over the cells, descending
  std::vector<CellVote> cells;      ///< side x side: the class that each cell read most
};

/// `attention`: side^2 rows of classes * slots. At most `count` prototypes are named.
[[nodiscard]] AttentionSummary summarise_attention(std::span<const float> attention, std::size_t classes,
                                                   std::size_t slots, std::size_t count);

/// Which cells of normal images read each prototype most: what the prototype stands for. Keeps a few places a
/// prototype, each in another image, and no picture.
class PrototypeReaders {
 public:
  struct Place {
    float share = 0;
    std::size_t image = 0;  ///< into images()
    std::size_t cell = 0;   ///< row * side + column
  };

  explicit PrototypeReaders(std::size_t prototypes) : places_(prototypes) {}
  void add(const std::filesystem::path& path, std::span<const float> attention);
  /// Descending by share; at most three.
  [[nodiscard]] const std::vector<Place>& places(std::size_t prototype) const { return places_[prototype]; }
  [[nodiscard]] const std::vector<std::filesystem::path>& images() const { return images_; }

 private:
  std::vector<std::filesystem::path> images_;
  std::vector<std::vector<Place>> places_;
};

}  // namespace mdd::report
