// mddnet predict
#include <algorithm>
#include <fmt/core.h>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/command.h"
#include "cli/judgement_text.h"
#include "cli/path_list.h"
#include "cli/progress.h"
#include "core/atomic_file.h"
#include "inference/inspector.h"
#include "report/heatmap.h"
#include "report/output_place.h"

namespace mdd::cli {
namespace {

struct PredictArguments {
  std::string model, out, json, lines = "text";
  std::vector<std::string> paths;
  std::int64_t batch = 16, minimum_area = 1;
  double false_positive_rate = 0.01;
  DeviceChoice device;
  bool null_separated = false, fail_on_defect = false, quiet = false;
};

/// Where results go: standard output, at once; a JSON file, at the end; overlays.
class Results {
 public:
  Results(const PredictArguments& options, const Inspector& inspector) : options_(options), inspector_(inspector) {
    json_ = {{"model", options.model},
             {"false_positive_rate", options.false_positive_rate},
             {"minimum_area", options.minimum_area},
             {"images", nlohmann::ordered_json::array()}};
  }

  [[nodiscard]] std::size_t done() const { return done_; }
  [[nodiscard]] std::size_t defects() const { return defects_; }
  [[nodiscard]] std::size_t failed() const { return failed_; }

  void add(const data::StreamedImage& image, const Judgement& judgement) {
    ++done_;
    if (judgement.verdict == Verdict::kDefect) ++defects_;
    if (options_.lines == "text") print(text_line(image.path, judgement));
    if (wants_json()) add_json(to_json(image.path, judgement, inspector_.config().class_names));
    if (!options_.out.empty()) save_overlay(image, judgement);
  }

  void add_error(const std::filesystem::path& path, const Error& error) {
    ++failed_;
    fmt::print(stderr, "mddnet: {}\n", error.what());
    if (wants_json()) add_json({{"path", path.string()}, {"error", error.what()}});
  }

  void finish() const {
    if (!options_.json.empty()) write_atomically(options_.json, dump_json(json_, false) + "\n");
  }

 private:
  [[nodiscard]] bool wants_json() const { return !options_.json.empty() || options_.lines == "json"; }

  void add_json(nlohmann::ordered_json entry) {
    if (options_.lines == "json") print(dump_json(entry, true));
    if (!options_.json.empty()) json_["images"].push_back(std::move(entry));
  }

  /// Whoever reads at the other end of a pipe gets each line when it is known.
  static void print(const std::string& line) {
    const bool written = std::fwrite(line.data(), 1, line.size(), stdout) == line.size() &&
                         std::fputc('\n', stdout) != EOF && std::fflush(stdout) == 0;
    if (!written) fail(ErrorKind::kRuntime, "cannot write to standard output");
  }

  void save_overlay(const data::StreamedImage& image, const Judgement& judgement) {
    // Two inputs may share a name; the later ones get a number.
    const std::string stem = image.path.stem().string();
    const int count = ++names_[stem];
    const std::string name = stem + (count == 1 ? "_overlay.png" : fmt::format("_overlay_{}.png", count));
    // Without a threshold nothing is outlined.
    const float threshold = judgement.threshold ? judgement.threshold->value : std::numeric_limits<float>::infinity();
    const data::Image panel = report::panel(image.image, judgement.map, {{0.0f, judgement.scale}, threshold, {}});
    data::save_png(std::filesystem::path(options_.out) / name, panel.height, panel.width, 3, panel.pixels);
  }

  const PredictArguments& options_;
  const Inspector& inspector_;
  std::size_t done_ = 0, defects_ = 0, failed_ = 0;
  nlohmann::ordered_json json_;
  std::map<std::string, int> names_;
};

/// Reads ahead on worker threads and judges batch by batch. A batch waits for images that are being read, never for
/// paths that standard input may bring some day.
void judge_all(const PredictArguments& o, Inspector& inspector, Results& results) {
  const int workers = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 8u));
  data::ImageStream stream(list_paths(o.paths, o.null_separated), inspector.image_size(), workers, 2 * o.batch);
  const bool may_wait_for_paths = reads_standard_input(o.paths);
  std::vector<data::StreamedImage> batch;
  const auto flush = [&] {
    const std::vector<Judgement> judgements = inspector.judge(batch);
    for (std::size_t i = 0; i < batch.size(); ++i) results.add(batch[i], judgements[i]);
    batch.clear();
  };
  while (!stop_requested()) {
    data::StreamedImage image;
    try {
      if (!stream.next(image)) break;
      batch.push_back(std::move(image));
    } catch (const Error& error) {
      results.add_error(image.path, error);
    }
    if (std::ssize(batch) == o.batch || (may_wait_for_paths && stream.idle())) flush();
  }
  flush();
}

void check_options(const PredictArguments& o) {
  if (o.null_separated && !reads_standard_input(o.paths)) {
    fail(ErrorKind::kUsage, "--null: expected - among the paths, for a list on standard input");
  }
  if (!o.json.empty()) report::check_file_place(o.json);
  if (!o.out.empty()) report::prepare_folder(o.out);
}

int run(const PredictArguments& o) {
  check_options(o);
  const auto backend = open_backend(o.device);
  Inspector inspector(*backend, o.model, {o.false_positive_rate, o.minimum_area, o.batch});
  if (o.fail_on_defect && !inspector.gives_verdicts()) {
    fail(ErrorKind::kUsage, "--fail-on-defect: expected a model that gives verdicts, found none in " + o.model);
  }
  Progress progress(o.quiet);
  for (const std::string& line : describe_basis(inspector, o.false_positive_rate)) progress.message(line);
  install_signal_handlers();
  Results results(o, inspector);
  judge_all(o, inspector, results);
  results.finish();
  if (stop_requested()) fail(ErrorKind::kInterrupted, fmt::format("interrupted; {} images are done", results.done()));
  if (results.failed() > 0) {
    fail(ErrorKind::kData,
         fmt::format("{} of the inputs could not be read; {} images are done", results.failed(), results.done()));
  }
  if (o.fail_on_defect && results.defects() > 0) {
    fail(ErrorKind::kBarNotMet, fmt::format("{} of {} images are defective", results.defects(), results.done()));
  }
  return 0;
}

}  // namespace

void add_predict(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("predict", "score images without labels and say which are defective");
  const auto o = std::make_shared<PredictArguments>();
  c.add_option("--model", o->model, "folder of a run, or an exported file")->required();
  c.add_option("PATH", o->paths, "images, folders, or - for a list of them on standard input, one a line")->required();
  c.add_flag("--null", o->null_separated, "the list on standard input is separated by zero bytes (find -print0)");
  c.add_option("--out", o->out, "folder for photograph, heat map and overlay of every image as PNG");
  c.add_option("--json", o->json, "write the results as JSON, at the end");
  c.add_option("--lines", o->lines, "what is printed for each image: text, or json, an object a line")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
  c.add_option("--fpr", o->false_positive_rate, "wanted false-positive rate; the threshold comes from normal images")
      ->capture_default_str();
  c.add_option("--min-area", o->minimum_area, "list no region of fewer pixels of the photograph; verdicts stay")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{1}, data::kMaxPixels));
  c.add_flag("--fail-on-defect", o->fail_on_defect, "exit with 5 if an image is defective and all could be read");
  c.add_option("--batch", o->batch, "images that are scored at once, at most; fewer when standard input is slow")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  c.add_flag("--quiet", o->quiet, "no progress");
  add_device_options(c, o->device);
  c.footer(
      "Prints a line per image, as soon as it is known; fields are separated by tabs: path, score, verdict, voted "
      "class,\n"
      "its share of the memory's attention, threshold (and the normal images behind it), number of regions above the\n"
      "threshold, box of the largest as WIDTHxHEIGHT+X+Y in the photograph's pixels. Heat maps run from 0 to twice "
      "the\n"
      "largest score of the class's held-out normal images, whatever --fpr is.\n"
      "Examples:\n  mddnet predict --model runs/mvtec photo.png more_photos --out overlays --json results.json\n"
      "  find line -name '*.png' -print0 | mddnet predict --model runs/mvtec --null --lines json -");
  c.callback([o, &action] { action = [o] { return run(*o); }; });
}

}  // namespace mdd::cli
