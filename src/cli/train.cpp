// mddnet train
#include <fmt/core.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "train/trainer.h"

namespace mdd::cli {
namespace {

struct Options {
  TrainRequest request;
  std::string data;
  std::vector<std::string> classes;
  DeviceOptions device;
  bool no_memory = false, no_identity = false, no_augment = false, quiet = false;
  std::int64_t cache_megabytes = 2048;
};

void add_run_options(CLI::App& c, Options& o) {
  RunConfig& config = o.request.config;
  c.add_option("--data", o.data, "data set: MVTec layout, folders of normal images, or one class")->required();
  c.add_option("--encoder", config.model.encoder,
               "resnet18, resnet34, resnet50 or wide_resnet50_2 (tiny_basic, tiny_bottleneck: for tests)")
      ->capture_default_str();
  c.add_option("--weights", config.weights,
               "the encoder's weights (.pth or .safetensors, see weights/README.md), or random")
      ->required();
  c.add_option("--out", o.request.folder, "folder of the run")->required();
  c.add_option("--size", config.image_size, "side S of the images, a multiple of 32 from 64")->capture_default_str();
  c.add_option("--classes", o.classes, "only these classes")->delimiter(',');
  c.add_flag("--resume", o.request.resume, "continue the run in --out, bit for bit");
  c.add_option("--max-steps", o.request.max_steps, "stop after this step of the run, with a checkpoint; 0 = at the end")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 50));
  c.add_option("--workers", o.request.loader_workers, "threads that decode images")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  c.add_option("--cache-mb", o.cache_megabytes, "memory for decoded images")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 24));
  c.add_flag("--quiet", o.quiet, "no progress");
}

void add_training_options(CLI::App& c, TrainingConfig& t) {
  const std::string group = "Training";
  c.add_option("--epochs", t.epochs)->capture_default_str()->group(group);
  c.add_option("--batch", t.batch)->capture_default_str()->group(group);
  c.add_option("--lr", t.learning_rate, "Adam's learning rate")->capture_default_str()->group(group);
  c.add_option("--decay-at", t.decay_at, "share of the epochs after which the rate drops")
      ->capture_default_str()
      ->group(group);
  c.add_option("--decay-factor", t.decay_factor)->capture_default_str()->group(group);
  c.add_option("--clip-norm", t.adam.clip_norm, "global gradient norm; 0 = no clipping")
      ->capture_default_str()
      ->group(group);
  c.add_option("--seed", t.seed)->capture_default_str()->check(unsigned_number())->group(group);
}

void add_model_options(CLI::App& c, Options& o) {
  ModelOptions& m = o.request.config.model;
  const std::string group = "Model";
  c.add_option("--bottleneck-width", m.bottleneck_width,
               "128 (RD4AD) or 64 (ADer) for the bottleneck encoders; 0 = the encoder's")
      ->capture_default_str()
      ->group(group);
  c.add_flag("--no-memory", o.no_memory, "without the class-aware memory")->group(group);
  c.add_flag("--no-identity", o.no_identity, "without the identity decoder: reverse distillation")->group(group);
  c.add_option("--slots", m.slots, "prototypes per class")->capture_default_str()->group(group);
  c.add_option("--temperature", m.temperature)->capture_default_str()->group(group);
  c.add_option("--shrinkage", m.shrinkage, "hard-shrinkage threshold")->capture_default_str()->group(group);
  add_choice(c, "--fusion", m.fusion, "what the restoration decoder reads")->group(group);
}

void add_loss_options(CLI::App& c, LossOptions& l) {
  const std::string group = "Losses";
  c.add_option("--weight-restoration", l.restoration)->capture_default_str()->group(group);
  c.add_option("--weight-identity", l.identity)->capture_default_str()->group(group);
  c.add_option("--weight-discrepancy", l.discrepancy)->capture_default_str()->group(group);
  c.add_option("--weight-class", l.classification)->capture_default_str()->group(group);
  add_choice(c, "--cosine", l.cosine, "cosine of the distillation losses")->group(group);
  add_choice(c, "--mask-reduction", l.mask, "from mask pixels to feature cells")->group(group);
  add_choice(c, "--discrepancy-reduction", l.reduction, "over positions")->group(group);
}

void add_synthesis_and_map_options(CLI::App& c, Options& o) {
  SynthesisConfig& s = o.request.config.synthesis;
  MapOptions& m = o.request.config.map;
  const std::string synthesis = "Synthetic anomalies", map = "Anomaly map";
  c.add_option("--textures", s.textures, "folder of texture images; default: training images are the source")
      ->group(synthesis);
  c.add_option("--p-normal", s.p_normal, "share of images without an anomaly")->capture_default_str()->group(synthesis);
  c.add_option("--max-opacity", s.max_opacity, "largest share of the original under a mask")
      ->capture_default_str()
      ->group(synthesis);
  c.add_flag("--no-augment", o.no_augment, "do not distort the source")->group(synthesis);
  add_choice(c, "--map-fusion", m.fusion, "of the two discrepancy maps")->group(map);
  c.add_option("--map-weight", m.weight, "of the restored-identity map under weighted")
      ->capture_default_str()
      ->group(map);
  c.add_option("--sigma", m.sigma, "of the Gaussian, in pixels")->capture_default_str()->group(map);
  add_choice(c, "--score", m.score, "image score of a map")->group(map);
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

int run(Options& o) {
  RunConfig& config = o.request.config;
  config.model.memory = !o.no_memory;
  config.model.identity = !o.no_identity;
  config.synthesis.augment = !o.no_augment;
  o.request.cache_bytes = static_cast<std::uint64_t>(o.cache_megabytes) << 20;
  check_config(config);
  if (config.model.bottleneck_width == 0) {
    config.model.bottleneck_width = architecture(config.model.encoder).bottleneck_width;
  }
  const data::Dataset dataset =
      data::open_dataset(o.data, {.classes = o.classes, .need_train = true, .need_test = false});
  config.class_names = dataset.class_names;
  config.model.classes = std::ssize(dataset.class_names);
  const auto backend = open_backend(o.device);
  install_signal_handlers();
  o.request.stop = &stop_requested();

  Progress progress(o.quiet);
  for (const std::string& warning : dataset.warnings) progress.message("warning: " + warning);
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
  const std::int64_t steps = train(*backend, o.request, dataset, o.data, observer);
  progress.message(fmt::format("{} steps done; the model is in {}", steps, o.request.folder.string()));
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("train", "train one model on the normal images of all classes");
  const auto options = std::make_shared<Options>();
  add_run_options(c, *options);
  add_training_options(c, options->request.config.training);
  add_model_options(c, *options);
  add_loss_options(c, options->request.config.losses);
  add_synthesis_and_map_options(c, *options);
  add_device_options(c, options->device);
  c.footer(
      "Examples:\n"
      "  mddnet train --data mvtec --encoder wide_resnet50_2 --weights wide_resnet50_2-95faca4d.pth --out runs/mvtec\n"
      "  mddnet train --data photos --encoder resnet18 --weights random --size 128 --epochs 20 --out runs/try");
  c.callback([options, &action] { action = [options] { return run(*options); }; });
}

}  // namespace mdd::cli
