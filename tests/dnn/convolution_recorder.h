// A backend that computes nothing and notes which convolutions it was asked for. Its memory is addresses only, so that
// a whole model runs at full size in no time: the list of convolutions comes from the model itself.
#pragma once
#include <map>
#include <string>

#include "cuda/dnn/problem.h"
#include "ops/backend.h"

namespace mdd::test {

class ConvolutionRecorder final : public Backend {
 public:
  using Problem = cuda::ConvolutionProblem;
  /// By their text: each once.
  [[nodiscard]] const std::map<std::string, Problem>& problems() const { return problems_; }

  void* allocate(std::size_t bytes) override {
    next_ += (bytes + 511) / 256 * 256;
    return reinterpret_cast<void*>(next_ - (bytes + 511) / 256 * 256);
  }
  void release(void*) noexcept override {}
  std::string name() const override { return "recorder"; }
  std::string description() const override { return name(); }
  DType feature_type() const override { return DType::kF32; }

  void convolution_forward(const ConvolutionGeometry& g, const Tensor& x, const Filter&, const Epilogue& epilogue,
                           const Tensor& y) override {
    note({.kind = cuda::ConvolutionKind::kForward,
          .geometry = g,
          .x = x.shape,
          .y = y.shape,
          .bias = epilogue.bias.defined(),
          .residual = epilogue.residual.defined(),
          .relu = epilogue.relu});
  }
  void convolution_backward_data(const ConvolutionGeometry& g, const Tensor& dy, const Tensor&, const Tensor& dx,
                                 WriteMode) override {
    note({.kind = cuda::ConvolutionKind::kBackwardData, .geometry = g, .x = dx.shape, .y = dy.shape});
  }
  void convolution_backward_weights(const ConvolutionGeometry& g, const Tensor& x, const Tensor& dy,
                                    const Tensor&) override {
    note({.kind = cuda::ConvolutionKind::kBackwardWeights, .geometry = g, .x = x.shape, .y = dy.shape});
  }
  void transposed_convolution_forward(const ConvolutionGeometry& g, const Tensor& x, const Filter&, const Epilogue&,
                                      const Tensor& y) override {
    note({.kind = cuda::ConvolutionKind::kBackwardData, .geometry = g, .x = y.shape, .y = x.shape});
  }
  void transposed_convolution_backward_data(const ConvolutionGeometry& g, const Tensor& dy, const Tensor&,
                                            const Tensor& dx, WriteMode) override {
    note({.kind = cuda::ConvolutionKind::kForward, .geometry = g, .x = dy.shape, .y = dx.shape});
  }
  void transposed_convolution_backward_weights(const ConvolutionGeometry& g, const Tensor& x, const Tensor& dy,
                                               const Tensor&) override {
    note({.kind = cuda::ConvolutionKind::kBackwardWeights, .geometry = g, .x = dy.shape, .y = x.shape});
  }

  // Everything else does nothing.
  using T = const Tensor&;
  void copy_from_host(T, std::span<const std::byte>) override {}
  void copy_to_host(std::span<std::byte>, T) override {}
  void copy(T, T) override {}
  void fill(T, float) override {}
  void cast(T, T) override {}
  void synchronize() override {}
  void forget_packed_filters() override {}
  void batch_norm_statistics(const BatchNormParams&, T, const BatchNormState&) override {}
  void batch_norm_apply(T, const BatchNormState&, T, bool, T) override {}
  void batch_norm_backward(T, T, T, const BatchNormState&, bool, T, T, T, T, WriteMode) override {}
  void max_pool_forward(const PoolParams&, T, T) override {}
  void max_pool_backward(const PoolParams&, T, T, T, T, WriteMode) override {}
  void concatenate_channels(std::span<const Tensor>, T) override {}
  void slice_channels(T, std::int64_t, T, WriteMode) override {}
  void add(T, T, T) override {}
  void memory_read_forward(const MemoryParams&, T, T, const MemoryState&, T, T) override {}
  void memory_read_backward(const MemoryParams&, T, T, const MemoryState&, T, T, T, WriteMode, T) override {}
  void class_loss_forward(T, T, T) override {}
  void class_loss_backward(T, T, float, T) override {}
  void cosine_flat_forward(T, T, T, T, WriteMode) override {}
  void cosine_flat_backward(T, T, T, float, T, WriteMode) override {}
  void cosine_map_forward(T, T, T) override {}
  void cosine_map_backward(T, T, T, T, WriteMode, T, WriteMode) override {}
  void sum_forward(T, float, T, WriteMode) override {}
  void absolute_difference_forward(T, T, float, T, WriteMode) override {}
  void absolute_difference_backward(T, T, float, T) override {}
  void weighted_sum(T, std::span<const float>, T) override {}
  void softmax_cross_entropy(T, T, float, T, T, WriteMode) override {}
  void reduce_mask(T, MaskReduction, T) override {}
  void adam_prepare(const AdamParams&, T, T, T) override {}
  void adam_step(const AdamParams&, T, T, T, T, T) override {}
  void normalise_images(const Normalisation&, T, T) override {}
  void anomaly_sources(T, std::span<const SourceRecipe>, T) override {}
  void perlin_masks(const PerlinParams&, std::span<const PerlinKey>, T) override {}
  void blend_anomalies(const Normalisation&, T, T, T, std::span<const float>, T) override {}
  void resize_images(T, T) override {}
  void upsample_bilinear(T, T, WriteMode) override {}
  void fuse_maps(MapFusion, float, T, T, T) override {}
  void gaussian_blur(float, T, T) override {}
  void image_scores(ScoreRule, T, T) override {}
  void score_histogram(T, T, float, float, T) override {}
  void pixel_metrics(const OverlapParams&, T, T, T) override {}

 private:
  void note(const Problem& problem) { problems_.emplace(cuda::text(problem, problem.type), problem); }

  std::uintptr_t next_ = 4096;
  std::map<std::string, Problem> problems_;
};

}  // namespace mdd::test
