// mddnet eval
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/progress.h"
#include "core/atomic_file.h"
#include "inference/evaluator.h"
#include "inference/run_folder.h"
#include "report/heatmap.h"
#include "report/metrics_json.h"
#include "report/metrics_table.h"
#include "report/npy.h"

namespace mdd::cli {
namespace {

struct Options {
  std::string model, data, json, dump, panels, metrics = "exact";
  std::vector<std::string> classes;
  std::int64_t batch = 16;
  double false_positive_rate = 0.01;
  DeviceOptions device;
  bool quiet = false;
};

/// --dump DIR: every fused map as .npy, and index.json.
class Dump {
 public:
  explicit Dump(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::error_code error;
    std::filesystem::create_directories(folder_, error);
    if (error) fail(ErrorKind::kRuntime, "cannot create " + folder_.string() + ": " + error.message());
    index_["images"] = nlohmann::ordered_json::array();
  }

  void add(std::size_t index, const EvaluatedImage& image, std::int64_t side,
           const std::vector<std::string>& class_names) {
    const std::string file = fmt::format("{:06}.npy", index);
    report::write_npy_f32(folder_ / file, image.result->map, side, side);
    const std::int64_t vote = image.result->vote;
    index_["images"].push_back(
        {{"path", image.sample->path.string()},
         {"class", image.class_name},
         {"label", image.sample->label},
         {"mask", image.sample->mask ? nlohmann::ordered_json(image.sample->mask->string()) : nullptr},
         {"score", image.result->score},
         {"vote", vote < 0 ? nlohmann::ordered_json(nullptr)
                           : nlohmann::ordered_json(class_names[static_cast<std::size_t>(vote)])},
         {"map", file}});
  }

  void finish() const {
    // Paths may hold bytes that are no UTF-8.
    const std::string text = index_.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    write_atomically(folder_ / "index.json", text + "\n");
  }

 private:
  std::filesystem::path folder_;
  nlohmann::ordered_json index_;
};

/// --panels DIR: photograph, heat map and overlay side by side, on the voted class's scale.
class Panels {
 public:
  Panels(std::filesystem::path folder, const TrainedRun& run, double false_positive_rate) : folder_(std::move(folder)) {
    const Thresholds thresholds = read_thresholds(run.paths.thresholds(), run.config.class_names);
    for (const eval::Calibration& c : thresholds.calibrations) {
      thresholds_.push_back(eval::threshold_at(c, false_positive_rate));
    }
  }

  void add(const EvaluatedImage& image, std::int64_t side) const {
    const auto vote = static_cast<std::size_t>(std::max<std::int64_t>(image.result->vote, 0));
    const float threshold = thresholds_[vote];
    const data::Image panel =
        report::panel(*image.image, image.result->map, {{0.0f, 2.0f * threshold}, threshold, image.mask});
    const auto folder = folder_ / image.class_name / image.sample->defect;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) fail(ErrorKind::kRuntime, "cannot create " + folder.string() + ": " + error.message());
    const auto name = image.sample->path.stem().string() + ".png";
    data::save_png(folder / name, side, panel.width, 3, panel.pixels);
  }

 private:
  std::filesystem::path folder_;
  std::vector<float> thresholds_;
};

void refuse_unknown_classes(const data::Dataset& dataset, const TrainedRun& run) {
  std::string known;
  for (const std::string& name : run.config.class_names) known += (known.empty() ? "" : ", ") + name;
  for (const std::string& name : dataset.class_names) {
    const auto& names = run.config.class_names;
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      fail_data(run.paths.folder.string(), "class list of the model", "the data's class " + name, known);
    }
  }
}

int run(const Options& o) {
  const auto backend = open_backend(o.device);
  const TrainedRun trained = open_run(*backend, o.model);
  const data::Dataset dataset =
      data::open_dataset(o.data, {.classes = o.classes, .need_train = false, .need_test = true});
  refuse_unknown_classes(dataset, trained);
  Progress progress(o.quiet);
  for (const std::string& warning : dataset.warnings) progress.message("warning: " + warning);
  Scorer scorer(*trained.model, trained.config.map, trained.config.image_size);
  std::optional<Dump> dump;
  if (!o.dump.empty()) dump.emplace(o.dump);
  std::optional<Panels> panels;
  if (!o.panels.empty()) panels.emplace(o.panels, trained, o.false_positive_rate);

  EvaluationOptions options;
  options.batch = o.batch;
  options.ader = o.metrics == "ader";
  options.on_image = [&](std::size_t index, const EvaluatedImage& image) {
    if (dump) dump->add(index, image, scorer.image_size(), trained.config.class_names);
    if (panels) panels->add(image, scorer.image_size());
  };
  options.on_progress = [&](std::size_t done, std::size_t total) {
    progress.update(static_cast<std::int64_t>(done), static_cast<std::int64_t>(total), "test images");
  };
  const report::Results results = evaluate(scorer, dataset, trained.config.class_names, options);
  if (dump) dump->finish();
  if (!o.json.empty()) write_atomically(o.json, report::metrics_json(results));
  fmt::print("{}", report::metrics_table(results));
  return 0;
}

}  // namespace

void add_eval(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("eval", "score test images and print metrics per class");
  const auto o = std::make_shared<Options>();
  c.add_option("--model", o->model, "folder of a run")->required();
  c.add_option("--data", o->data, "data set with test images")->required();
  c.add_option("--json", o->json, "write the metrics as JSON");
  c.add_option("--dump", o->dump, "write every fused map as .npy, with index.json");
  c.add_option("--panels", o->panels, "write photograph, heat map and overlay of every image as PNG");
  c.add_option("--fpr", o->false_positive_rate, "false-positive rate behind the panels' thresholds")
      ->capture_default_str();
  c.add_option("--classes", o->classes, "only these classes")->delimiter(',');
  c.add_option("--metrics", o->metrics, "exact, or ader for the benchmark's coarse variants beside them")
      ->capture_default_str()
      ->check(CLI::IsMember({"exact", "ader"}));
  c.add_option("--batch", o->batch)->capture_default_str()->check(CLI::Range(1, 4096));
  c.add_flag("--quiet", o->quiet, "no progress");
  add_device_options(c, o->device);
  c.footer("Example:\n  mddnet eval --model runs/mvtec --data mvtec --json metrics.json --panels pictures");
  c.callback([o, &action] { action = [o] { return run(*o); }; });
}

}  // namespace mdd::cli
