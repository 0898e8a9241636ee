// mddnet bench
#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include "cli/clock.h"
#include "cli/command.h"
#include "core/atomic_file.h"
#include "model/architecture.h"
#include "profile/workload.h"
#include "report/output_place.h"

namespace mdd::cli {
namespace {

struct BenchArguments {
  std::vector<std::string> works{"inference", "training"}, encoders{"resnet18"};
  std::vector<std::int64_t> batches{1, 8};
  std::int64_t side = 256;
  double seconds = 2.0;
  int loaders = 1;
  std::string json;
  DeviceChoice device;
};

WorkKind work_kind(const std::string& name) {
  if (name == name_of(WorkKind::kTraining)) return WorkKind::kTraining;
  return name == name_of(WorkKind::kInference) ? WorkKind::kInference : WorkKind::kLoading;
}

/// The most memory that this process has held so far, in bytes.
std::int64_t peak_resident_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

nlohmann::json measure(Backend& backend, const BenchArguments& o, const Problem& problem, WorkKind kind) {
  Workload work(backend, problem, kind, o.device.eager ? StepMode::kEager : StepMode::kRecorded, o.loaders);
  const bool on_cpu = backend.name() == "cpu";
  // A GPU is kept busy, as a real run does; the CPU has nothing to overlap with.
  const TimingRules rules{.seconds = o.seconds,
                          .warm_ups = on_cpu ? 2 : 5,
                          .least_runs = 3,
                          .in_flight = kind == WorkKind::kTraining && !on_cpu ? 4 : 1};
  const Spread spread = time_runs(backend, rules, [&] { work.run(); });
  if (work.skipped_steps() > 0) {
    fail(ErrorKind::kRuntime,
         fmt::format("{} training steps were skipped: a value was not finite", work.skipped_steps()));
  }
  return {{"work", name_of(kind)},
          {"encoder", problem.size().encoder},
          {"batch", problem.size().batch},
          {"median_seconds", spread.median},
          {"low_seconds", spread.low},
          {"high_seconds", spread.high},
          {"runs", spread.runs},
          {"images_per_second", static_cast<double>(problem.size().batch) / spread.median},
          {"peak_resident_bytes", peak_resident_bytes()}};
}

void print(const nlohmann::json& row) {
  fmt::print("{:9}  {:16} {:6}  {:9.2f}  {:9.2f}  {:9.2f}  {:9.1f}  {:9.0f}\n", row["work"].get<std::string>(),
             row["encoder"].get<std::string>(), row["batch"].get<std::int64_t>(),
             1e3 * row["median_seconds"].get<double>(), 1e3 * row["low_seconds"].get<double>(),
             1e3 * row["high_seconds"].get<double>(), row["images_per_second"].get<double>(),
             row["peak_resident_bytes"].get<double>() / (1024.0 * 1024.0));
  std::fflush(stdout);
}

int run(const BenchArguments& o) {
  check_image_side(o.side);
  for (const std::string& encoder : o.encoders) static_cast<void>(architecture(encoder));
  if (!o.json.empty()) report::check_file_place(o.json);
  const auto backend = open_backend(o.device);
  const std::string version = version_text();
  nlohmann::json out{{"program", version.substr(0, version.find('\n'))},
                     {"date", utc_now()},
                     {"device", backend->description()},
                     {"precision", o.device.precision},
                     {"side", o.side},
                     {"rows", nlohmann::json::array()}};
  fmt::print("{}, precision {}, {} x {}\n", backend->description(), o.device.precision, o.side, o.side);
  fmt::print("work       encoder           batch  median ms     10 % ms    90 % ms   images/s   peak MiB\n");
  const std::int64_t largest = *std::max_element(o.batches.begin(), o.batches.end());
  for (const std::string& encoder : o.encoders) {
    const Problem problem({.encoder = encoder, .side = o.side, .batch = largest, .batches = 1}, 1);
    for (const std::string& work : o.works) {
      for (const std::int64_t batch : o.batches) {
        const nlohmann::json row = measure(*backend, o, problem.shortened(batch), work_kind(work));
        print(row);
        out["rows"].push_back(row);
      }
    }
  }
  if (!o.json.empty()) write_atomically(o.json, out.dump(1) + "\n");
  return 0;
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("bench", "how long training steps, inference and loading take here");
  const auto o = std::make_shared<BenchArguments>();
  c.add_option(
       "--work", o->works,
       "inference (8-bit images to maps and scores), training (a step), loading (a training batch from PNG files to "
       "inputs, nothing cached)")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::IsMember({"inference", "training", "loading"}));
  c.add_option("--encoders", o->encoders, "resnet18, resnet34, resnet50, wide_resnet50_2")
      ->delimiter(',')
      ->capture_default_str();
  c.add_option("--batches", o->batches, "images a run")
      ->delimiter(',')
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  c.add_option("--size", o->side, "side of the images, a multiple of 32 from 64")->capture_default_str();
  c.add_option("--seconds", o->seconds, "measured for each row, three runs at least")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 3600.0));
  c.add_option("--loaders", o->loaders, "threads that decode images, for --work loading")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  c.add_option("--json", o->json, "write the rows as JSON");
  add_device_options(c, o->device);
  c.footer(
      "The peak is of the whole process so far: ask for one row to know what that row needs.\n"
      "Example:\n  mddnet bench --encoders wide_resnet50_2 --batches 1,8 --device cpu --json bench.json");
  c.callback([o, &action] { action = [o] { return run(*o); }; });
}

}  // namespace mdd::cli
