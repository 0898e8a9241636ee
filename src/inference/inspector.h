// Verdicts about images in memory: a trained run, loaded once, judges as many as there are (spec S8).
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/image_stream.h"
#include "eval/regions.h"
#include "inference/run_folder.h"
#include "inference/scorer.h"

namespace mdd {

struct InspectorOptions {
  double false_positive_rate = 0.01;  ///< wanted; the thresholds are chosen for it
  std::int64_t minimum_area = 1;      ///< pixels of the photograph; smaller regions are not listed, verdicts stay
  std::int64_t batch = 16;            ///< images that are scored at once, at most
};

enum class Verdict { kNormal, kDefect, kUnknown };
/// "normal", "defect", "unknown".
[[nodiscard]] std::string name_of(Verdict verdict);

/// A connected region of the map above the threshold, in the photograph's own pixels.
struct FoundRegion {
  eval::Box box;      ///< smallest box of whole pixels that covers it
  double area = 0.0;  ///< pixels; a fraction where the map's pixels are no whole multiple
  std::int64_t peak_x = 0, peak_y = 0;
  eval::Region on_map;  ///< the same in the map's pixels, with the map's peak and mean
};

struct Judgement {
  float score = 0.0f;
  Verdict verdict = Verdict::kUnknown;       ///< kUnknown without a threshold, that is without vote or calibration
  std::int64_t vote = -1;                    ///< class index; -1 without a vote
  std::string class_name;                    ///< of the vote; empty without one
  std::vector<float> class_mass;             ///< per class; empty without memory
  std::optional<eval::Threshold> threshold;  ///< of the voted class
  std::vector<FoundRegion> regions;          ///< highest peak first; none without a threshold
  std::int64_t height = 0, width = 0;        ///< of the photograph
  std::vector<float> map;                    ///< S x S, fused and blurred
  std::vector<float> teacher_restored, restored_identity;  ///< S x S, raw; filled on request
  float scale = 1.0f;  ///< heat maps of this image run from 0 to here, see Inspector::scale
};

/// One thread at a time uses an Inspector, or anything else on its backend; several Inspectors, each on a backend of
/// its own, may work side by side.
class Inspector {
 public:
  /// Opens the run folder or exported file `path`. Throws as open_run does, and Error(kUsage) for a rate outside 0 ..
  /// 1, a minimum area or a batch below 1. A run without thresholds (its training has not finished) gives no verdicts.
  Inspector(Backend& backend, const std::filesystem::path& path, const InspectorOptions& options = {});
  explicit Inspector(TrainedRun run, const InspectorOptions& options = {});

  /// Judges RGB images of any extents, in order; they are resized as files are (spec S2). Throws Error(kRuntime) if a
  /// score is not finite: the weights are broken; Error(kUsage) for an image whose pixels do not fit its extents.
  /// `all_maps` asks for the raw maps, too.
  [[nodiscard]] std::vector<Judgement> judge(std::span<const data::Image> images, bool all_maps = false);
  /// The same for images that were resized to the model's size before, say by a data::ImageStream.
  [[nodiscard]] std::vector<Judgement> judge(std::span<const data::StreamedImage> images, bool all_maps = false);

  [[nodiscard]] const RunConfig& config() const { return run_.config; }
  [[nodiscard]] const std::filesystem::path& path() const { return run_.path; }
  [[nodiscard]] std::int64_t image_size() const { return scorer_.image_size(); }
  /// One a class, for the wanted rate; empty for a run without thresholds.
  [[nodiscard]] const std::vector<eval::Threshold>& thresholds() const { return thresholds_; }
  /// False where every verdict would be kUnknown: no thresholds, or several classes and no memory to vote.
  [[nodiscard]] bool gives_verdicts() const;
  /// Upper end of the heat maps' colours for a voted class, from the run: it depends on no image and on no option. The
  /// largest of all classes for -1; 1 for a run without thresholds.
  [[nodiscard]] float scale(std::int64_t vote) const;

 private:
  void judge_batch(std::span<const data::StreamedImage> images, bool all_maps, std::vector<Judgement>& out);
  [[nodiscard]] Judgement conclude(const data::StreamedImage& image, ScoredResult& result) const;
  [[nodiscard]] std::vector<FoundRegion> regions_of(const Judgement& judgement) const;

  TrainedRun run_;
  InspectorOptions options_;
  std::vector<eval::Threshold> thresholds_;
  std::vector<float> scales_;  ///< one a class; empty without thresholds
  Scorer scorer_;
};

}  // namespace mdd
