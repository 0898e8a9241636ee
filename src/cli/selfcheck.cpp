// mddnet selfcheck
#include <algorithm>
#include <fmt/core.h>
#include <map>

#include "cli/command.h"
#include "cli/progress.h"
#include "reference/check.h"
#include "selfcheck/golden.h"

namespace mdd::cli {
namespace {

struct SelfcheckArguments {
  std::string golden;
  std::uint64_t seed = 0;
  DeviceChoice device;
  std::string only;
};

/// The row of a group that is nearest to, or furthest beyond, its tolerance.
struct Worst {
  double error = 0, tolerance = 0;
  std::string at;
  int rows = 0, failed = 0;

  void add(double row_error, double row_tolerance, const std::string& where) {
    const bool passed = row_error <= row_tolerance;
    const auto ratio = [](double e, double t) { return t > 0.0 ? e / t : e; };
    if (rows == 0 || (!passed && failed == 0) || !(ratio(row_error, row_tolerance) <= ratio(error, tolerance))) {
      error = row_error;
      tolerance = row_tolerance;
      at = where;
    }
    ++rows;
    failed += passed ? 0 : 1;
  }

  void print(const std::string& name) const {
    fmt::print("  {:<34} {:>9.2e}  (tolerance {:.0e}, {} compared{}; {})\n", name, error, tolerance, rows,
               failed > 0 ? fmt::format(", {} FAILED", failed) : "", at);
  }
};

int check_operations(Backend& backend, std::uint64_t seed, const reference::CheckOptions& options) {
  fmt::print("operations{} against the float64 reference, largest errors (seed {}):\n",
             options.inference
                 ? fmt::format(" of inference, features stored as {},", name_of(backend.inference_feature_type()))
                 : "",
             seed);
  std::map<std::string, Worst> worst;
  for (const reference::CheckRow& row : reference::check_backend(backend, seed, options)) {
    worst[row.operation].add(row.error, row.tolerance, row.quantity + " " + row.shape);
  }
  int failed = 0;
  for (const auto& [name, entry] : worst) {
    entry.print(name);
    failed += entry.failed;
  }
  return failed;
}

int check_golden(Backend& backend, const std::vector<std::filesystem::path>& cases) {
  int failed = 0;
  for (const auto& path : cases) {
    fmt::print("golden case {}, largest errors:\n", path.filename().string());
    std::map<std::string, Worst> worst;
    std::vector<std::string> order;
    for (const GoldenRow& row : check_golden_case(backend, path)) {
      // Hundreds of gradients and stepped weights are one line each group; everything else has a line of its own.
      const bool grouped = row.group == "gradient" || row.group == "step";
      const std::string name = grouped ? row.group : row.group + " " + row.name;
      if (!worst.contains(name)) order.push_back(name);
      worst[name].add(row.error, row.tolerance, row.name);
    }
    for (const std::string& name : order) {
      worst[name].print(name);
      failed += worst[name].failed;
    }
  }
  return failed;
}

int run(const SelfcheckArguments& o) {
  const Precision precision = parse_precision(o.device.precision);
  if (!o.golden.empty() && precision != Precision::kF32) {
    fail(ErrorKind::kUsage, "--golden: golden files are compared in f32, found --precision " + o.device.precision);
  }
  const auto backend = open_backend(o.device);
  std::vector<std::filesystem::path> cases;
  if (!o.golden.empty()) cases = golden_cases(o.golden);
  fmt::print("{}\nprecision {}, features stored as {}\n", backend->description(), o.device.precision,
             name_of(backend->feature_type()));
  reference::CheckOptions options{
      .products = precision, .rounded_weight_gradients = backend->feature_type() != DType::kF32, .only = o.only};
  int failed = check_operations(*backend, o.seed, options);
  if (backend->inference_feature_type() != backend->feature_type()) {
    options.inference = true;
    failed += check_operations(*backend, o.seed, options);
  }
  failed += check_golden(*backend, cases);
  if (failed > 0) fail(ErrorKind::kBarNotMet, fmt::format("{} quantities are beyond their tolerance", failed));
  fmt::print("all within tolerance\n");
  return 0;
}

}  // namespace

void add_selfcheck(CLI::App& app, Action& action) {
  CLI::App& c =
      *app.add_subcommand("selfcheck", "compare a backend of this machine (see --device) with the float64 reference");
  const auto o = std::make_shared<SelfcheckArguments>();
  c.add_option("--golden", o->golden, "also compare with golden files of the PyTorch oracle");
  c.add_option("--only", o->only, "only operations whose name contains this text, e.g. convolution");
  c.add_option("--seed", o->seed, "of the random inputs")->capture_default_str()->check(unsigned_number());
  add_device_options(c, o->device);
  c.callback([o, &action] { action = [o] { return run(*o); }; });
}

}  // namespace mdd::cli
