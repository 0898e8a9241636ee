#include "pretrain/pretraining_batches.h"

#include "generate/pretraining_scene.h"

namespace mdd {

LabelledBatch render_batch(const PretrainingData& data, std::int64_t index) {
  LabelledBatch batch;
  const auto images = static_cast<std::size_t>(data.batch);
  batch.images.reserve(images * static_cast<std::size_t>(data.side * data.side * 3));
  std::array<std::size_t, kHeads> cells{};
  for (std::size_t head = 0; head < kHeads; ++head) {
    const std::int64_t per_side = data.side / kHeadCells[head].step;
    cells[head] = static_cast<std::size_t>(per_side * per_side);
    batch.labels[head].resize(images * cells[head]);
  }
  for (std::size_t i = 0; i < images; ++i) {
    const auto number = static_cast<std::uint64_t>(index) * images + i;
    const generate::LabelledScene scene = generate::render_pretraining_scene({data.seed, number, data.side});
    batch.images.insert(batch.images.end(), scene.image.pixels.begin(), scene.image.pixels.end());
    for (std::size_t head = 0; head < kHeads; ++head) {
      reduce_labels(scene.labels, data.side, kHeadCells[head], generate::is_overlay,
                    std::span(batch.labels[head]).subspan(i * cells[head], cells[head]));
    }
  }
  return batch;
}

PretrainingBatches::PretrainingBatches(const PretrainingData& data, std::int64_t first, std::int64_t last, int workers)
    : workers_([data](std::int64_t index) { return render_batch(data, index); }, first, last, workers, 2 * workers) {}

LabelledBatch PretrainingBatches::next() {
  auto batch = workers_.next();
  require(batch.has_value(), "a batch beyond the last");
  return std::move(*batch);
}

}  // namespace mdd
