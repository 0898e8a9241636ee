#include "pretrain/pretrainer.h"

#include <chrono>
#include <cmath>
#include <numbers>

#include "autograd/losses.h"
#include "autograd/replay.h"
#include "generate/pretraining_scene.h"
#include "model/state_dict.h"
#include "train/store_state.h"
#include "train/training_step.h"
#include "weights/safetensors.h"

namespace mdd {
namespace {

constexpr int kMostSkippedInARow = 10;

void reject(const char* option, const std::string& expected, const std::string& found) {
  fail(ErrorKind::kUsage, std::string(option) + ": expected " + expected + ", found " + found);
}

void check(const PretrainOptions& o) {
  static_cast<void>(architecture(o.encoder));
  if (o.steps < 1) reject("--steps", "at least 1", std::to_string(o.steps));
  if (o.data.batch < 1) reject("--batch", "at least 1", std::to_string(o.data.batch));
  if (o.data.side < 64 || o.data.side > 512 || o.data.side % 32 != 0) {
    reject("--size", "a multiple of 32 from 64 to 512", std::to_string(o.data.side));
  }
  if (!(o.learning_rate > 0)) reject("--lr", "more than 0", std::to_string(o.learning_rate));
  if (o.warmup < 0) reject("--warmup", "at least 0", std::to_string(o.warmup));
  if (o.save_every < 1) reject("--save-every", "at least 1", std::to_string(o.save_every));
}

/// What a resume must not change.
std::map<std::string, std::string> identity_of(const PretrainOptions& o) {
  return {{"encoder", o.encoder},
          {"steps", std::to_string(o.steps)},
          {"batch", std::to_string(o.data.batch)},
          {"size", std::to_string(o.data.side)},
          {"seed", std::to_string(o.data.seed)},
          {"learning_rate", std::to_string(o.learning_rate)},
          {"warmup", std::to_string(o.warmup)}};
}

class Pretraining {
 public:
  Pretraining(Backend& backend, const PretrainOptions& options)
      : backend_(backend),
        options_(options),
        model_(backend, options.encoder, generate::pretraining_label_count()),
        scalars_(backend, 1024),
        arena_(backend),
        replay_(backend, arena_, StepMode::kRecorded) {
    adam_.beta1 = 0.9f;
    adam_.loss_scale = loss_scale_for(backend.feature_type());
    backend.fill({scalars_.data(), DType::kF32, {256}}, 0.0f);
    const std::int64_t n = options.data.batch, side = options.data.side;
    const auto pixels = static_cast<std::size_t>(3 * n * side * side);
    bytes_ = Buffer(backend, pixels);
    images_ = Buffer(backend, pixels * size_of(backend.feature_type()));
    for (std::size_t head = 0; head < kHeads; ++head) {
      const std::int64_t cells = side / kHeadCells[head].step;
      label_buffers_[head] = Buffer(backend, static_cast<std::size_t>(n * cells * cells) * sizeof(std::int32_t));
      labels_[head] = {label_buffers_[head].data(), DType::kI32, {n * cells * cells}};
    }
  }

  std::int64_t run(const std::function<void(const PretrainRecord&)>& on_step) {
    const std::int64_t first = prepare();
    PretrainingBatches batches(options_.data, first, options_.steps, options_.workers);
    for (std::int64_t i = first; i < options_.steps; ++i) {
      const auto start = std::chrono::steady_clock::now();
      PretrainRecord record = one_step(batches.next(), i);
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      record.images_per_second = static_cast<double>(options_.data.batch) / seconds;
      if (on_step) on_step(record);
      const bool stopped = options_.stop != nullptr && options_.stop->load();
      if ((i + 1) % options_.save_every == 0 || stopped || i + 1 == options_.steps) save(i + 1);
      if (stopped && i + 1 < options_.steps) {
        fail(ErrorKind::kInterrupted,
             "interrupted after step " + std::to_string(i + 1) + "; both files are written, continue with --resume");
      }
    }
    return std::max(first, options_.steps);
  }

 private:
  [[nodiscard]] std::filesystem::path state_path() const { return options_.out.string() + ".state"; }
  [[nodiscard]] Tensor terms() const { return {scalars_.data(), DType::kF32, {kHeads}}; }
  [[nodiscard]] Tensor total() const { return {static_cast<std::byte*>(scalars_.data()) + 256, DType::kF32, {1}}; }
  [[nodiscard]] Tensor counters() const {
    return {static_cast<std::byte*>(scalars_.data()) + 512, DType::kF64, {kOptimizerStateSize}};
  }

  std::int64_t prepare() {
    model_.store().initialise(options_.data.seed);
    std::error_code error;
    const bool state = std::filesystem::exists(state_path(), error);
    if (options_.resume && state) return resume();
    if (state || std::filesystem::exists(options_.out, error)) {
      fail(ErrorKind::kUsage, "--out " + options_.out.string() +
                                  ": expected a new file, found one; continue it with --resume or choose another");
    }
    return 0;
  }

  std::int64_t resume() {
    const auto archive = weights::open_archive(state_path());
    for (const auto& [key, value] : identity_of(options_)) {
      const std::string found = required_metadata(*archive, key);
      if (found != value) {
        fail(ErrorKind::kUsage, "--resume under other options: " + key + ": expected " + found + ", found " + value);
      }
    }
    const std::int64_t step = required_count(*archive, "step");
    const OptimizerCounters values = restore_state(model_.store(), *archive);
    backend_.copy_from_host(counters(), std::as_bytes(std::span(values)));
    return step;
  }

  PretrainRecord one_step(const LabelledBatch& batch, std::int64_t index) {
    const std::int64_t n = options_.data.batch, side = options_.data.side;
    const Tensor bytes{bytes_.data(), DType::kU8, {n, side, side, 3}};
    const Variable images = Tape::constant({images_.data(), backend_.feature_type(), {n, side, side, 3}});
    backend_.copy_from_host(bytes, std::as_bytes(std::span(batch.images)));
    for (std::size_t head = 0; head < kHeads; ++head) {
      backend_.copy_from_host(labels_[head], std::as_bytes(std::span(batch.labels[head])));
    }
    const double rate = pretraining_rate(options_, index);
    backend_.copy_from_host({counters().as<double>() + kLearningRate, DType::kF64, {1}},
                            std::as_bytes(std::span(&rate, 1)));
    backend_.normalise_images({}, bytes, images->value);
    replay_.run({static_cast<std::uintptr_t>(n)}, [&] { compute(images); });
    return report(index, rate);
  }

  void compute(const Variable& images) {
    Tape tape(backend_, arena_, true);
    auto logits = model_.forward(tape, images);
    for (std::size_t head = 0; head < kHeads; ++head) {
      const LossTerm term{{terms().f32() + head, DType::kF32, {1}}, adam_.loss_scale, WriteMode::kOverwrite};
      dense_classification_loss(tape, logits[head], Tape::constant(labels_[head]), term);
      logits[head].reset();
    }
    const std::array<float, kHeads> ones{1.0f, 1.0f, 1.0f};
    backend_.weighted_sum(terms(), ones, total());
    tape.backward();
    const ParameterStore& store = model_.store();
    backend_.adam_prepare(adam_, store.gradients(), total(), counters());
    backend_.adam_step(adam_, counters(), store.gradients(), store.values(), store.first_moments(),
                       store.second_moments());
  }

  PretrainRecord report(std::int64_t index, double rate) {
    PretrainRecord record;
    record.step = index + 1;
    record.learning_rate = rate;
    backend_.copy_to_host(std::as_writable_bytes(std::span(record.losses)), terms());
    const OptimizerCounters state = fetch_counters();
    record.gradient_norm = state[kGradientNorm];
    if (state[kSkippedInARow] >= kMostSkippedInARow) {
      fail(ErrorKind::kRuntime, "loss or gradient was not finite in " + std::to_string(kMostSkippedInARow) +
                                    " steps in a row (step " + std::to_string(index + 1) +
                                    "); the last files are kept");
    }
    return record;
  }

  [[nodiscard]] OptimizerCounters fetch_counters() const {
    OptimizerCounters state{};
    backend_.copy_to_host(std::as_writable_bytes(std::span(state)), counters());
    return state;
  }

  void save(std::int64_t steps) {
    require_finite(model_.store());
    auto metadata = identity_of(options_);
    metadata["step"] = std::to_string(steps);
    weights::write_safetensors_of(state_path(), state_tensors(model_.store(), fetch_counters()), metadata);
    auto encoder = export_tensors(model_.store(), steps);
    std::erase_if(encoder, [](const auto& tensor) { return is_head(tensor.first); });
    for (auto& [name, tensor] : encoder) tensor = halved(tensor);
    metadata["format"] = "mddnet-encoder";
    metadata["trained_on"] = "procedurally generated pictures only";
    weights::write_safetensors_of(options_.out, std::move(encoder), metadata);
  }

  static HostTensor halved(const HostTensor& tensor) {
    if (tensor.dtype != DType::kF32 || tensor.shape.rank() < 2) return tensor;  // batch norm keeps its digits
    HostTensor half(DType::kF16, tensor.shape);
    const auto from = tensor.span<float>();
    std::transform(from.begin(), from.end(), half.span<std::uint16_t>().begin(), half_from_float);
    return half;
  }

  Backend& backend_;
  const PretrainOptions& options_;
  DenseClassifier model_;
  AdamParams adam_;
  Buffer scalars_;
  Buffer bytes_, images_;
  std::array<Buffer, kHeads> label_buffers_;
  std::array<Tensor, kHeads> labels_;
  StepArena arena_;
  Replay replay_;
};

}  // namespace

double pretraining_rate(const PretrainOptions& options, std::int64_t index) {
  if (index < options.warmup) {
    return options.learning_rate * static_cast<double>(index + 1) / static_cast<double>(options.warmup);
  }
  const double done = static_cast<double>(index - options.warmup) /
                      static_cast<double>(std::max<std::int64_t>(1, options.steps - options.warmup));
  return 0.5 * options.learning_rate * (1.0 + std::cos(std::numbers::pi * done));
}

std::int64_t pretrain(Backend& backend, const PretrainOptions& options,
                      const std::function<void(const PretrainRecord&)>& on_step) {
  check(options);
  return Pretraining(backend, options).run(on_step);
}

}  // namespace mdd
