#include "ablate/runner.h"

#include <algorithm>
#include <chrono>

#include "ablate/run_record.h"
#include "data/split.h"
#include "inference/evaluator.h"

namespace mdd::ablate {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Images that are left for training once thresholds have theirs.
std::int64_t training_images(const data::Dataset& dataset) {
  std::vector<std::size_t> counts(dataset.class_names.size(), 0);
  for (const data::Sample& sample : dataset.train) ++counts[static_cast<std::size_t>(sample.class_index)];
  std::size_t total = 0;
  for (const std::size_t count : counts) total += count - data::hold_out_count(count);
  return static_cast<std::int64_t>(total);
}

std::int64_t images_per_step(const data::Dataset& dataset, std::int64_t batch) {
  return std::min(batch, training_images(dataset));
}

/// "" if both train the same model, else the first option that differs. Files may move, but not change their names.
std::string training_difference(const RunConfig& expected, RunConfig found) {
  found.map = expected.map;
  if (std::filesystem::path(expected.weights).filename() != std::filesystem::path(found.weights).filename()) {
    return "weights: expected " + expected.weights + ", found " + found.weights;
  }
  if (expected.synthesis.textures != found.synthesis.textures) {
    return "synthesis.textures: expected '" + expected.synthesis.textures + "', found '" + found.synthesis.textures +
           "'";
  }
  return first_difference(expected, found);
}

/// digest_of for the test images.
std::string test_digest(const data::Dataset& dataset, const std::filesystem::path& root) {
  data::Dataset test;
  test.class_names = dataset.class_names;
  test.train = dataset.test;
  return digest_of(test, root);
}

class Runner {
 public:
  Runner(Backend& backend, const Plan& plan, const data::Dataset& dataset, const std::filesystem::path& data_root,
         const Observer& observer)
      : backend_(backend),
        plan_(plan),
        dataset_(dataset),
        data_root_(data_root),
        observer_(observer),
        train_digest_(digest_of(dataset, data_root)),
        test_digest_(test_digest(dataset, data_root)) {
    require(!plan.variants.empty() && !plan.seeds.empty(), "an ablation of at least one variant and seed");
    ablation_.seeds = plan.seeds;
    for (const PlannedVariant& planned : plan.variants) add(planned);
  }

  Ablation run() {
    for (const VariantResults& results : ablation_.variants) {
      for (const Run& run : results.runs) refuse_foreign(results, run);
    }
    const std::size_t total = plan_.seeds.size() * ablation_.variants.size();
    std::size_t number = 0;
    // Seeds outside: the first seed already gives a whole table.
    for (std::size_t seed = 0; seed < plan_.seeds.size(); ++seed) {
      for (VariantResults& results : ablation_.variants) {
        title_ = results.variant.name + ", seed " + std::to_string(plan_.seeds[seed]);
        place_ = "[" + std::to_string(++number) + "/" + std::to_string(total) + "] ";
        one(results, seed);
        if (observer_.on_run) observer_.on_run(ablation_);
      }
    }
    return std::move(ablation_);
  }

 private:
  void add(const PlannedVariant& planned) {
    VariantResults results;
    results.variant = planned.variant;
    results.config = planned.config;
    results.config.class_names = dataset_.class_names;
    results.config.model.classes = std::ssize(dataset_.class_names);
    results.config.training.seed = plan_.seeds.front();
    const VariantResults& base = ablation_.variants.empty() ? results : ablation_.variants.front();
    results.trains = ablation_.variants.empty() || !training_difference(base.config, results.config).empty();
    for (const std::uint64_t seed : plan_.seeds) {
      const std::string folder = "seed-" + std::to_string(seed);
      Run& run = results.runs.emplace_back();
      run.seed = seed;
      run.folder = std::filesystem::path(planned.variant.name) / folder;
      run.model = std::filesystem::path(results.trains ? planned.variant.name : base.variant.name) / folder;
    }
    ablation_.variants.push_back(std::move(results));
  }

  [[nodiscard]] RunPaths paths_of(const std::filesystem::path& folder) const { return {plan_.folder / folder}; }

  [[nodiscard]] static RunConfig config_of(const VariantResults& results, const Run& run) {
    RunConfig config = results.config;
    config.training.seed = run.seed;
    return config;
  }

  /// Numbers of another data set or configuration must never enter this table.
  void refuse_foreign(const VariantResults& results, const Run& run) const {
    const RunPaths paths = paths_of(run.folder);
    std::error_code error;
    if (!results.trains || !std::filesystem::exists(paths.training_state(), error)) return;
    const RunConfig config = config_of(results, run), found = read_config(paths.config());
    std::string difference = training_difference(config, found);
    if (difference.empty()) difference = first_difference(config, found);
    if (difference.empty()) {
      const auto archive = weights::open_archive(paths.training_state());
      const auto digest = archive->metadata().find("data");
      if (digest == archive->metadata().end() || digest->second != train_digest_) difference = "other training images";
    }
    if (difference.empty()) return;
    fail(ErrorKind::kUsage, "--out: " + paths.folder.string() + " holds a run with other options or data: " +
                                difference + "; choose another folder or delete it");
  }

  void say(const std::string& text) const {
    if (observer_.on_message) observer_.on_message(place_ + title_ + ": " + text);
  }

  void stop_if_asked() const {
    if (plan_.stop != nullptr && plan_.stop->load()) fail(ErrorKind::kInterrupted, "interrupted");
  }

  void one(VariantResults& results, std::size_t seed) {
    Run& run = results.runs[seed];
    try {
      stop_if_asked();
      if (!results.trains && !ablation_.variants.front().runs[seed].failure.empty()) {
        fail(ErrorKind::kRuntime, "there is no model of the base variant");
      }
      const RunConfig config = config_of(results, run);
      if (results.trains) ensure_trained(run, config);
      ensure_scored(run, config, results.trains);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kInterrupted) {
        fail(ErrorKind::kInterrupted, "interrupted at " + title_ + "; repeat the command to go on");
      }
      if (error.kind() != ErrorKind::kRuntime) throw;
      run.failure = error.what();
      say("failed: " + run.failure);
    }
  }

  /// refuse_foreign has looked at what is there; thresholds are the last file that a training run writes.
  void ensure_trained(const Run& run, const RunConfig& config) {
    const RunPaths paths = paths_of(run.folder);
    std::error_code error;
    if (std::filesystem::exists(paths.training_state(), error) && std::filesystem::exists(paths.thresholds(), error)) {
      return;
    }
    say("training");
    remove_run_record(paths.folder);
    TrainRequest request;
    request.config = config;
    request.folder = paths.folder;
    request.resume = true;
    request.loader_workers = plan_.loader_workers;
    request.cache_bytes = plan_.cache_bytes;
    request.resident_bytes = plan_.resident_bytes;
    request.stop = plan_.stop;
    static_cast<void>(train(backend_, request, dataset_, data_root_, observer_.training));
    stop_if_asked();
  }

  void ensure_scored(Run& run, const RunConfig& config, bool trained) {
    const std::filesystem::path folder = paths_of(run.folder).folder;
    const ScoreKey key{to_json(config), train_digest_, test_digest_};
    if (read_run_record(folder, key, run)) {
      say("done before");
      return;
    }
    say("scoring");
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) fail(ErrorKind::kRuntime, "cannot create " + folder.string() + ": " + error.message());
    const Clock::time_point start = Clock::now();
    const TrainedRun opened = open_run(backend_, paths_of(run.model).folder);
    Scorer scorer(*opened.model, config.map, config.image_size);
    EvaluationOptions options;
    options.on_progress = [&](std::size_t done, std::size_t total) {
      stop_if_asked();
      if (observer_.on_scored) observer_.on_scored(done, total);
    };
    Run scored = run;
    scored.metrics = evaluate(scorer, dataset_, config.class_names, options);
    scored.scoring_seconds = seconds_since(start);
    scored.training_seconds =
        trained ? logged_seconds(paths_of(run.folder).log(), images_per_step(dataset_, config.training.batch)) : 0;
    scored.machine = backend_.description();
    scored.program = plan_.program;
    write_run_record(folder, key, scored);
    run = std::move(scored);
  }

  Backend& backend_;
  const Plan& plan_;
  const data::Dataset& dataset_;
  const std::filesystem::path& data_root_;
  const Observer& observer_;
  const std::string train_digest_, test_digest_;
  Ablation ablation_;
  std::string title_, place_;
};

}  // namespace

std::int64_t epochs_for_steps(const data::Dataset& dataset, std::int64_t batch, std::int64_t steps) {
  const std::int64_t per_epoch = training_images(dataset) / images_per_step(dataset, batch);
  return std::max<std::int64_t>(1, (steps + per_epoch / 2) / per_epoch);
}

Ablation run_ablation(Backend& backend, const Plan& plan, const data::Dataset& dataset,
                      const std::filesystem::path& data_root, const Observer& observer) {
  return Runner(backend, plan, dataset, data_root, observer).run();
}

}  // namespace mdd::ablate
