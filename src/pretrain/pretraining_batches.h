// Labelled pictures, drawn on worker threads beside the training.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "data/ordered_workers.h"
#include "pretrain/dense_classifier.h"

namespace mdd {

/// N pictures and what is to be said about their cells.
struct LabelledBatch {
  std::vector<std::uint8_t> images;                      ///< [N,S,S,3]
  std::array<std::vector<std::int32_t>, kHeads> labels;  ///< [N, cells, cells] of each head
};

struct PretrainingData {
  std::int64_t batch = 32;
  std::int64_t side = 128;
  std::uint64_t seed = 0;
};

/// Batch number `index` of the stream; a pure function of both.
[[nodiscard]] LabelledBatch render_batch(const PretrainingData& data, std::int64_t index);

/// Batches first, first + 1 ... last - 1, rendered ahead.
class PretrainingBatches {
 public:
  PretrainingBatches(const PretrainingData& data, std::int64_t first, std::int64_t last, int workers);
  [[nodiscard]] LabelledBatch next();

 private:
  data::OrderedWorkers<LabelledBatch> workers_;
};

}  // namespace mdd
