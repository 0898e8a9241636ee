// mddnet info
#include <fmt/core.h>
#include <thread>

#include "cli/command.h"
#include "cpu/cpu_backend.h"
#include "inference/run_folder.h"
#include "ops/cuda_entry.h"

namespace mdd::cli {
namespace {

std::int64_t elements_of(const ParameterStore& store) {
  std::int64_t total = 0;
  for (const Parameter& p : store.parameters()) total += p.shape.elements();
  return total;
}

/// One line a device; one that is there but cannot be used says why.
void describe_cuda_devices() {
  const int count = cuda_device_count();
  fmt::print("CUDA devices: {}\n", count);
  for (int i = 0; i < count; ++i) {
    CudaOptions options;
    options.device = i;
    std::string line;
    try {
      line = make_cuda_backend(options)->description();
    } catch (const Error& error) {
      line = error.what();
    }
    fmt::print("  {}\n", line);
  }
}

void describe_run(const std::string& folder) {
  const auto backend = make_cpu_backend();
  const TrainedRun run = open_run(*backend, folder);
  fmt::print("run {}: {} at {} x {}, {:.1f} M encoder and {:.1f} M trained values\n", folder, run.config.model.encoder,
             run.config.image_size, run.config.image_size, static_cast<double>(elements_of(run.model->frozen())) / 1e6,
             static_cast<double>(elements_of(run.model->trained())) / 1e6);
  fmt::print("classes:");
  for (const std::string& name : run.config.class_names) fmt::print(" {}", name);
  fmt::print("\n");
  if (!run.thresholds) {
    fmt::print("thresholds: none, training has not finished\n");
    return;
  }
  for (std::size_t i = 0; i < run.thresholds->class_names.size(); ++i) {
    const eval::Calibration& c = run.thresholds->calibrations[i];
    fmt::print("threshold at 1 % false positives, {}: {:.4f} from {} images{}\n", run.thresholds->class_names[i],
               eval::threshold_at(c, 0.01), c.scores.size(), c.optimistic ? " (of training: optimistic)" : "");
  }
}

}  // namespace

void add_info(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("info", "this program, this machine, and optionally a trained run");
  const auto folder = std::make_shared<std::string>();
  c.add_option("--model", *folder, "folder of a run, or an exported file");
  c.callback([folder, &action] {
    action = [folder] {
      fmt::print("{}\n{} processors\n{}\n", version_text(), std::thread::hardware_concurrency(),
                 make_cpu_backend()->description());
      describe_cuda_devices();
      if (!folder->empty()) describe_run(*folder);
      return 0;
    };
  });
}

}  // namespace mdd::cli
