// mddnet train
#include <fmt/core.h>

#include "cli/command.h"
#include "cli/dataset_options.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "train/trainer.h"

namespace mdd::cli {
namespace {

struct TrainArguments {
  TrainRequest request;
  RunSwitches switches;
  LoaderSettings loader;
  DatasetArguments data;
  DeviceChoice device;
  bool quiet = false;
};

void add_run_options(CLI::App& c, TrainArguments& o) {
  add_dataset_options(c, o.data)->required();
  add_encoder_options(c, o.switches.config);
  c.add_option("--out", o.request.folder, "folder of the run")->required();
  c.add_flag("--resume", o.request.resume, "continue the run in --out, bit for bit");
  c.add_option("--max-steps", o.request.max_steps, "stop after this step of the run, with a checkpoint; 0 = at the end")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 50));
  add_loader_options(c, o.loader);
  c.add_flag("--quiet", o.quiet, "no progress");
}

std::string step_line(const StepRecord& r, std::int64_t total_epochs, double seconds_left) {
  const auto term = [&](LossIndex index) { return r.report.terms[index]; };
  std::string text = fmt::format(
      "epoch {}/{} loss {:.4f} (restoration {:.4f} identity {:.4f} discrepancy {:.4f} class {:.3f}) {:.1f} img/s, {} "
      "left",
      r.epoch, total_epochs, r.report.total, term(kRestorationLoss), term(kIdentityLoss), term(kDiscrepancyLoss),
      term(kClassLoss), r.images_per_second, clock_text(seconds_left));
  if (r.report.skipped_total > 0) text += fmt::format(", {} skipped", r.report.skipped_total);
  return text;
}

int run(TrainArguments& o) {
  RunConfig& config = o.request.config;
  std::string encoder_note;
  config = o.switches.resolved(encoder_note);
  o.request.loader_workers = o.loader.workers;
  o.request.cache_bytes = o.loader.cache_bytes();
  o.request.resident_bytes = o.loader.resident_bytes();
  const data::Dataset dataset = open_dataset(o.data, Needs::kTraining);
  config.class_names = dataset.class_names;
  config.model.classes = std::ssize(dataset.class_names);
  const auto backend = open_backend(o.device);
  install_signal_handlers();
  o.request.stop = &stop_requested();

  Progress progress(o.quiet);
  print_remarks(progress, dataset);
  if (!encoder_note.empty()) progress.message(encoder_note);
  progress.message(fmt::format("{} classes, {} normal images; {}", dataset.class_names.size(), dataset.train.size(),
                               backend->description()));
  double rate = 0;  // images a second, smoothed over some tens of steps
  TrainObserver observer;
  observer.on_message = [&](const std::string& text) { progress.message(text); };
  observer.on_step = [&](const StepRecord& record, std::int64_t total_steps, std::int64_t total_epochs) {
    rate = rate == 0 ? record.images_per_second : 0.95 * rate + 0.05 * record.images_per_second;
    const double left = static_cast<double>((total_steps - record.step) * config.training.batch) / std::max(rate, 1e-9);
    progress.update(record.step, total_steps, step_line(record, total_epochs, left));
  };
  const std::int64_t steps = train(*backend, o.request, dataset, o.data.data, observer);
  progress.message(fmt::format("{} steps done; the model is in {}", steps, o.request.folder.string()));
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("train", "train one model on the normal images of all classes");
  const auto options = std::make_shared<TrainArguments>();
  add_run_options(c, *options);
  TrainingConfig& training = options->switches.config.training;
  add_length_options(c, training);
  add_switches(c, options->switches);
  c.add_option("--seed", training.seed)->capture_default_str()->check(unsigned_number())->group("Training");
  add_device_options(c, options->device);
  c.footer(
      "Examples:\n"
      "  mddnet train --data photos --out runs/photos\n"
      "  mddnet train --data mvtec --encoder wide_resnet50_2 --weights wide_resnet50_2-95faca4d.pth --out runs/mvtec\n"
      "  mddnet train --data photos --encoder resnet18 --weights random --size 128 --epochs 20 --out runs/try");
  c.callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace mdd::cli
