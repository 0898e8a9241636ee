#include "profile/timed_backend.h"

#include <chrono>

namespace mdd {

void TimedBackend::timed(const char* operation, const Cost& cost, const std::function<void()>& work) {
  if (!listener_) return work();
  using Clock = std::chrono::steady_clock;
  inner_->synchronize();
  const Clock::time_point start = Clock::now();
  work();
  inner_->synchronize();
  listener_(operation, cost, std::chrono::duration<double>(Clock::now() - start).count());
}

void TimedBackend::copy_from_host(const Tensor& to, std::span<const std::byte> host) {
  timed("copy_from_host", {0, bytes_of({to})}, [&] { inner_->copy_from_host(to, host); });
}

void TimedBackend::copy_to_host(std::span<std::byte> host, const Tensor& from) {
  timed("copy_to_host", {0, bytes_of({from})}, [&] { inner_->copy_to_host(host, from); });
}

void TimedBackend::copy(const Tensor& from, const Tensor& to) {
  timed("copy", {0, bytes_of({from, to})}, [&] { inner_->copy(from, to); });
}

void TimedBackend::fill(const Tensor& to, float value) {
  timed("fill", {0, bytes_of({to})}, [&] { inner_->fill(to, value); });
}

void TimedBackend::cast(const Tensor& from, const Tensor& to) {
  timed("cast", {0, bytes_of({from, to})}, [&] { inner_->cast(from, to); });
}

void TimedBackend::convolution_forward(const ConvolutionGeometry& geometry, const Tensor& x, const Filter& w,
                                       const Epilogue& epilogue, const Tensor& y) {
  timed("convolution_forward",
        convolution_cost(geometry, y, x.shape.back(), bytes_of({x, w.weights, y, epilogue.residual})),
        [&] { inner_->convolution_forward(geometry, x, w, epilogue, y); });
}

void TimedBackend::convolution_backward_data(const ConvolutionGeometry& geometry, const Tensor& dy, const Tensor& w,
                                             const Tensor& dx, WriteMode mode) {
  timed("convolution_backward_data", convolution_cost(geometry, dy, dx.shape.back(), bytes_of({dy, w, dx})),
        [&] { inner_->convolution_backward_data(geometry, dy, w, dx, mode); });
}

void TimedBackend::convolution_backward_weights(const ConvolutionGeometry& geometry, const Tensor& x, const Tensor& dy,
                                                const Tensor& dw) {
  timed("convolution_backward_weights", convolution_cost(geometry, dy, x.shape.back(), bytes_of({dy, x, dw})),
        [&] { inner_->convolution_backward_weights(geometry, x, dy, dw); });
}

void TimedBackend::transposed_convolution_forward(const ConvolutionGeometry& geometry, const Tensor& x, const Filter& w,
                                                  const Epilogue& epilogue, const Tensor& y) {
  timed("transposed_convolution_forward",
        convolution_cost(geometry, x, y.shape.back(), bytes_of({x, w.weights, y, epilogue.residual})),
        [&] { inner_->transposed_convolution_forward(geometry, x, w, epilogue, y); });
}

void TimedBackend::transposed_convolution_backward_data(const ConvolutionGeometry& geometry, const Tensor& dy,
                                                        const Tensor& w, const Tensor& dx, WriteMode mode) {
  timed("transposed_convolution_backward_data", convolution_cost(geometry, dx, dy.shape.back(), bytes_of({dy, w, dx})),
        [&] { inner_->transposed_convolution_backward_data(geometry, dy, w, dx, mode); });
}

void TimedBackend::transposed_convolution_backward_weights(const ConvolutionGeometry& geometry, const Tensor& x,
                                                           const Tensor& dy, const Tensor& dw) {
  timed("transposed_convolution_backward_weights",
        convolution_cost(geometry, x, dy.shape.back(), bytes_of({dy, x, dw})),
        [&] { inner_->transposed_convolution_backward_weights(geometry, x, dy, dw); });
}

void TimedBackend::batch_norm_statistics(const BatchNormParams& params, const Tensor& x, const BatchNormState& state) {
  timed("batch_norm_statistics", {0, bytes_of({x})}, [&] { inner_->batch_norm_statistics(params, x, state); });
}

void TimedBackend::batch_norm_apply(const Tensor& x, const BatchNormState& state, const Tensor& residual, bool relu,
                                    const Tensor& y) {
  timed("batch_norm_apply", {0, bytes_of({x, residual, y})},
        [&] { inner_->batch_norm_apply(x, state, residual, relu, y); });
}

void TimedBackend::batch_norm_backward(const Tensor& x, const Tensor& y, const Tensor& dy, const BatchNormState& state,
                                       bool relu, const Tensor& dgamma, const Tensor& dbeta, const Tensor& dx,
                                       const Tensor& dresidual, WriteMode residual_mode) {
  timed("batch_norm_backward", {0, 2 * bytes_of({x, dy, relu ? y : Tensor{}}) + bytes_of({dx, dresidual})},
        [&] { inner_->batch_norm_backward(x, y, dy, state, relu, dgamma, dbeta, dx, dresidual, residual_mode); });
}

void TimedBackend::max_pool_forward(const PoolParams& params, const Tensor& x, const Tensor& y) {
  timed("max_pool_forward", {0, bytes_of({x, y})}, [&] { inner_->max_pool_forward(params, x, y); });
}

void TimedBackend::max_pool_backward(const PoolParams& params, const Tensor& x, const Tensor& y, const Tensor& dy,
                                     const Tensor& dx, WriteMode mode) {
  timed("max_pool_backward", {0, bytes_of({x, y, dy, dx})},
        [&] { inner_->max_pool_backward(params, x, y, dy, dx, mode); });
}

void TimedBackend::concatenate_channels(std::span<const Tensor> parts, const Tensor& y) {
  timed("concatenate_channels", {0, 2 * bytes_of({y})}, [&] { inner_->concatenate_channels(parts, y); });
}

void TimedBackend::slice_channels(const Tensor& y, std::int64_t first, const Tensor& part, WriteMode mode) {
  timed("slice_channels", {0, 2 * bytes_of({part})}, [&] { inner_->slice_channels(y, first, part, mode); });
}

void TimedBackend::add(const Tensor& a, const Tensor& b, const Tensor& y) {
  timed("add", {0, bytes_of({a, b, y})}, [&] { inner_->add(a, b, y); });
}

void TimedBackend::memory_read_forward(const MemoryParams& params, const Tensor& z, const Tensor& prototypes,
                                       const MemoryState& state, const Tensor& read, const Tensor& mass) {
  timed(
      "memory_read_forward",
      {4.0 * static_cast<double>(z.elements() * prototypes.shape[0]), bytes_of({z, prototypes, state.attention, read})},
      [&] { inner_->memory_read_forward(params, z, prototypes, state, read, mass); });
}

void TimedBackend::memory_read_backward(const MemoryParams& params, const Tensor& z, const Tensor& prototypes,
                                        const MemoryState& state, const Tensor& dread, const Tensor& dmass,
                                        const Tensor& dz, WriteMode dz_mode, const Tensor& dprototypes) {
  timed("memory_read_backward",
        {8.0 * static_cast<double>(z.elements() * prototypes.shape[0]),
         bytes_of({z, prototypes, state.attention, dread, dz, dprototypes})},
        [&] { inner_->memory_read_backward(params, z, prototypes, state, dread, dmass, dz, dz_mode, dprototypes); });
}

void TimedBackend::class_loss_forward(const Tensor& mass, const Tensor& labels, const Tensor& loss) {
  timed("class_loss_forward", {0, bytes_of({mass, labels, loss})},
        [&] { inner_->class_loss_forward(mass, labels, loss); });
}

void TimedBackend::class_loss_backward(const Tensor& mass, const Tensor& labels, float weight, const Tensor& dmass) {
  timed("class_loss_backward", {0, bytes_of({mass, labels, dmass})},
        [&] { inner_->class_loss_backward(mass, labels, weight, dmass); });
}

void TimedBackend::cosine_flat_forward(const Tensor& a, const Tensor& b, const Tensor& moments, const Tensor& loss,
                                       WriteMode mode) {
  timed("cosine_flat_forward", {0, bytes_of({a, b, moments, loss})},
        [&] { inner_->cosine_flat_forward(a, b, moments, loss, mode); });
}

void TimedBackend::cosine_flat_backward(const Tensor& a, const Tensor& b, const Tensor& moments, float weight,
                                        const Tensor& da, WriteMode mode) {
  timed("cosine_flat_backward", {0, bytes_of({a, b, moments, da})},
        [&] { inner_->cosine_flat_backward(a, b, moments, weight, da, mode); });
}

void TimedBackend::cosine_map_forward(const Tensor& a, const Tensor& b, const Tensor& map) {
  timed("cosine_map_forward", {0, bytes_of({a, b, map})}, [&] { inner_->cosine_map_forward(a, b, map); });
}

void TimedBackend::cosine_map_backward(const Tensor& a, const Tensor& b, const Tensor& dmap, const Tensor& da,
                                       WriteMode a_mode, const Tensor& db, WriteMode b_mode) {
  timed("cosine_map_backward", {0, bytes_of({a, b, dmap, da, db})},
        [&] { inner_->cosine_map_backward(a, b, dmap, da, a_mode, db, b_mode); });
}

void TimedBackend::sum_forward(const Tensor& x, float scale, const Tensor& loss, WriteMode mode) {
  timed("sum_forward", {0, bytes_of({x, loss})}, [&] { inner_->sum_forward(x, scale, loss, mode); });
}

void TimedBackend::absolute_difference_forward(const Tensor& x, const Tensor& target, float scale, const Tensor& loss,
                                               WriteMode mode) {
  timed("absolute_difference_forward", {0, bytes_of({x, target, loss})},
        [&] { inner_->absolute_difference_forward(x, target, scale, loss, mode); });
}

void TimedBackend::absolute_difference_backward(const Tensor& x, const Tensor& target, float weight, const Tensor& dx) {
  timed("absolute_difference_backward", {0, bytes_of({x, target, dx})},
        [&] { inner_->absolute_difference_backward(x, target, weight, dx); });
}

void TimedBackend::weighted_sum(const Tensor& terms, std::span<const float> weights, const Tensor& total) {
  timed("weighted_sum", {0, bytes_of({terms, total})}, [&] { inner_->weighted_sum(terms, weights, total); });
}

void TimedBackend::softmax_cross_entropy(const Tensor& logits, const Tensor& labels, float weight, const Tensor& loss,
                                         const Tensor& dlogits, WriteMode loss_mode) {
  timed("softmax_cross_entropy", {0, bytes_of({logits, labels, loss, dlogits})},
        [&] { inner_->softmax_cross_entropy(logits, labels, weight, loss, dlogits, loss_mode); });
}

void TimedBackend::reduce_mask(const Tensor& mask, MaskReduction reduction, const Tensor& cells) {
  timed("reduce_mask", {0, bytes_of({mask, cells})}, [&] { inner_->reduce_mask(mask, reduction, cells); });
}

void TimedBackend::adam_prepare(const AdamParams& params, const Tensor& gradient, const Tensor& loss,
                                const Tensor& state) {
  timed("adam_prepare", {0, bytes_of({gradient})}, [&] { inner_->adam_prepare(params, gradient, loss, state); });
}

void TimedBackend::adam_step(const AdamParams& params, const Tensor& state, const Tensor& gradient, const Tensor& w,
                             const Tensor& m, const Tensor& v) {
  timed("adam_step", {0, bytes_of({gradient}) + 2 * bytes_of({w, m, v})},
        [&] { inner_->adam_step(params, state, gradient, w, m, v); });
}

void TimedBackend::normalise_images(const Normalisation& normalisation, const Tensor& x, const Tensor& y) {
  timed("normalise_images", {0, bytes_of({x, y})}, [&] { inner_->normalise_images(normalisation, x, y); });
}

void TimedBackend::anomaly_sources(const Tensor& pool, std::span<const SourceRecipe> recipes, const Tensor& y) {
  timed("anomaly_sources", {0, 2 * bytes_of({y})}, [&] { inner_->anomaly_sources(pool, recipes, y); });
}

void TimedBackend::perlin_masks(const PerlinParams& params, std::span<const PerlinKey> keys, const Tensor& mask) {
  timed("perlin_masks", {0, bytes_of({mask})}, [&] { inner_->perlin_masks(params, keys, mask); });
}

void TimedBackend::blend_anomalies(const Normalisation& normalisation, const Tensor& x, const Tensor& source,
                                   const Tensor& mask, std::span<const float> opacity, const Tensor& y) {
  timed("blend_anomalies", {0, bytes_of({x, source, mask, y})},
        [&] { inner_->blend_anomalies(normalisation, x, source, mask, opacity, y); });
}

void TimedBackend::resize_images(const Tensor& x, const Tensor& y) {
  timed("resize_images", {0, bytes_of({x, y})}, [&] { inner_->resize_images(x, y); });
}

void TimedBackend::upsample_bilinear(const Tensor& map, const Tensor& out, WriteMode mode) {
  timed("upsample_bilinear", {0, bytes_of({map, out})}, [&] { inner_->upsample_bilinear(map, out, mode); });
}

void TimedBackend::fuse_maps(MapFusion fusion, float weight, const Tensor& tr, const Tensor& ri, const Tensor& fused) {
  timed("fuse_maps", {0, bytes_of({tr, ri, fused})}, [&] { inner_->fuse_maps(fusion, weight, tr, ri, fused); });
}

void TimedBackend::gaussian_blur(float sigma, const Tensor& x, const Tensor& y) {
  timed("gaussian_blur", {0, bytes_of({x, y})}, [&] { inner_->gaussian_blur(sigma, x, y); });
}

void TimedBackend::image_scores(ScoreRule rule, const Tensor& maps, const Tensor& scores) {
  timed("image_scores", {0, bytes_of({maps, scores})}, [&] { inner_->image_scores(rule, maps, scores); });
}

void TimedBackend::score_histogram(const Tensor& scores, const Tensor& labels, float low, float high,
                                   const Tensor& counts) {
  timed("score_histogram", {0, bytes_of({scores, labels, counts})},
        [&] { inner_->score_histogram(scores, labels, low, high, counts); });
}

void TimedBackend::pixel_metrics(const OverlapParams& params, const Tensor& scores, const Tensor& areas,
                                 const Tensor& metrics) {
  timed("pixel_metrics", {0, bytes_of({scores, areas, metrics})},
        [&] { inner_->pixel_metrics(params, scores, areas, metrics); });
}

}  // namespace mdd
