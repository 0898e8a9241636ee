#include "inference/scorer.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include "data/image_stream.h"

namespace mdd {
namespace {

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

Scorer::Scorer(MddNet& model, const MapOptions& map, std::int64_t image_size)
    : model_(&model), map_(map), side_(image_size), arena_(model.backend()) {
  model_->fold();
}

Scorer::~Scorer() { model_->unfold(); }

std::vector<ScoredResult> Scorer::score(std::span<const data::Image> images, bool all_maps) {
  Backend& backend = model_->backend();
  const auto count = static_cast<std::int64_t>(images.size());
  std::vector<ScoredResult> results(images.size());
  {
    Tape tape(backend, arena_, false);
    Variable normalised = tape.variable({count, side_, side_, 3}, false);
    {
      const Variable bytes = tape.variable({count, side_, side_, 3}, false, DType::kU8);
      for (std::int64_t i = 0; i < count; ++i) {
        const data::Image& image = images[static_cast<std::size_t>(i)];
        require(image.height == side_ && image.width == side_, "images of the model's size");
        backend.copy_from_host(bytes->value.rows(i, 1), std::as_bytes(std::span(image.pixels)));
      }
      backend.normalise_images({}, bytes->value, normalised->value);
    }
    const Features teacher = model_->encoder().forward(tape, normalised);
    const ModelOutput output = model_->forward(tape, teacher);
    const AnomalyMaps maps = anomaly_maps(tape, map_, output, side_);
    const auto pixels = static_cast<std::size_t>(side_ * side_);
    const std::vector<float> scores = fetch(backend, maps.scores->value), fused = fetch(backend, maps.fused->value);
    std::vector<float> restored, identity, mass;
    if (all_maps) {
      restored = fetch(backend, maps.teacher_restored->value);
      identity = fetch(backend, maps.restored_identity->value);
    }
    if (output.mass) mass = fetch(backend, output.mass->value);
    const auto classes = static_cast<std::size_t>(model_->options().classes);
    for (std::size_t i = 0; i < images.size(); ++i) {
      ScoredResult& r = results[i];
      r.score = scores[i];
      r.map = row(fused, i, pixels);
      if (all_maps) {
        r.teacher_restored = row(restored, i, pixels);
        r.restored_identity = row(identity, i, pixels);
      }
      if (output.mass) {
        r.mass = row(mass, i, classes);
        r.vote = std::max_element(r.mass.begin(), r.mass.end()) - r.mass.begin();
      } else if (classes == 1) {
        r.vote = 0;
      }
      if (!std::isfinite(r.score)) {
        fail(ErrorKind::kRuntime, "the anomaly score is not a number: the model's weights are broken");
      }
    }
  }
  arena_.reset();
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
