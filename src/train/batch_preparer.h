// From a loader's batch to a step's inputs on the device: anomaly sources where the host has not made them,
// normalisation, anomaly masks, blending (spec S7).
#pragma once
#include "data/loader.h"
#include "inference/run_config.h"
#include "train/resident_images.h"
#include "train/training_step.h"

namespace mdd {

class BatchPreparer {
 public:
  /// Buffers for batches of up to `batch` images of side `side`, reused from step to step. `residents`, which outlives
  /// this object, makes the images of batches that come with recipes instead of pixels.
  BatchPreparer(Backend& backend, std::int64_t batch, std::int64_t side, const SynthesisConfig& synthesis,
                std::uint64_t seed, ResidentImages* residents = nullptr);
  /// The inputs live in this object's buffers until the next call.
  [[nodiscard]] StepInputs prepare(const data::Batch& batch);

 private:
  [[nodiscard]] Tensor view(const Buffer& buffer, DType dtype, const Shape& shape) const {
    return {buffer.data(), dtype, shape};
  }

  Backend* backend_;
  std::int64_t side_;
  SynthesisConfig synthesis_;
  std::uint64_t seed_;
  ResidentImages* residents_;
  Buffer bytes_, images_, mask_, labels_;
};

}  // namespace mdd
