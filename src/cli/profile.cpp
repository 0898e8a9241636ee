// mddnet profile
#include <fmt/core.h>

#include "cli/command.h"
#include "core/atomic_file.h"
#include "model/architecture.h"
#include "profile/profile_report.h"
#include "profile/workload.h"
#include "report/output_place.h"

namespace mdd::cli {
namespace {

struct ProfileArguments {
  std::string work = "training", json;
  ProblemSize size{.encoder = "resnet18", .side = 256, .batch = 8, .batches = 1};
  std::int64_t runs = 3;
  std::size_t top = 20;
  DeviceChoice device;
};

constexpr int kWarmUps = 2;

int run(const ProfileArguments& o) {
  check_image_side(o.size.side);
  static_cast<void>(architecture(o.size.encoder));
  if (!o.json.empty()) report::check_file_place(o.json);
  const auto inner = open_backend(o.device);
  TimedBackend backend(*inner);
  const Problem problem(o.size, 1);
  Profile profile{.work = o.work,
                  .encoder = o.size.encoder,
                  .precision = o.device.precision,
                  .device = inner->description(),
                  .side = o.size.side,
                  .batch = o.size.batch,
                  .runs = o.runs};
  profile.rates = measure_rates(*inner);
  const WorkKind kind = o.work == "training" ? WorkKind::kTraining : WorkKind::kInference;
  Workload work(backend, problem, kind, StepMode::kEager);
  const auto runs = static_cast<int>(o.runs);
  const TimingRules rules{.seconds = 0, .warm_ups = kWarmUps, .least_runs = runs, .most_runs = runs};
  profile.seconds_unprofiled = time_runs(backend, rules, [&] { work.run(); }).median;
  Profiler profiler(backend);
  profiler.start();
  for (std::int64_t i = 0; i < o.runs; ++i) work.run();
  profiler.stop();
  profile.rows = profiler.rows();
  if (!o.json.empty()) write_atomically(o.json, profile_json(profile));
  fmt::print("{}", profile_text(profile, o.top));
  return 0;
}

}  // namespace

void add_profile(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("profile", "where the time of a training step or an inference goes");
  const auto o = std::make_shared<ProfileArguments>();
  c.add_option("--work", o->work, "training (a step) or inference (a batch to maps and scores)")
      ->capture_default_str()
      ->check(CLI::IsMember({"training", "inference"}));
  c.add_option("--encoder", o->size.encoder, "resnet18, resnet34, resnet50 or wide_resnet50_2")->capture_default_str();
  c.add_option("--size", o->size.side, "side of the images, a multiple of 32 from 64")->capture_default_str();
  c.add_option("--batch", o->size.batch, "images")->capture_default_str()->check(CLI::Range(1, 1024));
  c.add_option("--runs", o->runs, "that are measured; times are their mean")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  c.add_option("--top", o->top, "layers to print, slowest first")->capture_default_str();
  c.add_option("--json", o->json, "write every row as JSON");
  add_device_options(c, o->device);
  c.footer("Example:\n  mddnet profile --work inference --encoder wide_resnet50_2 --batch 1 --device cpu");
  c.callback([o, &action] { action = [o] { return run(*o); }; });
}

}  // namespace mdd::cli
