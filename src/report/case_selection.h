// The few images of a class that a report shows, chosen while images stream by.
#pragma once
#include <memory>
#include <vector>

#include "report/attention_summary.h"
#include "report/report_types.h"

namespace mdd::report {

/// A test image with all that is shown of it, at most kPictureSide pixels a side.
struct Case {
  std::string name;
  bool defective = false;
  float score = 0;
  std::int64_t vote = -1;
  data::Image image;               ///< side x side
  std::vector<std::uint8_t> mask;  ///< side x side; empty = none
  std::vector<float> fused, teacher_restored, restored_identity;
  std::vector<float> mass;
  AttentionSummary attention;

  [[nodiscard]] std::int64_t side() const { return image.height; }
};
using CasePointer = std::shared_ptr<const Case>;

/// Larger images are shown smaller: maps and masks by the maximum of each block, so that nothing small disappears.
inline constexpr std::int64_t kPictureSide = 256;
[[nodiscard]] Case make_case(const ReportImage& image, AttentionSummary attention);

/// The hardest and the easiest images of a class, defective and normal. Keeps at most 4 x capacity images.
class CaseSelection {
 public:
  explicit CaseSelection(std::size_t capacity);

  /// Whether an image of this score would be kept now.
  [[nodiscard]] bool wants(bool defective, float score) const;
  void add(const CasePointer& image);

  /// Each ordered with its extreme first. An image that is in one of the first two is in none of the others.
  [[nodiscard]] std::vector<CasePointer> lowest_defective() const { return lists_[0].cases; }
  [[nodiscard]] std::vector<CasePointer> highest_normal() const { return lists_[1].cases; }
  [[nodiscard]] std::vector<CasePointer> highest_defective() const { return without(lists_[2].cases, lists_[0].cases); }
  [[nodiscard]] std::vector<CasePointer> lowest_normal() const { return without(lists_[3].cases, lists_[1].cases); }

 private:
  struct List {
    bool defective, highest;
    std::vector<CasePointer> cases;
    [[nodiscard]] bool before(float a, float b) const { return highest ? a > b : a < b; }
  };
  [[nodiscard]] bool wants(const List& list, bool defective, float score) const;
  static std::vector<CasePointer> without(const std::vector<CasePointer>& cases, const std::vector<CasePointer>& other);

  std::size_t capacity_;
  std::vector<List> lists_;
};

}  // namespace mdd::report
