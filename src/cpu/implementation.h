// The CPU backend's class; its methods are spread over the files of this folder by topic.
#pragma once
#include "cpu/convolution.h"
#include "cpu/onednn.h"
#include "ops/backend.h"

namespace mdd::cpu {

class CpuBackend final : public Backend {
 public:
  explicit CpuBackend(Precision precision) : precision_(precision), convolutions_(onednn_, precision) {}

  [[nodiscard]] void* allocate(std::size_t bytes) override;
  void release(void* address) noexcept override;

  [[nodiscard]] std::string name() const override;
  [[nodiscard]] std::string description() const override;
  [[nodiscard]] DType feature_type() const override;
  [[nodiscard]] DType inference_feature_type() const override;
  void copy_from_host(const Tensor& to, std::span<const std::byte> host) override;
  void copy_to_host(std::span<std::byte> host, const Tensor& from) override;
  void copy(const Tensor& from, const Tensor& to) override;
  void fill(const Tensor& to, float value) override;
  void cast(const Tensor& from, const Tensor& to) override;
  void synchronize() override;
  void convolution_forward(const ConvolutionGeometry& geometry, const Tensor& x, const Filter& w,
                           const Epilogue& epilogue, const Tensor& y) override;
  void convolution_backward_data(const ConvolutionGeometry& geometry, const Tensor& dy, const Tensor& w,
                                 const Tensor& dx, WriteMode mode) override;
  void convolution_backward_weights(const ConvolutionGeometry& geometry, const Tensor& x, const Tensor& dy,
                                    const Tensor& dw) override;
  void transposed_convolution_forward(const ConvolutionGeometry& geometry, const Tensor& x, const Filter& w,
                                      const Epilogue& epilogue, const Tensor& y) override;
  void transposed_convolution_backward_data(const ConvolutionGeometry& geometry, const Tensor& dy, const Tensor& w,
                                            const Tensor& dx, WriteMode mode) override;
  void transposed_convolution_backward_weights(const ConvolutionGeometry& geometry, const Tensor& x, const Tensor& dy,
                                               const Tensor& dw) override;
  void forget_packed_filters() override;
  void batch_norm_statistics(const BatchNormParams& params, const Tensor& x, const BatchNormState& state) override;
  void batch_norm_apply(const Tensor& x, const BatchNormState& state, const Tensor& residual, bool relu,
                        const Tensor& y) override;
  void batch_norm_backward(const Tensor& x, const Tensor& y, const Tensor& dy, const BatchNormState& state, bool relu,
                           const Tensor& dgamma, const Tensor& dbeta, const Tensor& dx, const Tensor& dresidual,
                           WriteMode residual_mode) override;
  void max_pool_forward(const PoolParams& params, const Tensor& x, const Tensor& y) override;
  void max_pool_backward(const PoolParams& params, const Tensor& x, const Tensor& y, const Tensor& dy, const Tensor& dx,
                         WriteMode mode) override;
  void concatenate_channels(std::span<const Tensor> parts, const Tensor& y) override;
  void slice_channels(const Tensor& y, std::int64_t first, const Tensor& part, WriteMode mode) override;
  void add(const Tensor& a, const Tensor& b, const Tensor& y) override;
  void memory_read_forward(const MemoryParams& params, const Tensor& z, const Tensor& prototypes,
                           const MemoryState& state, const Tensor& read, const Tensor& mass) override;
  void memory_read_backward(const MemoryParams& params, const Tensor& z, const Tensor& prototypes,
                            const MemoryState& state, const Tensor& dread, const Tensor& dmass, const Tensor& dz,
                            WriteMode dz_mode, const Tensor& dprototypes) override;
  void class_loss_forward(const Tensor& mass, const Tensor& labels, const Tensor& loss) override;
  void class_loss_backward(const Tensor& mass, const Tensor& labels, float weight, const Tensor& dmass) override;
  void cosine_flat_forward(const Tensor& a, const Tensor& b, const Tensor& moments, const Tensor& loss,
                           WriteMode mode) override;
  void cosine_flat_backward(const Tensor& a, const Tensor& b, const Tensor& moments, float weight, const Tensor& da,
                            WriteMode mode) override;
  void cosine_map_forward(const Tensor& a, const Tensor& b, const Tensor& map) override;
  void cosine_map_backward(const Tensor& a, const Tensor& b, const Tensor& dmap, const Tensor& da, WriteMode a_mode,
                           const Tensor& db, WriteMode b_mode) override;
  void sum_forward(const Tensor& x, float scale, const Tensor& loss, WriteMode mode) override;
  void absolute_difference_forward(const Tensor& x, const Tensor& target, float scale, const Tensor& loss,
                                   WriteMode mode) override;
  void absolute_difference_backward(const Tensor& x, const Tensor& target, float weight, const Tensor& dx) override;
  void weighted_sum(const Tensor& terms, std::span<const float> weights, const Tensor& total) override;
  void softmax_cross_entropy(const Tensor& logits, const Tensor& labels, float weight, const Tensor& loss,
                             const Tensor& dlogits, WriteMode loss_mode) override;
  void reduce_mask(const Tensor& mask, MaskReduction reduction, const Tensor& cells) override;
  void adam_prepare(const AdamParams& params, const Tensor& gradient, const Tensor& loss, const Tensor& state) override;
  void adam_step(const AdamParams& params, const Tensor& state, const Tensor& gradient, const Tensor& w,
                 const Tensor& m, const Tensor& v) override;
  void normalise_images(const Normalisation& normalisation, const Tensor& x, const Tensor& y) override;
  void anomaly_sources(const Tensor& pool, std::span<const SourceRecipe> recipes, const Tensor& y) override;
  void perlin_masks(const PerlinParams& params, std::span<const PerlinKey> keys, const Tensor& mask) override;
  void blend_anomalies(const Normalisation& normalisation, const Tensor& x, const Tensor& source, const Tensor& mask,
                       std::span<const float> opacity, const Tensor& y) override;
  void resize_images(const Tensor& x, const Tensor& y) override;
  void upsample_bilinear(const Tensor& map, const Tensor& out, WriteMode mode) override;
  void fuse_maps(MapFusion fusion, float weight, const Tensor& tr, const Tensor& ri, const Tensor& fused) override;
  void gaussian_blur(float sigma, const Tensor& x, const Tensor& y) override;
  void image_scores(ScoreRule rule, const Tensor& maps, const Tensor& scores) override;
  void score_histogram(const Tensor& scores, const Tensor& labels, float low, float high,
                       const Tensor& counts) override;
  void pixel_metrics(const OverlapParams& params, const Tensor& scores, const Tensor& areas,
                     const Tensor& metrics) override;

 private:
  /// Memory for intermediate values of one operation: at least `elements` floats, kept from call to call.
  float* scratch(std::int64_t elements) { return scratch_.reserve(elements); }

  Precision precision_;
  OneDnn onednn_;
  Convolutions convolutions_;
  FloatBuffer scratch_;
};

}  // namespace mdd::cpu
