#include "profile/problem.h"

#include "cpu/cpu_backend.h"
#include "generate/sample.h"
#include "model/state_dict.h"

namespace mdd {
namespace {

constexpr std::int64_t kCalibrationSide = 64;  ///< enough for statistics, and quick
constexpr std::int64_t kCalibrationPictures = 4;
constexpr int kClasses = 3;

std::vector<float> fetch(Backend& backend, const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  backend.copy_to_host(std::as_writable_bytes(std::span(values)), tensor);
  return values;
}

void store(Backend& backend, const Tensor& tensor, const std::vector<float>& values) {
  backend.copy_from_host(tensor, std::as_bytes(std::span(values)));
}

data::Image picture(std::int64_t number, std::int64_t side, std::uint64_t seed, bool defective) {
  return generate::render_sample({.class_index = static_cast<int>(number % kClasses),
                                  .defect_index = defective ? 0 : -1,
                                  .number = static_cast<std::uint32_t>(number),
                                  .size = side,
                                  .seed = seed})
      .image;
}

void append(std::vector<std::uint8_t>& to, const data::Image& image) {
  to.insert(to.end(), image.pixels.begin(), image.pixels.end());
}

/// Gives an encoder with random weights the statistics of generated pictures.
void calibrate(Backend& backend, MddNet& model, std::uint64_t seed) {
  const Shape shape{kCalibrationPictures, kCalibrationSide, kCalibrationSide, 3};
  std::vector<std::uint8_t> pixels;
  for (std::int64_t i = 0; i < kCalibrationPictures; ++i) append(pixels, picture(i, kCalibrationSide, seed, false));
  StepArena arena(backend);
  Tape tape(backend, arena, true);
  const Variable bytes = tape.variable(shape, false, DType::kU8), images = tape.features(shape, false);
  backend.copy_from_host(bytes->value, std::as_bytes(std::span(pixels)));
  backend.normalise_images({}, bytes->value, images->value);
  model.encoder().calibrate(tape, images);
}

}  // namespace

Problem::Problem(const ProblemSize& size, std::uint64_t seed)
    : size_(size), seed_(seed), statistics_(std::make_shared<std::vector<float>>()) {
  options_.encoder = size.encoder;
  options_.classes = kClasses;
  options_.slots = 8;
  std::uint32_t item = 0;
  for (int b = 0; b < size.batches; ++b) {
    data::Batch batch;
    batch.count = size.batch;
    batch.step = b;
    for (std::int64_t i = 0; i < size.batch; ++i, ++item) {
      append(batch.normal, picture(item, size.side, seed, false));
      // Another product as the source of the anomaly.
      append(batch.source, picture(item + 1, size.side, seed + 1, false));
      batch.items.push_back(item);
      batch.labels.push_back(static_cast<std::int32_t>(item % kClasses));
      pictures_.push_back(picture(item, size.side, seed, item % 2 == 1));
    }
    batches_.push_back(std::move(batch));
  }
}

Problem Problem::shortened(std::int64_t batch) const {
  require(batch >= 1 && batch <= size_.batch, "a shorter batch");
  Problem out = *this;
  out.size_.batch = batch;
  out.size_.batches = 1;
  const auto pictures = static_cast<std::size_t>(batch);
  const std::size_t bytes = pictures * static_cast<std::size_t>(3 * size_.side * size_.side);
  out.pictures_.resize(pictures);
  out.batches_.resize(1);
  data::Batch& only = out.batches_[0];
  only.count = batch;
  only.normal.resize(bytes);
  only.source.resize(bytes);
  only.items.resize(pictures);
  only.labels.resize(pictures);
  return out;
}

void Problem::load_into(MddNet& model) const {
  const bool plain = model.form() != StoreForm::kFolded;
  if (!plain || statistics_->empty()) {
    const auto cpu = make_cpu_backend();
    MddNet drawn(*cpu, options_, false);
    drawn.initialise(seed_);
    calibrate(*cpu, drawn, seed_);
    if (!plain) return load_checkpoint_tensors(model, source_of_model(drawn));
    *statistics_ = fetch(*cpu, drawn.frozen().statistics());
  }
  model.initialise(seed_);
  store(model.backend(), model.frozen().statistics(), *statistics_);
  model.fold_encoder();
}

Learner::Learner(Backend& backend, const Problem& problem, StepMode mode)
    : problem_(problem),
      model_(backend, problem.options(), true),
      step_(model_, {}, {}, mode),
      preparer_(backend, problem.size().batch, problem.size().side, {}, problem.seed()) {
  problem.load_into(model_);
}

void Learner::prepare() { inputs_ = preparer_.prepare(problem_.batch(prepared_++)); }

std::vector<float> Learner::state() {
  Backend& backend = model_.backend();
  const ParameterStore& trained = model_.trained();
  std::vector<float> out;
  for (const Tensor& flat :
       {trained.values(), trained.statistics(), trained.first_moments(), trained.second_moments()}) {
    const std::vector<float> part = fetch(backend, flat);
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

}  // namespace mdd
