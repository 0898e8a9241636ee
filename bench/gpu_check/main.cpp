// gpu_check: puts the CUDA backend of this build through everything that must hold on a device, then times it.
//   exit status 0 all within tolerance, 1 could not be carried out, 2 usage, 4 no device, 5 a check failed
#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <iostream>
#include <random>
#include <set>

#include "bench/gpu_check/timings.h"
#include "core/atomic_file.h"
#include "cpu/cpu_backend.h"

namespace {

using namespace mdd;
using namespace mdd::gpu_check;

const std::vector<std::string> kParts{"operations", "golden", "recorded", "repeated", "curve", "timings"};
constexpr Precision kPrecisions[] = {Precision::kF32, Precision::kTf32, Precision::kF16, Precision::kBf16};

struct Options {
  int device = 0;
  std::uint64_t seed = 0;
  std::string golden, markdown, json;
  std::vector<std::string> parts = kParts, precisions;
  bool quick = false;
  double timing_seconds = 150;
};

/// Runs the parts that were asked for and keeps the files up to date, so that an end before time loses little.
class Run {
 public:
  explicit Run(const Options& options) : options_(options), parts_(options.parts.begin(), options.parts.end()) {
    report_.device = make_cuda_backend(cuda_options(Precision::kF32))->description();
    report_.libraries = cuda_build_description();
    report_.seed = options.seed;
    for (const Precision precision : kPrecisions) {
      if (options.precisions.empty() || std::ranges::count(options.precisions, name_of(precision)) > 0) {
        precisions_.push_back(precision);
      }
    }
  }

  int run() {
    fmt::print(stderr, "{}\n{}\nseed {}\n", report_.device, report_.libraries, report_.seed);
    if (parts_.contains("operations")) {
      for_each_precision([&](Precision p) { return check_operations(make_, cuda_options(p), options_.seed); });
    }
    if (parts_.contains("golden") && !options_.golden.empty()) {
      take(check_golden(make_, cuda_options(Precision::kF32), options_.golden));
    }
    if (parts_.contains("recorded") || parts_.contains("repeated")) check_bits();
    if (parts_.contains("curve")) check_curves();
    if (parts_.contains("timings")) time();
    std::cout << summary(report_) << std::flush;
    return report_.failed() > 0 ? exit_code(ErrorKind::kBarNotMet) : 0;
  }

 private:
  [[nodiscard]] CudaOptions cuda_options(Precision precision) const {
    CudaOptions out;
    out.device = options_.device;
    out.precision = precision;
    return out;
  }

  void for_each_precision(const std::function<std::vector<Result>(Precision)>& check) {
    for (const Precision precision : precisions_) take(check(precision));
  }

  void check_bits() {
    const int steps = options_.quick ? 6 : 12;
    const Problem problem(
        options_.quick ? ProblemSize{.encoder = "tiny_bottleneck", .batch = 2} : ProblemSize{.side = 128, .batch = 8},
        options_.seed);
    if (parts_.contains("recorded")) {
      for_each_precision([&](Precision p) { return check_recorded(make_, cuda_options(p), problem, steps); });
    }
    if (parts_.contains("repeated")) {
      for_each_precision([&](Precision p) { return check_repeated(make_, cuda_options(p), problem, steps); });
    }
  }

  void check_curves() {
    const Problem problem(
        options_.quick ? ProblemSize{.encoder = "tiny_bottleneck", .batch = 2} : ProblemSize{.side = 128, .batch = 8},
        options_.seed);
    const std::vector<float> cpu = loss_curve(*make_cpu_backend(), problem, options_.quick ? 3 : 20);
    for_each_precision([&](Precision p) { return check_curve(make_, cuda_options(p), problem, cpu); });
  }

  void time() {
    TimingOptions timing;
    timing.seconds_in_all = options_.timing_seconds;
    std::erase_if(timing.precisions, [&](Precision p) { return std::ranges::count(precisions_, p) == 0; });
    if (options_.quick) {
      timing.encoders = {"tiny_bottleneck"};
      timing.batches = {1};
      timing.side = 64;
      timing.seconds_each = 0;
    }
    report_.timings = measure(make_, cuda_options(Precision::kF32), timing, options_.seed, [](const Timing& t) {
      fmt::print(stderr, "{}, {}, {}, {}, batch {}: {:.2f} ms {}\n", t.work, t.encoder, t.precision, t.mode, t.batch,
                 t.median_ms, t.note);
    });
    write();
  }

  void take(const std::vector<Result>& results) {
    for (const Result& r : results) {
      fmt::print(stderr, "{} {} {}: {} compared, {} failed, {:.2e} of {:.1e} ({})\n", r.part, r.precision, r.name,
                 r.compared, r.failed, r.error, r.tolerance, r.where);
      report_.results.push_back(r);
    }
    write();
  }

  void write() const {
    if (!options_.markdown.empty()) write_atomically(options_.markdown, to_markdown(report_));
    if (!options_.json.empty()) write_atomically(options_.json, to_json(report_));
  }

  const BackendFactory make_ = [](const CudaOptions& options) { return make_cuda_backend(options); };
  Options options_;
  std::set<std::string> parts_;
  std::vector<Precision> precisions_;
  Report report_;
};

}  // namespace

int main(int argc, char** argv) {
  Options o;
  o.seed = std::random_device{}();
  CLI::App app("Checks and times the CUDA backend on this machine's device.", "gpu_check");
  app.add_option("--device", o.device, "number of the device")->capture_default_str();
  app.add_option("--seed", o.seed, "of the random inputs; a fresh one if not given");
  app.add_option("--golden", o.golden, "folder of golden files")->check(CLI::ExistingDirectory);
  app.add_option("--markdown", o.markdown, "write a report for people");
  app.add_option("--json", o.json, "write a report for programs");
  app.add_option("--only", o.parts, "parts, separated by commas")->delimiter(',')->check(CLI::IsMember(kParts));
  app.add_option("--precision", o.precisions, "f32, tf32, f16, bf16, separated by commas; all if not given")
      ->delimiter(',')
      ->check(CLI::IsMember({"f32", "tf32", "f16", "bf16"}));
  app.add_flag("--quick", o.quick, "tiny models and few steps, for compute-sanitizer");
  app.add_option("--timing-seconds", o.timing_seconds, "timings that have not begun by then are left out")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_code(ErrorKind::kUsage);
  }
  try {
    return Run(o).run();
  } catch (const Error& error) {
    fmt::print(stderr, "gpu_check: {}\n", error.what());
    return exit_code(error.kind());
  } catch (const std::exception& error) {
    fmt::print(stderr, "gpu_check: {}\n", error.what());
    return exit_code(ErrorKind::kRuntime);
  }
}
