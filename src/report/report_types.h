// What a report is made from, and what it keeps of it.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/image.h"
#include "eval/thresholds.h"

namespace mdd::report {

/// What the run knows about one class of the model.
struct ReportClass {
  std::string name;
  eval::Threshold threshold;  ///< an image with a higher score is called defective
  float scale = 1;            ///< upper end of the colour scale of fused maps; above 0
};

struct ReportHeader {
  std::string model, encoder, data, date, version;
  std::int64_t image_size = 0;  ///< S
  double false_positive_rate = 0;
  std::vector<ReportClass> classes;  ///< of the model, in its order; not empty
  std::int64_t slots = 0;            ///< prototypes a class; 0 without memory
  bool identity = true;              ///< whether there is an identity decoder
};

/// One scored test image; the views need not outlive the call that they are passed to.
struct ReportImage {
  std::filesystem::path path;
  std::string name;        ///< as the page calls it
  std::string class_name;  ///< one of the model's
  bool defective = false;
  float score = 0;
  std::int64_t vote = -1;                                             ///< index of a class; -1 = none
  const data::Image* image = nullptr;                                 ///< S x S
  std::span<const std::uint8_t> mask;                                 ///< S x S; empty = none
  std::span<const float> fused, teacher_restored, restored_identity;  ///< S x S
  std::span<const float> mass;                                        ///< per class; empty without memory
  std::span<const float> attention;  ///< (S/32)^2 rows of classes * slots; empty without memory
};

/// What the test labels say about a verdict.
enum class Verdict : std::uint8_t { kFound, kMissed, kFalseAlarm, kPassed };
[[nodiscard]] inline Verdict verdict_of(bool defective, float score, float threshold) {
  const bool called = score > threshold;
  if (defective) return called ? Verdict::kFound : Verdict::kMissed;
  return called ? Verdict::kFalseAlarm : Verdict::kPassed;
}

}  // namespace mdd::report
