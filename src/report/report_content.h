// Everything that the page of a report says, before it is put into words and markup.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "report/case_selection.h"
#include "report/report_types.h"
#include "report/results.h"

namespace mdd::report {

struct Mistakes {
  std::size_t missed = 0, false_alarms = 0;
  friend bool operator==(const Mistakes&, const Mistakes&) = default;
};

/// A small overlay of an image that was among the hardest or easiest of its class.
struct Thumbnail {
  std::string picture;  ///< data: address
  std::string name;
  float score = 0;
  Verdict verdict = Verdict::kPassed;
  int detail = -1;  ///< index into ClassContent::details; -1 = shown here only
};

struct ClassContent {
  std::size_t model_class = 0;                       ///< into ReportHeader::classes
  std::vector<float> normal_scores, defect_scores;   ///< in the order of the images
  Mistakes mistakes;                                 ///< at the class's own threshold
  Mistakes voted_mistakes;                           ///< at the voted class's, as predict uses it
  bool has_votes = true;                             ///< every image has a vote
  std::array<std::vector<Thumbnail>, 4> thumbnails;  ///< lowest defective, highest normal, highest def., lowest normal
  std::vector<CasePointer> details;
};

/// A prototype that the shown images read much, and the cells of normal test images that read it most.
struct PrototypeContent {
  struct Example {
    std::string picture;  ///< data: address: the cell in the middle of its surroundings
    float share = 0;      ///< of the cell's attention
  };
  std::size_t class_index = 0, slot = 0;
  float share = 0;  ///< mean over the images shown in detail
  std::vector<Example> examples;
};

/// Upper ends of the colour scales of the raw maps, for the whole report.
struct RawScales {
  float teacher_restored = 1, restored_identity = 1;
};

struct ReportContent {
  ReportHeader header;
  Results results;
  std::vector<ClassContent> classes;
  RawScales scales;
  std::vector<PrototypeContent> prototypes;
};

}  // namespace mdd::report
