// mddnet eval
#include <fmt/core.h>

#include "cli/clock.h"
#include "cli/command.h"
#include "cli/dataset_options.h"
#include "cli/progress.h"
#include "core/atomic_file.h"
#include "inference/evaluator.h"
#include "inference/run_folder.h"
#include "report/dump.h"
#include "report/heatmap.h"
#include "report/metrics_json.h"
#include "report/metrics_table.h"
#include "report/output_place.h"
#include "report/report.h"

namespace mdd::cli {
namespace {

struct EvalArguments {
  std::string model, json, dump, panels, report, metrics = "exact";
  std::size_t report_images = report::ReportOptions{}.images;
  DatasetArguments data;
  std::int64_t batch = 16;
  double false_positive_rate = 0.01;
  DeviceChoice device;
  bool quiet = false;
};

/// Thresholds and colour scales of the model's classes.
std::vector<report::ReportClass> known_classes(const TrainedRun& run, double false_positive_rate) {
  std::vector<report::ReportClass> out;
  if (!run.thresholds) {
    fail_data(run.path.string(), "thresholds", "those of a run whose training has finished (thresholds.json)", "none");
  }
  for (std::size_t i = 0; i < run.thresholds->calibrations.size(); ++i) {
    const eval::Calibration& calibration = run.thresholds->calibrations[i];
    out.push_back(
        {run.thresholds->class_names[i], eval::choose_threshold(calibration, false_positive_rate), calibration.scale});
  }
  return out;
}

report::DumpedImage dumped(const EvaluatedImage& image, const std::vector<std::string>& class_names) {
  const ScoredResult& result = *image.result;
  report::DumpedImage out{image.sample->path, image.class_name, image.sample->label, image.sample->masks,
                          result.score,       std::nullopt,     result.map,          image.mask};
  if (result.vote >= 0) out.vote = class_names[static_cast<std::size_t>(result.vote)];
  return out;
}

/// --panels DIR: photograph, heat map and overlay side by side, on the scale of the class that the image is judged as.
class Panels {
 public:
  Panels(std::filesystem::path folder, std::vector<report::ReportClass> classes)
      : folder_(std::move(folder)), classes_(std::move(classes)) {
    report::prepare_folder(folder_);
  }

  void add(const EvaluatedImage& image, std::int64_t side) const {
    const report::ReportClass& voted = judged_as(image);
    const data::Image panel =
        report::panel(*image.image, image.result->map, {{0.0f, voted.scale}, voted.threshold.value, image.mask});
    const auto folder = folder_ / image.class_name / image.sample->defect;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) fail(ErrorKind::kRuntime, "cannot create " + folder.string() + ": " + error.message());
    const auto name = image.sample->path.stem().string() + ".png";
    data::save_png(folder / name, side, panel.width, 3, panel.pixels);
  }

 private:
  /// The class that the model votes for, or the image's own where there is no memory to vote.
  [[nodiscard]] const report::ReportClass& judged_as(const EvaluatedImage& image) const {
    if (image.result->vote >= 0) return classes_[static_cast<std::size_t>(image.result->vote)];
    const auto own =
        std::find_if(classes_.begin(), classes_.end(), [&](const auto& c) { return c.name == image.class_name; });
    require(own != classes_.end(), "only classes of the model are scored");
    return *own;
  }

  std::filesystem::path folder_;
  std::vector<report::ReportClass> classes_;
};

report::Report make_report(const EvalArguments& o, const TrainedRun& run) {
  const std::string version = version_text();
  report::ReportHeader header{.model = o.model,
                              .encoder = run.config.model.encoder,
                              .data = o.data.data,
                              .date = utc_now(),
                              .version = version.substr(0, version.find('\n')),
                              .image_size = run.config.image_size,
                              .false_positive_rate = o.false_positive_rate,
                              .classes = known_classes(run, o.false_positive_rate),
                              .slots = run.config.model.memory ? run.config.model.slots : 0,
                              .identity = run.config.model.identity};
  return {o.report, std::move(header), {o.report_images}};
}

/// `data`: a folder, or a list of images, whose names are relative to the list's folder.
report::ReportImage reported(const EvaluatedImage& image, const std::filesystem::path& data) {
  const ScoredResult& r = *image.result;
  const std::filesystem::path root = std::filesystem::is_directory(data) ? data : data.parent_path();
  const std::filesystem::path name = image.sample->path.lexically_relative(root.empty() ? "." : root);
  return {.path = image.sample->path,
          .name = name.empty() ? image.sample->path.filename().string() : name.string(),
          .class_name = image.class_name,
          .defective = image.sample->label != 0,
          .score = r.score,
          .vote = r.vote,
          .image = image.image,
          .mask = image.mask,
          .fused = r.map,
          .teacher_restored = r.teacher_restored,
          .restored_identity = r.restored_identity,
          .mass = r.mass,
          .attention = r.attention};
}

void refuse_unknown_classes(const data::Dataset& dataset, const TrainedRun& run) {
  std::string known;
  for (const std::string& name : run.config.class_names) known += (known.empty() ? "" : ", ") + name;
  for (const std::string& name : dataset.class_names) {
    const auto& names = run.config.class_names;
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      fail_data(run.path.string(), "class list of the model", "the data's class " + name, known);
    }
  }
}

int run(const EvalArguments& o) {
  const auto backend = open_backend(o.device);
  const TrainedRun trained = open_run(*backend, o.model);
  const data::Dataset dataset = open_dataset(o.data, Needs::kTest);
  refuse_unknown_classes(dataset, trained);
  Progress progress(o.quiet);
  print_remarks(progress, dataset);
  Scorer scorer(*trained.model, trained.config.map, trained.config.image_size);
  // Places that cannot be written are found before the hours of scoring.
  if (!o.json.empty()) report::check_file_place(o.json);
  std::optional<report::Dump> dump;
  if (!o.dump.empty()) dump.emplace(o.dump);
  std::optional<Panels> panels;
  if (!o.panels.empty()) panels.emplace(o.panels, known_classes(trained, o.false_positive_rate));
  std::optional<report::Report> page;
  if (!o.report.empty()) page.emplace(make_report(o, trained));

  EvaluationOptions options;
  options.batch = o.batch;
  options.ader = o.metrics == "ader";
  options.all_maps = page.has_value();
  options.on_image = [&](std::size_t index, const EvaluatedImage& image) {
    if (dump) dump->add(index, dumped(image, trained.config.class_names), scorer.image_size());
    if (panels) panels->add(image, scorer.image_size());
    if (page) page->add(reported(image, o.data.data));
  };
  options.on_progress = [&](std::size_t done, std::size_t total) {
    progress.update(static_cast<std::int64_t>(done), static_cast<std::int64_t>(total), "test images");
  };
  const report::Results results = evaluate(scorer, dataset, trained.config.class_names, options);
  if (dump) dump->finish();
  if (!o.json.empty()) write_atomically(o.json, report::metrics_json(results));
  if (page) {
    const std::uint64_t bytes = page->finish(results);
    progress.message(fmt::format("report: {} ({:.1f} MB)", page->page().string(), static_cast<double>(bytes) / 1e6));
  }
  fmt::print("{}", report::metrics_table(results));
  return 0;
}

}  // namespace

void add_eval(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("eval", "score test images and print metrics per class");
  const auto o = std::make_shared<EvalArguments>();
  c.add_option("--model", o->model, "folder of a run, or an exported file")->required();
  add_dataset_options(c, o->data)->required();
  c.add_option("--json", o->json, "write the metrics as JSON");
  c.add_option("--dump", o->dump, "write every fused map as .npy, with index.json");
  c.add_option("--panels", o->panels, "write photograph, heat map and overlay of every image as PNG");
  c.add_option("--report", o->report, "write a page for browsers, index.html, that shows all results");
  c.add_option("--report-images", o->report_images, "images of each class that the report shows in every detail")
      ->capture_default_str()
      ->check(CLI::Range(0, 24));
  c.add_option("--fpr", o->false_positive_rate, "false-positive rate behind the thresholds of panels and report")
      ->capture_default_str();
  c.add_option("--metrics", o->metrics, "exact, or ader for the benchmark's coarse variants beside them")
      ->capture_default_str()
      ->check(CLI::IsMember({"exact", "ader"}));
  c.add_option("--batch", o->batch)->capture_default_str()->check(CLI::Range(1, 4096));
  c.add_flag("--quiet", o->quiet, "no progress");
  add_device_options(c, o->device);
  c.footer("Example:\n  mddnet eval --model runs/mvtec --data mvtec --json metrics.json --report page");
  c.callback([o, &action] { action = [o] { return run(*o); }; });
}

}  // namespace mdd::cli
