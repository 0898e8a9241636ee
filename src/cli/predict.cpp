// mddnet predict
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "cli/command.h"
#include "cli/progress.h"
#include "core/atomic_file.h"
#include "data/dataset.h"
#include "inference/run_folder.h"
#include "inference/scorer.h"
#include "report/heatmap.h"

namespace mdd::cli {
namespace {

struct Options {
  std::string model, out, json;
  std::vector<std::string> paths;
  std::int64_t batch = 16;
  double false_positive_rate = 0.01;
  DeviceOptions device;
  bool quiet = false;
};

struct Verdict {
  std::string class_name;  ///< voted; empty without a vote
  std::optional<float> threshold;
  std::size_t images = 0;  ///< behind the threshold
  bool optimistic = false;
};

/// Verdicts and pictures, image by image.
class Predictor {
 public:
  Predictor(const Options& options, const TrainedRun& run) : options_(options), run_(run) {
    std::error_code error;
    if (std::filesystem::exists(run.paths.thresholds(), error)) {
      thresholds_ = read_thresholds(run.paths.thresholds(), run.config.class_names);
    }
    json_["images"] = nlohmann::ordered_json::array();
  }

  [[nodiscard]] bool has_thresholds() const { return thresholds_.has_value(); }
  [[nodiscard]] std::size_t done() const { return done_; }

  void add(const std::filesystem::path& path, const data::Image& image, const ScoredResult& result) {
    ++done_;
    const Verdict verdict = judge(result);
    const bool known = verdict.threshold.has_value();
    const bool defect = known && result.score > *verdict.threshold;
    const std::string word = !known ? "unknown" : defect ? "defect" : "normal";
    fmt::print("{}\t{:.4f}\t{}\t{}\t{}\n", path.string(), result.score, word,
               verdict.class_name.empty() ? "-" : verdict.class_name,
               known ? fmt::format("{:.4f} ({} images{})", *verdict.threshold, verdict.images,
                                   verdict.optimistic ? ", optimistic" : "")
                     : "-");
    nlohmann::ordered_json entry{{"path", path.string()}, {"score", result.score}, {"verdict", word}};
    entry["vote"] =
        verdict.class_name.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(verdict.class_name);
    entry["threshold"] = known ? nlohmann::ordered_json(*verdict.threshold) : nullptr;
    entry["threshold_images"] = verdict.images;
    entry["threshold_optimistic"] = verdict.optimistic;
    for (std::size_t c = 0; c < result.mass.size(); ++c) {
      entry["class_mass"][run_.config.class_names[c]] = result.mass[c];
    }
    json_["images"].push_back(std::move(entry));
    if (!options_.out.empty()) save_overlay(path, image, result, verdict);
  }

  void add_error(const std::filesystem::path& path, const Error& error) {
    json_["images"].push_back({{"path", path.string()}, {"error", error.what()}});
  }

  void finish() const {
    if (options_.json.empty()) return;
    // Paths may hold bytes that are no UTF-8.
    const std::string text = json_.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    write_atomically(options_.json, text + "\n");
  }

 private:
  [[nodiscard]] Verdict judge(const ScoredResult& result) const {
    Verdict verdict;
    if (result.vote < 0) return verdict;
    const auto vote = static_cast<std::size_t>(result.vote);
    verdict.class_name = run_.config.class_names[vote];
    if (!thresholds_) return verdict;
    const eval::Calibration& calibration = thresholds_->calibrations[vote];
    verdict.threshold = eval::threshold_at(calibration, options_.false_positive_rate);
    verdict.images = calibration.scores.size();
    verdict.optimistic = calibration.optimistic;
    return verdict;
  }

  void save_overlay(const std::filesystem::path& path, const data::Image& image, const ScoredResult& result,
                    const Verdict& verdict) {
    std::error_code error;
    std::filesystem::create_directories(options_.out, error);
    if (error) fail(ErrorKind::kRuntime, "cannot create " + options_.out + ": " + error.message());
    // Two inputs may share a name; the later ones get a number.
    std::string name = path.stem().string() + "_overlay.png";
    for (int i = 2; !names_.insert(name).second; ++i) name = fmt::format("{}_overlay_{}.png", path.stem().string(), i);
    const float threshold = verdict.threshold.value_or(result.score > 0.0f ? result.score : 1.0f);
    const data::Image panel = report::panel(image, result.map, {{0.0f, 2.0f * threshold}, threshold, {}});
    data::save_png(std::filesystem::path(options_.out) / name, panel.height, panel.width, 3, panel.pixels);
  }

  const Options& options_;
  const TrainedRun& run_;
  std::optional<Thresholds> thresholds_;
  std::size_t done_ = 0;
  nlohmann::ordered_json json_;
  std::set<std::string> names_;
};

int run(const Options& o) {
  const auto backend = open_backend(o.device);
  const TrainedRun trained = open_run(*backend, o.model);
  Progress progress(o.quiet);
  Predictor predictor(o, trained);
  if (!predictor.has_thresholds()) {
    progress.message("warning: " + trained.paths.thresholds().string() +
                     " is missing (training has not finished): scores only, no verdicts");
  } else if (!trained.config.model.memory && trained.config.class_names.size() > 1) {
    progress.message("warning: a model of several classes without memory has no class vote: scores only, no verdicts");
  }
  Scorer scorer(*trained.model, trained.config.map, trained.config.image_size);
  std::vector<std::filesystem::path> paths;
  std::size_t failed = 0;
  const auto on_result = [&](std::size_t i, const data::Image& image, ScoredResult& result) {
    predictor.add(paths[i], image, result);
  };
  const auto refuse = [&](const std::filesystem::path& path, const Error& error) {
    ++failed;
    fmt::print(stderr, "mddnet: {}\n", error.what());
    predictor.add_error(path, error);
  };
  for (const std::string& path : o.paths) {
    try {
      for (auto& found : data::list_images(path)) paths.push_back(std::move(found));
    } catch (const Error& error) {
      refuse(path, error);
    }
  }
  score_files(scorer, paths, {o.batch, false},
              {on_result, [&](std::size_t i, const Error& error) { refuse(paths[i], error); }});
  predictor.finish();
  if (failed == 0) return 0;
  fail(ErrorKind::kData,
       fmt::format("{} of the inputs could not be read; {} images are done", failed, predictor.done()));
}

}  // namespace

void add_predict(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("predict", "score images without labels and say which are defective");
  const auto o = std::make_shared<Options>();
  c.add_option("--model", o->model, "folder of a run")->required();
  c.add_option("PATH", o->paths, "images or folders")->required();
  c.add_option("--out", o->out, "folder for photograph, heat map and overlay of every image as PNG");
  c.add_option("--json", o->json, "write the results as JSON");
  c.add_option("--fpr", o->false_positive_rate, "wanted false-positive rate; the threshold comes from normal images")
      ->capture_default_str();
  c.add_option("--batch", o->batch)->capture_default_str()->check(CLI::Range(1, 4096));
  c.add_flag("--quiet", o->quiet, "no progress");
  add_device_options(c, o->device);
  c.footer(
      "Prints a line per image: path, score, verdict, voted class, threshold and the number of images behind it.\n"
      "Example:\n  mddnet predict --model runs/mvtec photo.png more_photos --out overlays --json results.json");
  c.callback([o, &action] { action = [o] { return run(*o); }; });
}

}  // namespace mdd::cli
