#include "cli/run_options.h"

#include "cli/encoder_choice.h"

namespace mdd::cli {
namespace {

void add_schedule_options(CLI::App& c, TrainingConfig& t) {
  const std::string group = "Training";
  c.add_option("--lr", t.learning_rate, "Adam's learning rate")->capture_default_str()->group(group);
  c.add_option("--decay-at", t.decay_at, "share of the epochs after which the rate drops")
      ->capture_default_str()
      ->group(group);
  c.add_option("--decay-factor", t.decay_factor)->capture_default_str()->group(group);
  c.add_option("--clip-norm", t.adam.clip_norm, "global gradient norm; 0 = no clipping")
      ->capture_default_str()
      ->group(group);
}

void add_model_options(CLI::App& c, RunSwitches& s) {
  ModelOptions& m = s.config.model;
  const std::string group = "Model";
  c.add_option("--bottleneck-width", m.bottleneck_width,
               "128 (RD4AD) or 64 (ADer) for the bottleneck encoders; 0 = the encoder's")
      ->capture_default_str()
      ->group(group);
  c.add_flag("--no-memory", s.no_memory, "without the class-aware memory")->group(group);
  c.add_flag("--no-identity", s.no_identity, "without the identity decoder: reverse distillation")->group(group);
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

void add_synthesis_and_map_options(CLI::App& c, RunSwitches& r) {
  SynthesisConfig& s = r.config.synthesis;
  MapOptions& m = r.config.map;
  const std::string synthesis = "Synthetic anomalies", map = "Anomaly map";
  c.add_option("--textures", s.textures, "folder of texture images; default: training images are the source")
      ->group(synthesis);
  c.add_option("--p-normal", s.p_normal, "share of images without an anomaly")->capture_default_str()->group(synthesis);
  c.add_option("--max-opacity", s.max_opacity, "largest share of the original under a mask")
      ->capture_default_str()
      ->group(synthesis);
  c.add_flag("--no-augment", r.no_augment, "do not distort the source")->group(synthesis);
  add_choice(c, "--map-fusion", m.fusion, "of the two discrepancy maps")->group(map);
  c.add_option("--map-weight", m.weight, "of the restored-identity map under weighted")
      ->capture_default_str()
      ->group(map);
  c.add_option("--sigma", m.sigma, "of the Gaussian, in pixels")->capture_default_str()->group(map);
  add_choice(c, "--score", m.score, "image score of a map")->group(map);
}

}  // namespace

RunConfig RunSwitches::resolved(std::string& note) const {
  RunConfig out = config;
  EncoderChoice choice = choose_encoder(config.model.encoder, config.weights);
  out.model.encoder = std::move(choice.encoder);
  out.weights = std::move(choice.weights);
  note = std::move(choice.note);
  out.model.memory = !no_memory;
  out.model.identity = !no_identity;
  out.synthesis.augment = !no_augment;
  check_config(out);
  if (out.model.bottleneck_width == 0) out.model.bottleneck_width = architecture(out.model.encoder).bottleneck_width;
  return out;
}

void add_encoder_options(CLI::App& c, RunConfig& config) {
  c.add_option(
      "--encoder", config.model.encoder,
      "resnet18, resnet34, resnet50 or wide_resnet50_2 (tiny_basic, tiny_bottleneck: for tests); default: what "
      "the weights are");
  c.add_option(
      "--weights", config.weights,
      "the encoder's weights (.pth or .safetensors, see weights/README.md), bundled, or random; default: bundled");
  c.add_option("--size", config.image_size, "side S of the images, a multiple of 32 from 64")->capture_default_str();
}

void add_length_options(CLI::App& c, TrainingConfig& t) {
  const std::string group = "Training";
  c.add_option("--epochs", t.epochs)->capture_default_str()->group(group);
  c.add_option("--batch", t.batch)->capture_default_str()->group(group);
}

void add_switches(CLI::App& c, RunSwitches& switches) {
  add_schedule_options(c, switches.config.training);
  add_model_options(c, switches);
  add_loss_options(c, switches.config.losses);
  add_synthesis_and_map_options(c, switches);
}

void add_loader_options(CLI::App& c, LoaderSettings& l) {
  c.add_option("--workers", l.workers, "threads that decode images")->capture_default_str()->check(CLI::Range(1, 256));
  c.add_option("--cache-mb", l.cache_megabytes, "memory for decoded images")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 24));
  c.add_option(
       "--device-cache-mb", l.device_cache_megabytes,
       "device memory for decoded images, which it then distorts itself as sources of anomalies; left out: 2048 "
       "on a GPU, on a CPU the loader's threads distort")
      ->check(CLI::Range(0, 1 << 24));
}

}  // namespace mdd::cli
