#include "ablate/run_record.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "report/metrics_json.h"

namespace mdd::ablate {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::uint64_t kMostBytes = 1 << 26;

std::filesystem::path metrics_file(const std::filesystem::path& folder) { return folder / "metrics.json"; }
std::filesystem::path record_file(const std::filesystem::path& folder) { return folder / "scored.json"; }

Value value_of(const Json& row, const char* key) {
  const Json& value = row.at(key);
  return value.is_null() ? std::nullopt : Value(value.get<double>());
}

/// The inverse of report::metrics_json, without the ADer variants. Throws nlohmann::json::exception.
report::Results parse_metrics(const Json& root) {
  report::Results results;
  for (const auto& [name, row] : root.at("classes").items()) {
    report::ClassResult& out = results.classes.emplace_back();
    out.name = name;
    out.metrics.image_auroc = value_of(row, "image_auroc");
    out.metrics.image_ap = value_of(row, "image_ap");
    out.metrics.image_f1max = value_of(row, "image_f1max");
    out.metrics.pixel_auroc = value_of(row, "pixel_auroc");
    out.metrics.pixel_ap = value_of(row, "pixel_ap");
    out.metrics.pixel_f1max = value_of(row, "pixel_f1max");
    out.metrics.aupro = value_of(row, "aupro");
    out.metrics.vote_accuracy = value_of(row, "vote_accuracy");
    out.metrics.images = row.at("images").get<std::int64_t>();
  }
  return results;
}

}  // namespace

void write_run_record(const std::filesystem::path& folder, const ScoreKey& key, const Run& run) {
  remove_run_record(folder);  // an old record must not vouch for new metrics
  write_atomically(metrics_file(folder), report::metrics_json(run.metrics.value()));
  const Json record{{"config", Json::parse(key.config)},
                    {"train_data", key.train_data},
                    {"test_data", key.test_data},
                    {"training_seconds", run.training_seconds},
                    {"scoring_seconds", run.scoring_seconds},
                    {"machine", run.machine},
                    {"program", run.program}};
  write_atomically(record_file(folder), record.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

bool read_run_record(const std::filesystem::path& folder, const ScoreKey& key, Run& run) {
  std::error_code error;
  if (!std::filesystem::exists(record_file(folder), error)) return false;
  try {
    const Json record = Json::parse(read_file(record_file(folder), kMostBytes));
    if (record.at("config") != Json::parse(key.config) || record.at("train_data") != key.train_data ||
        record.at("test_data") != key.test_data) {
      return false;
    }
    Run read = run;
    read.training_seconds = record.at("training_seconds").get<double>();
    read.scoring_seconds = record.at("scoring_seconds").get<double>();
    read.machine = record.at("machine").get<std::string>();
    read.program = record.at("program").get<std::string>();
    read.metrics = parse_metrics(Json::parse(read_file(metrics_file(folder), kMostBytes)));
    run = std::move(read);
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  } catch (const Error& unreadable) {
    if (unreadable.kind() != ErrorKind::kData) throw;
    return false;
  }
}

void remove_run_record(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::remove(record_file(folder), error);
  if (error) fail(ErrorKind::kRuntime, "cannot remove " + record_file(folder).string() + ": " + error.message());
}

double logged_seconds(const std::filesystem::path& log, std::int64_t images_per_step) {
  std::ifstream in(log);
  double seconds = 0;
  for (std::string line; std::getline(in, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("images_per_second")) continue;
    const auto& rate = json["images_per_second"];
    if (rate.is_number() && rate.get<double>() > 0)
      seconds += static_cast<double>(images_per_step) / rate.get<double>();
  }
  return std::isfinite(seconds) ? seconds : 0;
}

}  // namespace mdd::ablate
