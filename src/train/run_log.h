// log.jsonl: one line a step with every loss term, one line an epoch.
#pragma once
#include <filesystem>
#include <fstream>

#include "train/training_step.h"

namespace mdd {

struct StepRecord {
  std::int64_t step = 0;   ///< 1 is the first
  std::int64_t epoch = 0;  ///< 1 is the first
  double learning_rate = 0;
  double images_per_second = 0;
  StepReport report;
};

class RunLog {
 public:
  /// Appends to `path`; lines of steps after `last_step` (written by a run that was interrupted after its checkpoint)
  /// are dropped first. Throws Error(kRuntime) if the file cannot be written.
  RunLog(const std::filesystem::path& path, std::int64_t last_step);
  void step(const StepRecord& record);
  /// Mean total loss of the epoch's steps that this process ran.
  void epoch(std::int64_t epoch, std::int64_t step, double mean_loss, double seconds);

 private:
  void write(const std::string& line);

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace mdd
