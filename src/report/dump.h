// eval --dump: every fused map as a file, and an index of them, for other programs.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mdd::report {

struct DumpedImage {
  std::filesystem::path path;
  std::string class_name;
  int label = 0;                             ///< 0 normal, 1 defect
  std::vector<std::filesystem::path> masks;  ///< files of the ground truth
  float score = 0;
  std::optional<std::string> vote;             ///< class name
  std::span<const float> map;                  ///< S x S, fused
  std::span<const std::uint8_t> resized_mask;  ///< S x S, 0 or 1: the truth that metrics used; empty = none
};

class Dump {
 public:
  /// Makes the folder. Throws Error(kRuntime) if it cannot be made or written to.
  explicit Dump(std::filesystem::path folder);

  /// Writes NNNNNN.npy (float32) and, where there is a mask, NNNNNN_mask.npy (uint8); NNNNNN is `index`.
  void add(std::size_t index, const DumpedImage& image, std::int64_t side);

  /// Writes index.json: {"images": [{"path", "class", "label", "mask" (null, a path, or a list of paths), "score",
  /// "vote" (null or class), "map" (file), "mask_map" (null or file)}]}.
  void finish() const;

 private:
  std::filesystem::path folder_;
  nlohmann::ordered_json index_;
};

}  // namespace mdd::report
