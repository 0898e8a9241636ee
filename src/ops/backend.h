// The contract between mathematics and machines: every operation that MDD-Net needs, as one abstract class.
//
// Conventions, valid for every method unless it says otherwise
//   layout    features are N,H,W,C ("positions x channels": positions = N*H*W), densely packed, last axis fastest.
//             Convolution weights are [out, kernel, kernel, in]; transposed ones [in, kernel, kernel, out].
//   types     features (activations and their gradients) are stored as feature_type(): f32, or f16 or bf16 where the
//             backend was asked for that. What inference is made of (normalise_images, forward convolutions, max_pool,
//             concatenate_channels, add, memory_read_forward, cosine_map_forward) takes inference_feature_type(), too.
//             Parameters, their gradients, statistics, losses, attention and maps are f32; images and masks u8; labels
//             i32.
//   requires  tensors live on this backend, shapes fit the formula, outputs do not overlap inputs unless said.
//             A violated clause throws Error(kRuntime) and changes nothing.
//   ensures   the outputs hold the formula's value with f32 (or better) accumulation, rounded once to their type; the
//             same inputs give the same bits on the same machine with the same number of threads.
//   bytes     what must move at least: the floor that a bandwidth-bound implementation is measured against.
//             X means the bytes of tensor x.
// Methods may return before the work is done; copy_to_host and synchronize wait for it.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "core/memory_resource.h"
#include "core/tensor.h"
#include "ops/params.h"

namespace mdd {

/// A sequence of operations that was recorded once and runs again as a whole, on the same addresses.
class Recording {
 public:
  virtual ~Recording() = default;
  /// Requires that it is not stale.
  virtual void replay() = 0;
  /// True once something that the recorded work relies on has gone: forget_packed_filters() was called since.
  [[nodiscard]] virtual bool stale() const noexcept = 0;
};

class Backend : public MemoryResource {
 public:
  /// "cpu", "cuda:0".
  [[nodiscard]] virtual std::string name() const = 0;
  /// One line for people: processor, threads, library versions.
  [[nodiscard]] virtual std::string description() const = 0;
  /// What features are stored as: f32, f16 or bf16.
  [[nodiscard]] virtual DType feature_type() const = 0;
  /// The same without gradients; may be narrower.
  [[nodiscard]] virtual DType inference_feature_type() const { return feature_type(); }

  /// Whether its memory is apart from the host's, so that what was computed there is best kept and used there.
  [[nodiscard]] virtual bool has_own_memory() const { return false; }

  /// Records what `work` asks for, without doing it; nullptr, and `work` not called, from a backend that cannot record.
  /// Requires that the same work ran at least once before (so that everything it needs is prepared), that it neither
  /// allocates nor waits nor reads host memory, and that all of its tensors outlive the recording.
  [[nodiscard]] virtual std::unique_ptr<Recording> record(const std::function<void()>& work) {
    static_cast<void>(work);
    return nullptr;
  }

  // ---- memory -------------------------------------------------------------------------------------------------------

  /// Host to device and back; `host` holds exactly tensor.bytes() bytes. copy_to_host waits for earlier work.
  virtual void copy_from_host(const Tensor& to, std::span<const std::byte> host) = 0;
  virtual void copy_to_host(std::span<std::byte> host, const Tensor& from) = 0;
  /// to = from, same type and elements. bytes: 2 X.
  virtual void copy(const Tensor& from, const Tensor& to) = 0;
  /// Every element of an f32 or f64 tensor = value; of any type for value 0. bytes: X.
  virtual void fill(const Tensor& to, float value) = 0;
  /// to = from converted between f32, f16 and bf16, rounding to nearest even. bytes: X + Y.
  virtual void cast(const Tensor& from, const Tensor& to) = 0;
  /// Waits until everything asked for so far is done.
  virtual void synchronize() = 0;

  // ---- convolution (spec S2, S3, S5) --------------------------------------------------------------------------------

  /// y[n,p,q,k] = epilogue(sum_{r,s,c} x[n, p*stride - padding + r, q*stride - padding + s, c] * w[k,r,s,c]).
  /// x [N,H,W,C], w [K,R,R,C], y [N,P,Q,K] with P = geometry.output(H). bytes: X + W + Y (+ residual).
  virtual void convolution_forward(const ConvolutionGeometry& geometry, const Tensor& x, const Filter& w,
                                   const Epilogue& epilogue, const Tensor& y) = 0;
  /// dx (+)= the transpose of the forward map applied to dy. bytes: dY + W + dX.
  virtual void convolution_backward_data(const ConvolutionGeometry& geometry, const Tensor& dy, const Tensor& w,
                                         const Tensor& dx, WriteMode mode) = 0;
  /// dw[k,r,s,c] = sum_{n,p,q} dy[n,p,q,k] * x[n, p*stride - padding + r, q*stride - padding + s, c]. Overwrites.
  /// bytes: dY + X + dW.
  virtual void convolution_backward_weights(const ConvolutionGeometry& geometry, const Tensor& x, const Tensor& dy,
                                            const Tensor& dw) = 0;
  /// The transpose of a convolution: y[n, p*stride - padding + r, q*stride - padding + s, k] += x[n,p,q,c] *
  /// w[c,r,s,k], then the epilogue. x [N,P,Q,C], w [C,R,R,K], y [N,H,W,K] with P = geometry.output(H). bytes: X + W +
  /// Y.
  virtual void transposed_convolution_forward(const ConvolutionGeometry& geometry, const Tensor& x, const Filter& w,
                                              const Epilogue& epilogue, const Tensor& y) = 0;
  virtual void transposed_convolution_backward_data(const ConvolutionGeometry& geometry, const Tensor& dy,
                                                    const Tensor& w, const Tensor& dx, WriteMode mode) = 0;
  virtual void transposed_convolution_backward_weights(const ConvolutionGeometry& geometry, const Tensor& x,
                                                       const Tensor& dy, const Tensor& dw) = 0;
  /// Drops the private copies made for frozen filters. Call after their values or addresses change.
  virtual void forget_packed_filters() = 0;

  // ---- batch norm (spec S9: training mode; in eval mode it is folded into the convolution) --------------------------

  /// Over the positions of x [.., C]: mean and biased variance per channel; then
  ///   inverse_deviation = 1 / sqrt(variance + epsilon), scale = gamma * inverse_deviation, shift = beta - mean *
  ///   scale, running = (1 - momentum) * running + momentum * batch value (variance * positions / (positions - 1)).
  /// Requires at least 2 positions. bytes: X.
  virtual void batch_norm_statistics(const BatchNormParams& params, const Tensor& x, const BatchNormState& state) = 0;
  /// y = relu?(x * scale + shift + residual?). y may be x. bytes: X + Y (+ residual).
  virtual void batch_norm_apply(const Tensor& x, const BatchNormState& state, const Tensor& residual, bool relu,
                                const Tensor& y) = 0;
  /// With g = relu ? dy * [y > 0] : dy and xhat = (x - mean) * inverse_deviation, over M positions:
  ///   dbeta = sum g, dgamma = sum g * xhat, dresidual (+)= g (if defined),
  ///   dx = gamma * inverse_deviation * (g - dbeta / M - xhat * dgamma / M).  dx overwrites and may be dy.
  /// y is read only if relu. bytes: 2 (X + dY (+ Y)) + dX (+ dresidual).
  virtual void batch_norm_backward(const Tensor& x, const Tensor& y, const Tensor& dy, const BatchNormState& state,
                                   bool relu, const Tensor& dgamma, const Tensor& dbeta, const Tensor& dx,
                                   const Tensor& dresidual, WriteMode residual_mode) = 0;

  // ---- small feature operations -------------------------------------------------------------------------------------

  /// Maximum over each window; positions outside count as -infinity. bytes: X + Y.
  virtual void max_pool_forward(const PoolParams& params, const Tensor& x, const Tensor& y) = 0;
  /// dx (+)= sum over the windows of dy at the window's first maximum, in row-major order; y is what max_pool_forward
  /// made of x. bytes: X + Y + dY + dX.
  virtual void max_pool_backward(const PoolParams& params, const Tensor& x, const Tensor& y, const Tensor& dy,
                                 const Tensor& dx, WriteMode mode) = 0;
  /// y = the parts side by side along the channel axis. bytes: 2 Y.
  virtual void concatenate_channels(std::span<const Tensor> parts, const Tensor& y) = 0;
  /// part (+)= channels [first, first + part channels) of y. bytes: 2 part.
  virtual void slice_channels(const Tensor& y, std::int64_t first, const Tensor& part, WriteMode mode) = 0;
  /// y = a + b; y may be a or b. bytes: 3 A.
  virtual void add(const Tensor& a, const Tensor& b, const Tensor& y) = 0;

  // ---- class-aware memory (spec S4) ---------------------------------------------------------------------------------

  /// For every position q of z [N,h,w,D] and prototype j of p [prototypes, D]:
  ///   softmax[q,j] = softmax_j(cos(z_q, p_j) / temperature), eps 1e-8 under both norms;
  ///   attention = softmax, or with shrinkage l > 0: u = relu(a - l) * a / (|a - l| + 1e-12), u / max(sum u, 1e-12);
  ///   read[q] = sum_j attention[q,j] p_j;  mass[n,c] = mean over positions of sum over the class's slots of attention.
  /// read [N,h,w,D], mass [N, classes]. bytes: Z + P + attention + read; 4 positions * prototypes * D operations.
  virtual void memory_read_forward(const MemoryParams& params, const Tensor& z, const Tensor& prototypes,
                                   const MemoryState& state, const Tensor& read, const Tensor& mass) = 0;
  /// dz (+)= and dprototypes = (overwrites) for upstream dread and dmass (either may be undefined = 0). A query or
  /// prototype of norm below 1e-8 gets no gradient through its cosine.
  virtual void memory_read_backward(const MemoryParams& params, const Tensor& z, const Tensor& prototypes,
                                    const MemoryState& state, const Tensor& dread, const Tensor& dmass,
                                    const Tensor& dz, WriteMode dz_mode, const Tensor& dprototypes) = 0;
  /// loss[0] = -mean_n log(mass[n, label[n]] + 1e-8), labels i32 [N].
  virtual void class_loss_forward(const Tensor& mass, const Tensor& labels, const Tensor& loss) = 0;
  /// dmass = weight * derivative of the loss (overwrites).
  virtual void class_loss_backward(const Tensor& mass, const Tensor& labels, float weight, const Tensor& dmass) = 0;

  // ---- cosine distances and the losses made of them (spec S6) -------------------------------------------------------

  /// loss[0] (+)= mean_n 1 - cos(a_n, b_n), cos over the whole flattened map of image n, each norm at least 1e-8.
  /// moments f32 [N,3] = (a.a, b.b, a.b) per image, for the backward pass. bytes: A + B.
  virtual void cosine_flat_forward(const Tensor& a, const Tensor& b, const Tensor& moments, const Tensor& loss,
                                   WriteMode mode) = 0;
  /// da (+)= weight * d loss / d a. A zero vector has cosine 0 and gets no gradient. bytes: A + B + dA.
  virtual void cosine_flat_backward(const Tensor& a, const Tensor& b, const Tensor& moments, float weight,
                                    const Tensor& da, WriteMode mode) = 0;
  /// map[n,h,w] = 1 - cos(a[n,h,w,:], b[n,h,w,:]). bytes: A + B + map.
  virtual void cosine_map_forward(const Tensor& a, const Tensor& b, const Tensor& map) = 0;
  /// da (+)= dmap * d map / d a, and the same for db; an undefined da or db is not computed. bytes: A + B + dA + dB.
  virtual void cosine_map_backward(const Tensor& a, const Tensor& b, const Tensor& dmap, const Tensor& da,
                                   WriteMode a_mode, const Tensor& db, WriteMode b_mode) = 0;
  /// loss[0] (+)= scale * sum of x. bytes: X.
  virtual void sum_forward(const Tensor& x, float scale, const Tensor& loss, WriteMode mode) = 0;
  /// loss[0] (+)= scale * sum |x - target|. bytes: X + target.
  virtual void absolute_difference_forward(const Tensor& x, const Tensor& target, float scale, const Tensor& loss,
                                           WriteMode mode) = 0;
  /// dx = weight * sign(x - target), sign(0) = 0 (overwrites). bytes: X + target + dX.
  virtual void absolute_difference_backward(const Tensor& x, const Tensor& target, float weight, const Tensor& dx) = 0;
  /// total[0] = sum_k weights[k] * terms[k]; terms f32 [count].
  virtual void weighted_sum(const Tensor& terms, std::span<const float> weights, const Tensor& total) = 0;
  /// For logits, features [.., K], and a label i32 a position, of which those below 0 are ignored and count nowhere:
  ///   loss[0] (+)= mean over counted positions of -log softmax[label], 0 if there are none;
  ///   dlogits = weight * derivative of that mean (overwrites; 0 at ignored positions). An undefined dlogits is not
  /// computed. The labels are read, and the positions counted, on the backend. Requires labels below K; a backend that
  /// cannot look at them in time answers others with a NaN loss. bytes: X + dX (+ labels).
  virtual void softmax_cross_entropy(const Tensor& logits, const Tensor& labels, float weight, const Tensor& loss,
                                     const Tensor& dlogits, WriteMode loss_mode) = 0;
  /// cells[n,i,j] = the mask u8 [N,S,S] (0 or 1) over the cell, S a multiple of the cells per side: share of set pixels
  /// (kAverage), the pixel at the cell's first row and column (kNearest, as PyTorch's), any set pixel (kMaximum).
  virtual void reduce_mask(const Tensor& mask, MaskReduction reduction, const Tensor& cells) = 0;

  // ---- optimiser (spec S9), over one flat buffer --------------------------------------------------------------------

  /// Reads loss[0] and the gradient's norm; decides whether the step is taken. With state f64 [kOptimizerStateSize]:
  /// finite: gradient scale, norm and steps taken + 1 are set, skipped in a row = 0; otherwise scale = 0, the norm is
  /// whatever was computed, and both skip counters rise. bytes: G.
  virtual void adam_prepare(const AdamParams& params, const Tensor& gradient, const Tensor& loss,
                            const Tensor& state) = 0;
  /// g' = scale * g; m = beta1 m + (1 - beta1) g'; v = beta2 v + (1 - beta2) g'^2;
  /// w -= lr * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).  Does nothing when state says skip.
  /// bytes: 4 W read, 3 W written.
  virtual void adam_step(const AdamParams& params, const Tensor& state, const Tensor& gradient, const Tensor& w,
                         const Tensor& m, const Tensor& v) = 0;

  // ---- images and synthetic anomalies (spec S2, S7) -----------------------------------------------------------------

  /// y[n,h,w,c] = (x / 255 - mean[c]) / deviation[c]; x u8 [N,S,S,3]. bytes: X + Y.
  virtual void normalise_images(const Normalisation& normalisation, const Tensor& x, const Tensor& y) = 0;
  /// y[n] = the image pool[recipes[n].image], shuffled and distorted by its recipe (spec S7 step 2, arithmetic:
  /// ops/source_arithmetic.h); a recipe of nothing copies. The same bits on every backend. pool u8 [M,S,S,3], y u8
  /// [N,S,S,3], recipes.size() = N; S a multiple of 8 where a recipe shuffles. bytes: 2 Y.
  virtual void anomaly_sources(const Tensor& pool, std::span<const SourceRecipe> recipes, const Tensor& y) = 0;
  /// mask u8 [N,S,S] of spec S7 step 1, see ops/perlin.h. keys.size() = N. bytes: mask.
  virtual void perlin_masks(const PerlinParams& params, std::span<const PerlinKey> keys, const Tensor& mask) = 0;
  /// y = normalise(mask ? (1 - opacity[n]) * source + opacity[n] * x : x); x, source u8 [N,S,S,3], mask u8 [N,S,S].
  /// bytes: X + source + mask + Y.
  virtual void blend_anomalies(const Normalisation& normalisation, const Tensor& x, const Tensor& source,
                               const Tensor& mask, std::span<const float> opacity, const Tensor& y) = 0;
  /// y u8 [N,P,Q,C] = x u8 [N,H,W,C] through the antialiasing filter of core/triangle_filter.h, rows first; the same
  /// bits on every backend. Sides 1 .. 65535, C 1 .. 4. bytes: X + Y + 2 N H Q C.
  virtual void resize_images(const Tensor& x, const Tensor& y) = 0;

  // ---- anomaly map (spec S8) ----------------------------------------------------------------------------------------

  /// out [N,S,S] (+)= bilinear enlargement of map [N,h,w] with aligned corners. bytes: map + out.
  virtual void upsample_bilinear(const Tensor& map, const Tensor& out, WriteMode mode) = 0;
  /// fused = tr + ri, tr * ri, tr, ri, or (1 - weight) * tr + weight * ri. fused may be tr or ri. bytes: 3 fused.
  virtual void fuse_maps(MapFusion fusion, float weight, const Tensor& tr, const Tensor& ri, const Tensor& fused) = 0;
  /// y [N,S,S] = x filtered along rows and columns by exp(-t^2 / (2 sigma^2)), |t| <= int(4 sigma + 0.5), normalised;
  /// half-sample symmetric border (d c b a | a b c d). Requires radius <= S. sigma 0 copies. bytes: X + Y.
  virtual void gaussian_blur(float sigma, const Tensor& x, const Tensor& y) = 0;
  /// scores[n] by the rule over map n; 1 % of S * S is rounded down, at least one pixel. A NaN in a map makes its score
  /// NaN. bytes: maps.
  virtual void image_scores(ScoreRule rule, const Tensor& maps, const Tensor& scores) = 0;

  // ---- metrics (spec S10) -------------------------------------------------------------------------------------------

  /// counts[l,b] += number of scores with label l (0 = normal, 1 = any other) whose bin is b, for `bins` equal bins
  /// over [low, high): b = min(bins - 1, floor((score - low) * bins / (high - low))), below low bin 0. scores f32 [n],
  /// labels u8 [n], counts i64 [2, bins]. NaN scores are counted nowhere. bytes: scores + labels.
  virtual void score_histogram(const Tensor& scores, const Tensor& labels, float low, float high,
                               const Tensor& counts) = 0;
  /// metrics f64 [4] = area under the ROC curve, average precision, largest F1, and area under the per-region-overlap
  /// curve up to `limit`, divided by `limit`; over all distinct thresholds, ties count as one. scores f32 [n]; areas
  /// i32 [n]: 0 = normal pixel, else the number of pixels of the pixel's connected defect component. NaN (all four)
  /// unless both kinds of pixels occur and no score is NaN; NaN (the last) for 0 components. n < 2^31. Takes memory of
  /// its own while it runs, 16 bytes a pixel, and waits: not to be recorded. bytes: a sort of n pairs.
  virtual void pixel_metrics(const OverlapParams& params, const Tensor& scores, const Tensor& areas,
                             const Tensor& metrics) = 0;
};

}  // namespace mdd
