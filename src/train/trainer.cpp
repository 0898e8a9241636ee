#include "train/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "core/atomic_file.h"
#include "data/loader.h"
#include "data/resize.h"
#include "data/split.h"
#include "inference/tensor_source.h"
#include "train/batch_preparer.h"
#include "train/calibration.h"
#include "train/checkpoint.h"
#include "weights/bundled.h"

namespace mdd {
namespace {

constexpr std::int64_t kMostSkippedInARow = 10;
constexpr std::size_t kCalibrationImages = 64;  ///< for the statistics of an encoder without weights

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

data::LoaderOptions loader_options(const TrainRequest& request) {
  const RunConfig& config = request.config;
  data::LoaderOptions options;
  options.size = config.image_size;
  options.batch_size = config.training.batch;
  options.seed = config.training.seed;
  options.workers = request.loader_workers;
  options.cache_bytes = request.cache_bytes;
  options.synthesis.p_normal = config.synthesis.p_normal;
  options.synthesis.augment = config.synthesis.augment;
  if (!config.synthesis.textures.empty()) options.synthesis.textures = data::list_images(config.synthesis.textures);
  return options;
}

/// What keeps the images of these options on the backend; null where the host prepares batches.
std::unique_ptr<ResidentImages> make_residents(Backend& backend, const TrainRequest& request, std::size_t items,
                                               data::LoaderOptions& options) {
  const std::optional<std::uint64_t> bytes = resident_bytes(backend, request.resident_bytes);
  if (!bytes) return nullptr;
  const std::size_t images = items + options.synthesis.textures.size();
  auto residents = std::make_unique<ResidentImages>(backend, static_cast<std::int64_t>(images), options.size,
                                                    options.batch_size, *bytes);
  options.resident = [images = residents.get()](std::size_t image) { return images->holds(image); };
  return residents;
}

/// One run from its first to its last step of this process.
class Training {
 public:
  Training(Backend& backend, const TrainRequest& request, const data::Dataset& dataset, const std::string& digest,
           const TrainObserver& observer)
      : backend_(backend),
        request_(request),
        config_(request.config),
        dataset_(dataset),
        digest_(digest),
        observer_(observer),
        paths_{request.folder},
        split_(data::split_training(dataset, config_.training.seed)),
        loading_(loader_options(request)),
        residents_(make_residents(backend, request, split_.train.size(), loading_)),
        loader_(data::training_items(dataset, split_.train), loading_),
        model_(backend, config_.model, true),
        step_(model_, config_.losses, config_.training.adam),
        preparer_(backend, std::min<std::int64_t>(config_.training.batch, std::ssize(split_.train)), config_.image_size,
                  config_.synthesis, config_.training.seed, residents_.get()) {}

  std::int64_t run() {
    const std::int64_t first = prepare();
    const std::int64_t per_epoch = loader_.steps_per_epoch();
    const std::int64_t total = per_epoch * config_.training.epochs;
    const std::int64_t last = request_.max_steps > 0 ? std::min(total, request_.max_steps) : total;
    RunLog log(paths_.log(), first);
    loader_.start(first);
    Clock::time_point epoch_start = Clock::now();
    double epoch_loss = 0;
    std::int64_t epoch_steps = 0;
    for (std::int64_t i = first; i < last; ++i) {
      const StepRecord record = one_step(i, i / per_epoch);
      log.step(record);
      if (observer_.on_step) observer_.on_step(record, total, config_.training.epochs);
      epoch_loss += static_cast<double>(record.report.total);
      ++epoch_steps;
      const bool epoch_ends = (i + 1) % per_epoch == 0;
      if (epoch_ends) {
        log.epoch(i / per_epoch + 1, i + 1, epoch_loss / static_cast<double>(epoch_steps), seconds_since(epoch_start));
        epoch_start = Clock::now();
        epoch_loss = 0;
        epoch_steps = 0;
      }
      if (i + 1 == last) expect_some_step(record.report);
      const bool stopped = request_.stop != nullptr && request_.stop->load();
      if (epoch_ends || stopped || i + 1 == last) save(i + 1);
      if (stopped && i + 1 < total) {
        fail(ErrorKind::kInterrupted,
             "interrupted after step " + std::to_string(i + 1) + "; the checkpoint is written, continue with --resume");
      }
    }
    if (last == total) finish();
    return std::max(first, last);
  }

 private:
  void say(const std::string& text) const {
    if (observer_.on_message) observer_.on_message(text);
  }

  /// Loads or initialises; returns the first step to do.
  std::int64_t prepare() {
    model_.initialise(config_.training.seed);
    std::error_code error;
    if (request_.resume && std::filesystem::exists(paths_.training_state(), error)) return resume();
    load_encoder_weights();
    write_atomically(paths_.config(), to_json(config_));
    return 0;
  }

  std::int64_t resume() {
    const std::string difference = first_difference(read_config(paths_.config()), config_);
    if (!difference.empty()) fail(ErrorKind::kUsage, "--resume under other options: " + difference);
    const auto archive = weights::open_archive(paths_.model());
    load_encoder(model_, source_of(*archive));
    const TrainingPosition position = read_training_state(paths_, model_, step_);
    if (position.data_digest != digest_) {
      fail(ErrorKind::kUsage, "--resume on other data: the training images are not those that " +
                                  paths_.training_state().string() + " was made with");
    }
    say("continuing after step " + std::to_string(position.step));
    return position.step;
  }

  void load_encoder_weights() {
    if (config_.weights != "random") {
      const auto archive = weights::open_encoder(config_.weights);
      load_encoder(model_, source_of(*archive));
      return;
    }
    say("encoder: random weights, batch statistics calibrated on training images (pretrained weights do far better)");
    std::vector<std::uint8_t> pixels;
    const std::size_t count = std::min(kCalibrationImages, split_.train.size());
    for (std::size_t i = 0; i < count; ++i) {
      const data::Sample& sample = dataset_.train[split_.train[i * split_.train.size() / count]];
      const data::Image image =
          data::resize_antialiased(data::load_image(sample.path), config_.image_size, config_.image_size);
      pixels.insert(pixels.end(), image.pixels.begin(), image.pixels.end());
    }
    Tape tape = step_.tape(true);
    const Shape shape{static_cast<std::int64_t>(count), config_.image_size, config_.image_size, 3};
    {
      const Variable bytes = tape.variable(shape, false, DType::kU8), images = tape.features(shape, false);
      backend_.copy_from_host(bytes->value, std::as_bytes(std::span(pixels)));
      backend_.normalise_images({}, bytes->value, images->value);
      model_.encoder().calibrate(tape, images);
    }
    step_.arena().reset();
  }

  StepRecord one_step(std::int64_t index, std::int64_t epoch) {
    const Clock::time_point start = Clock::now();
    const data::Batch batch = loader_.next();
    const double rate = learning_rate_of(config_.training, epoch);
    step_.run(preparer_.prepare(batch), rate);
    StepRecord record{index + 1, epoch + 1, rate, 0, step_.report()};
    if (record.report.skipped_in_a_row > 0) step_.undo_statistics();
    if (record.report.skipped_in_a_row >= kMostSkippedInARow) {
      fail(ErrorKind::kRuntime, "loss or gradient was not finite in " + std::to_string(kMostSkippedInARow) +
                                    " steps in a row (step " + std::to_string(index + 1) +
                                    "); the last good checkpoint is kept");
    }
    record.images_per_second = static_cast<double>(batch.count) / seconds_since(start);
    return record;
  }

  /// A run too short for ten skipped steps in a row must not end as if it had learned something.
  static void expect_some_step(const StepReport& report) {
    if (report.steps_taken > 0) return;
    fail(ErrorKind::kRuntime,
         "loss or gradient was not finite in every step of the run (" + std::to_string(report.skipped_total) + ")");
  }

  void save(std::int64_t steps) { write_checkpoint(paths_, model_, config_, step_, {steps, digest_}); }

  void finish() {
    say("scoring normal images for the thresholds");
    Scorer scorer(model_, config_.map, config_.image_size);
    write_thresholds(paths_.thresholds(), calibrate(scorer, dataset_, split_, config_.training.batch));
  }

  Backend& backend_;
  const TrainRequest& request_;
  const RunConfig& config_;
  const data::Dataset& dataset_;
  const std::string digest_;
  const TrainObserver& observer_;
  RunPaths paths_;
  data::Split split_;
  data::LoaderOptions loading_;
  std::unique_ptr<ResidentImages> residents_;  ///< before the loader, whose threads ask it
  data::Loader loader_;
  MddNet model_;
  TrainingStep step_;
  BatchPreparer preparer_;
};

/// Creates RUN/ and refuses to start where a start would destroy something.
void prepare_folder(const TrainRequest& request) {
  const RunPaths paths{request.folder};
  std::error_code error;
  std::filesystem::create_directories(request.folder, error);
  if (error) fail(ErrorKind::kRuntime, "cannot create " + request.folder.string() + ": " + error.message());
  if (request.resume) settle_checkpoint(paths);
  const bool model = std::filesystem::exists(paths.model(), error);
  const bool state = std::filesystem::exists(paths.training_state(), error);
  if (!request.resume && (model || state)) {
    fail(ErrorKind::kUsage, "--out " + request.folder.string() +
                                ": expected a new folder, found a run; continue it with --resume or choose another");
  }
  if (request.resume && model && !state) {
    fail(ErrorKind::kUsage, "--resume: " + request.folder.string() + " holds a model, but no " +
                                paths.training_state().filename().string() +
                                " to go on from; delete the folder to start again");
  }
}

}  // namespace

double learning_rate_of(const TrainingConfig& training, std::int64_t epoch) {
  const auto drop =
      static_cast<std::int64_t>(std::floor(training.decay_at * static_cast<double>(training.epochs) + 1e-9));
  return training.learning_rate * (epoch >= drop ? training.decay_factor : 1.0);
}

std::string digest_of(const data::Dataset& dataset, const std::filesystem::path& root) {
  std::uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a, 64 bits: a fingerprint, not a defence
  const auto mix = [&](const std::string& text) {
    for (const char letter : text + '\n') {
      hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3u;
    }
  };
  for (const std::string& name : dataset.class_names) mix(name);
  for (const data::Sample& sample : dataset.train) mix(sample.path.lexically_relative(root).generic_string());
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(hash >> shift) & 15];
  return std::to_string(dataset.train.size()) + "-" + text;
}

std::int64_t train(Backend& backend, const TrainRequest& request, const data::Dataset& dataset,
                   const std::filesystem::path& data_root, const TrainObserver& observer) {
  check_config(request.config);
  prepare_folder(request);
  return Training(backend, request, dataset, digest_of(dataset, data_root), observer).run();
}

}  // namespace mdd
