#include "train/batch_preparer.h"

#include "core/rng.h"

namespace mdd {

BatchPreparer::BatchPreparer(Backend& backend, std::int64_t batch, std::int64_t side, const SynthesisConfig& synthesis,
                             std::uint64_t seed, ResidentImages* residents)
    : backend_(&backend), side_(side), synthesis_(synthesis), seed_(seed), residents_(residents) {
  const auto pixels = static_cast<std::size_t>(batch * side * side);
  bytes_ = Buffer(backend, 2 * 3 * pixels);
  images_ = Buffer(backend, 2 * 3 * pixels * size_of(backend.feature_type()));
  mask_ = Buffer(backend, pixels);
  labels_ = Buffer(backend, static_cast<std::size_t>(batch) * sizeof(std::int32_t));
}

StepInputs BatchPreparer::prepare(const data::Batch& batch) {
  const std::int64_t n = batch.count;
  const Tensor bytes = view(bytes_, DType::kU8, {2 * n, side_, side_, 3});
  const Tensor normal = bytes.rows(0, n), source = bytes.rows(n, n);
  const Tensor images = view(images_, backend_->feature_type(), {2 * n, side_, side_, 3});
  const Tensor mask = view(mask_, DType::kU8, {n, side_, side_});
  const Tensor labels = view(labels_, DType::kI32, {n});
  if (batch.recipes.empty()) {
    backend_->copy_from_host(normal, std::as_bytes(std::span(batch.normal)));
    backend_->copy_from_host(source, std::as_bytes(std::span(batch.source)));
  } else {
    require(residents_ != nullptr, "batch preparer: resident images for a batch of recipes");
    residents_->make(batch, bytes);
  }
  backend_->copy_from_host(labels, std::as_bytes(std::span(batch.labels)));
  std::vector<PerlinKey> keys;
  std::vector<float> opacity;
  for (const std::uint32_t item : batch.items) {
    keys.push_back({seed_, batch.epoch, item});
    opacity.push_back(RandomStream(seed_, batch.epoch, item, Purpose::kOpacity).uniform(0.0f, synthesis_.max_opacity));
  }
  backend_->normalise_images({}, normal, images.rows(0, n));
  backend_->perlin_masks({.p_normal = synthesis_.p_normal}, keys, mask);
  backend_->blend_anomalies({}, normal, source, mask, opacity, images.rows(n, n));
  return {Tape::constant(images), Tape::constant(mask), Tape::constant(labels)};
}

}  // namespace mdd
