// Anomaly maps and masks without a model.
#pragma once
#include <cstdint>
#include <vector>

namespace mdd::metrics_bench {

struct SyntheticImage {
  bool defective = false;
  std::vector<float> map;          ///< S x S
  std::vector<std::uint8_t> mask;  ///< S x S, 0 or 1; empty if normal
};

/// A pure function of its arguments. Every second image is defective: one to three ellipses, about 3 % of its pixels.
/// The map is noise, almost without ties, and higher inside the defects.
[[nodiscard]] SyntheticImage synthetic_image(std::uint64_t seed, std::uint64_t index, std::int64_t side);

}  // namespace mdd::metrics_bench
