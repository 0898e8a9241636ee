#include "inference/scorer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>

#include "core/trace.h"
#include "data/image_stream.h"

namespace mdd {
namespace {

constexpr std::int64_t kStride = 32;  // of z, in pixels (spec S3)

std::vector<float> fetch(Backend& backend, const Tensor& tensor) {
  std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
  backend.copy_to_host(std::as_writable_bytes(std::span(values)), tensor);
  return values;
}

std::vector<float> row(const std::vector<float>& values, std::size_t index, std::size_t count) {
  const auto begin = values.begin() + static_cast<std::ptrdiff_t>(index * count);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

}  // namespace

Scorer::Scorer(MddNet& model, const MapOptions& map, std::int64_t image_size, StepMode mode)
    : model_(&model), map_(map), side_(image_size), arena_(model.backend()), replay_(model.backend(), arena_, mode) {
  model_->fold();
}

Scorer::~Scorer() { model_->unfold(); }

Scorer::Batch Scorer::batch(std::int64_t images, bool all_maps) {
  Batch out;
  std::size_t bytes = 0;
  const auto place = [&](Tensor& tensor, DType dtype, const Shape& shape) {
    tensor = {nullptr, dtype, shape};
    const std::size_t at = bytes;
    bytes += (tensor.bytes() + StepArena::kAlignment - 1) / StepArena::kAlignment * StepArena::kAlignment;
    return at;
  };
  const Shape map{images, side_, side_};
  const std::int64_t classes = model_->options().memory ? model_->options().classes : 0;
  const std::int64_t cells = all_maps ? images * (side_ / kStride) * (side_ / kStride) : 0;
  const std::array offsets{place(out.bytes, DType::kU8, {images, side_, side_, 3}),
                           place(out.scores, DType::kF32, {images}),
                           place(out.fused, DType::kF32, map),
                           place(out.restored, DType::kF32, map),
                           place(out.identity, DType::kF32, map),
                           place(out.mass, DType::kF32, {images, classes}),
                           place(out.attention, DType::kF32, {cells, classes * model_->options().slots})};
  if (memory_.bytes() < bytes) memory_ = Buffer(model_->backend(), bytes);
  auto* base = static_cast<std::byte*>(memory_.data());
  const std::array tensors{&out.bytes,    &out.scores, &out.fused,    &out.restored,
                           &out.identity, &out.mass,   &out.attention};
  for (std::size_t i = 0; i < tensors.size(); ++i) tensors[i]->data = base + offsets[i];
  if (classes == 0) out.mass = {};
  if (classes == 0 || !all_maps) out.attention = {};
  return out;
}

void Scorer::compute(const Batch& batch, bool all_maps) {
  Backend& backend = model_->backend();
  Tape tape(backend, arena_, false);
  const Variable normalised = tape.features(batch.bytes.shape, false);
  backend.normalise_images({}, batch.bytes, normalised->value);
  const ModelOutput output = model_->forward(tape, model_->encoder().forward(tape, normalised));
  const AnomalyMaps maps = anomaly_maps(tape, map_, output, side_);
  backend.copy(maps.scores->value, batch.scores);
  backend.copy(maps.fused->value, batch.fused);
  if (all_maps) {
    backend.copy(maps.teacher_restored->value, batch.restored);
    backend.copy(maps.restored_identity->value, batch.identity);
  }
  if (output.mass) backend.copy(output.mass->value, batch.mass);
  if (batch.attention.defined()) backend.copy(output.attention->value, batch.attention);
}

std::vector<ScoredResult> Scorer::score(std::span<const data::Image> images, bool all_maps) {
  const TraceRange range("inference");
  Backend& backend = model_->backend();
  const auto count = static_cast<std::int64_t>(images.size());
  const Batch batch = this->batch(count, all_maps);
  for (std::int64_t i = 0; i < count; ++i) {
    const data::Image& image = images[static_cast<std::size_t>(i)];
    require(image.height == side_ && image.width == side_, "images of the model's size");
    backend.copy_from_host(batch.bytes.rows(i, 1), std::as_bytes(std::span(image.pixels)));
  }
  replay_.run({static_cast<std::uintptr_t>(count), all_maps, reinterpret_cast<std::uintptr_t>(batch.bytes.data)},
              [&] { compute(batch, all_maps); });

  const std::vector<float> scores = fetch(backend, batch.scores), fused = fetch(backend, batch.fused);
  std::vector<float> restored, identity, mass, attention;
  if (all_maps) {
    restored = fetch(backend, batch.restored);
    identity = fetch(backend, batch.identity);
  }
  if (batch.mass.defined()) mass = fetch(backend, batch.mass);
  if (batch.attention.defined()) attention = fetch(backend, batch.attention);
  const auto pixels = static_cast<std::size_t>(side_ * side_);
  const auto classes = static_cast<std::size_t>(model_->options().classes);
  const std::size_t reads = attention.size() / std::max<std::size_t>(images.size(), 1);
  std::vector<ScoredResult> results(images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    ScoredResult& r = results[i];
    r.score = scores[i];
    r.map = row(fused, i, pixels);
    r.device_map = batch.fused.rows(static_cast<std::int64_t>(i), 1);
    if (all_maps) {
      r.teacher_restored = row(restored, i, pixels);
      r.restored_identity = row(identity, i, pixels);
    }
    if (batch.attention.defined()) r.attention = row(attention, i, reads);
    if (batch.mass.defined()) {
      r.mass = row(mass, i, classes);
      r.vote = std::max_element(r.mass.begin(), r.mass.end()) - r.mass.begin();
    } else if (classes == 1) {
      r.vote = 0;
    }
    // A score is NaN if any pixel of its map is. The vote needs its own look: a maximum passes over NaN.
    const bool finite = std::isfinite(r.score) &&
                        std::all_of(r.mass.begin(), r.mass.end(), [](float share) { return std::isfinite(share); });
    if (!finite) fail(ErrorKind::kRuntime, "the anomaly score is not a number: the model's weights are broken");
  }
  return results;
}

void score_files(Scorer& scorer, const std::vector<std::filesystem::path>& paths, const ScoreFilesOptions& options,
                 const ScoreConsumer& consumer) {
  const int workers = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 8u));
  data::ImageStream stream(paths, scorer.image_size(), workers, 2 * options.batch);
  std::vector<data::Image> images;
  std::vector<std::size_t> indices;
  const auto flush = [&] {
    std::vector<ScoredResult> results = scorer.score(images, options.all_maps);
    for (std::size_t i = 0; i < images.size(); ++i) consumer.on_result(indices[i], images[i], results[i]);
    images.clear();
    indices.clear();
  };
  for (std::size_t index = 0; index < paths.size(); ++index) {
    data::StreamedImage streamed;
    try {
      if (!stream.next(streamed)) break;
    } catch (const Error& error) {
      if (!consumer.on_error) throw;
      consumer.on_error(index, error);
      continue;
    }
    images.push_back(std::move(streamed.image));
    indices.push_back(index);
    if (std::ssize(images) == options.batch) flush();
  }
  if (!images.empty()) flush();
}

}  // namespace mdd
