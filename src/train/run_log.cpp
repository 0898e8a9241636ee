#include "train/run_log.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"

namespace mdd {
namespace {

/// The lines of an earlier run up to and including `last_step`; damaged lines are dropped.
std::string kept_lines(const std::filesystem::path& path, std::int64_t last_step) {
  std::ifstream in(path);
  std::string kept;
  for (std::string line; std::getline(in, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("step") || !json["step"].is_number_integer()) continue;
    if (json["step"].get<std::int64_t>() <= last_step) kept += line + "\n";
  }
  return kept;
}

nlohmann::ordered_json number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

}  // namespace

RunLog::RunLog(const std::filesystem::path& path, std::int64_t last_step) : path_(path) {
  write_atomically(path, last_step > 0 ? kept_lines(path, last_step) : std::string());
  file_.open(path, std::ios::app);
  if (!file_) fail(ErrorKind::kRuntime, "cannot write " + path.string());
}

void RunLog::write(const std::string& line) {
  file_ << line << '\n' << std::flush;
  if (!file_) fail(ErrorKind::kRuntime, "cannot write " + path_.string() + ": disk full?");
}

void RunLog::step(const StepRecord& r) {
  const auto term = [&](LossIndex index) { return number(static_cast<double>(r.report.terms[index])); };
  const nlohmann::ordered_json line{{"step", r.step},
                                    {"epoch", r.epoch},
                                    {"total", number(static_cast<double>(r.report.total))},
                                    {"restoration", term(kRestorationLoss)},
                                    {"identity", term(kIdentityLoss)},
                                    {"discrepancy", term(kDiscrepancyLoss)},
                                    {"class", term(kClassLoss)},
                                    {"gradient_norm", number(r.report.gradient_norm)},
                                    {"learning_rate", r.learning_rate},
                                    {"skipped", r.report.skipped_total},
                                    {"images_per_second", number(r.images_per_second)}};
  write(line.dump());
}

void RunLog::epoch(std::int64_t epoch, std::int64_t step, double mean_loss, double seconds) {
  const nlohmann::ordered_json line{
      {"event", "epoch"}, {"epoch", epoch}, {"step", step}, {"mean_total", number(mean_loss)}, {"seconds", seconds}};
  write(line.dump());
}

}  // namespace mdd
