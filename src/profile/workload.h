// What is timed: one training step, one scoring of a batch, or one loading of a batch, again and again on the same
// images.
#pragma once
#include <functional>
#include <optional>

#include "profile/loading.h"
#include "profile/problem.h"

namespace mdd {

enum class WorkKind : std::uint8_t {
  kTraining,   ///< a step on a batch that lies on the device: encoder to Adam
  kInference,  ///< from 8-bit images in host memory to maps and scores there
  kLoading,    ///< a training batch from image files to inputs on the device, nothing kept from before
};

/// "training", "inference", "loading".
[[nodiscard]] const char* name_of(WorkKind kind);

class Workload {
 public:
  /// Backend and problem outlive this object. `loaders`: threads that decode images, for kLoading.
  Workload(Backend& backend, const Problem& problem, WorkKind kind, StepMode mode, int loaders = 1);
  /// Once; does not wait for the device.
  void run();
  /// Training steps that were skipped because a value was not finite.
  [[nodiscard]] std::int64_t skipped_steps() const { return learner_ ? learner_->report().skipped_total : 0; }

 private:
  const Problem& problem_;
  std::optional<Learner> learner_;
  std::optional<MddNet> model_;
  std::optional<Scorer> scorer_;
  std::optional<LoadingWork> loading_;
};

/// Seconds of one run: the middle one, and those that a tenth of the runs fall below and stay above.
struct Spread {
  double median = 0, low = 0, high = 0;
  std::int64_t runs = 0;
};

struct TimingRules {
  double seconds = 1.0;  ///< measured, after the warm-up
  int warm_ups = 5;      ///< enough for a step to be recorded
  int least_runs = 5;    ///< however long they take
  int most_runs = 500;
  int in_flight = 1;  ///< runs between waits for the device; more hide what the host does meanwhile, as in a real run
};

[[nodiscard]] Spread time_runs(Backend& backend, const TimingRules& rules, const std::function<void()>& run);

}  // namespace mdd
