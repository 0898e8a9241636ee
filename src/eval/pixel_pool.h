// The pixels of all test images of one class and the metrics over them (spec S10), in bounded memory.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "eval/histogram_metrics.h"
#include "eval/pixel_store.h"
#include "eval/spool_file.h"

namespace mdd::eval {

/// Where the pixels of one class live until its metrics are computed.
struct PixelStorage {
  /// Bytes in memory, sorting included; what is more is spooled to a temporary file, 4 bytes a normal pixel and 8 a
  /// defective one. One image is held whole whatever the limit.
  std::uint64_t memory_limit = std::uint64_t{1} << 30;
  std::filesystem::path folder;  ///< of the temporary file; empty = the system's (TMPDIR)
};

/// Keeps a sortable key a pixel, and for defects the area of their component; masks and maps themselves are not kept.
/// Beyond the memory limit, sorted runs go to a file without a name; metrics then merge the runs in one walk. Every sum
/// that depends on an order is one of integers, so the result has the same bits however the pixels were stored and in
/// whatever order the images came.
class PixelPool final : public PixelStore {
 public:
  /// Extents of every map. Throws Error(kRuntime) unless both are positive and their product fits 31 bits.
  PixelPool(std::int64_t height, std::int64_t width, PixelStorage storage = {});

  /// One test image, both H x W, row-major: `map`, higher means more anomalous, and `mask`, non-zero = defect, empty =
  /// all normal. Throws Error(kRuntime) on wrong extents or NaN, and takes nothing then; and if the temporary file
  /// cannot be written.
  void add(std::span<const float> map, std::span<const std::uint8_t> mask);
  void add(const ImagePixels& image) override { add(image.map, image.mask); }
  /// Gives the file back, too.
  void clear() override;

  [[nodiscard]] PixelMetrics metrics(double limit = kAuproLimit) override;
  [[nodiscard]] AderRow ader() override;

  [[nodiscard]] std::size_t pixels_of_map() const override { return static_cast<std::size_t>(height_ * width_); }
  /// Bytes in the temporary file.
  [[nodiscard]] std::uint64_t spooled_bytes() const { return spool_.has_value() ? spool_->size() : 0; }

 private:
  /// One sorted part of the class in the file.
  struct SpooledRun {
    std::uint64_t normal_offset = 0, normal_count = 0;
    std::uint64_t defect_offset = 0, defect_count = 0;
  };

  void add_defective(std::span<const float> map, std::span<const std::uint8_t> mask);
  void note_extremes(std::span<const float> map);
  void make_room(std::uint64_t normals, std::uint64_t defects);
  void spill();
  void sort();
  [[nodiscard]] SortedRuns runs();

  std::int64_t height_;
  std::int64_t width_;
  PixelStorage storage_;
  std::vector<NormalRecord> normals_;  ///< not yet spooled
  std::vector<DefectRecord> defects_;
  bool sorted_ = true;  ///< the two above
  std::optional<SpoolFile> spool_;
  std::vector<SpooledRun> spooled_;
  PixelCounts all_;  ///< without the overlap
  std::uint64_t components_ = 0;
  std::uint32_t lowest_ = 0;  ///< descending_key of the lowest score, hence the largest key
  std::uint32_t highest_ = 0xffffffffu;
};

}  // namespace mdd::eval
