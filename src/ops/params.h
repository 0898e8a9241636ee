// Parameter structs of the Backend contract. Plain values; defaults are those of the specification.
#pragma once
#include <array>
#include <cstdint>

#include "core/tensor.h"

namespace mdd {

/// What a backend computes convolutions in, and stores features as. kTf32 stores f32 and rounds the factors of
/// convolutions to 10 bits of mantissa. Sums are f32 in all of them, and so is the arithmetic of everything else.
enum class Precision : std::uint8_t { kF32, kTf32, kBf16, kF16 };

/// "f32", "tf32", "bf16", "f16".
[[nodiscard]] constexpr const char* name_of(Precision precision) noexcept {
  constexpr const char* kNames[] = {"f32", "tf32", "bf16", "f16"};
  return kNames[static_cast<std::size_t>(precision)];
}

/// Does a result replace what the destination holds, or is it added to it? First gradient into a slot overwrites.
enum class WriteMode : std::uint8_t { kOverwrite, kAccumulate };

/// Square kernel, equal stride and zero padding on both axes, no dilation, no groups.
struct ConvolutionGeometry {
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  std::int64_t padding = 1;
  /// Output extent of a convolution over `input` positions.
  [[nodiscard]] constexpr std::int64_t output(std::int64_t input) const noexcept {
    return (input + 2 * padding - kernel) / stride + 1;
  }
  friend constexpr bool operator==(const ConvolutionGeometry&, const ConvolutionGeometry&) = default;
};

/// A convolution's weights. `frozen` promises that the values at this address do not change until
/// Backend::forget_packed_filters() is called, so that a backend may keep a copy in the layout it likes best.
struct Filter {
  Tensor weights;
  bool frozen = false;
};

/// What a convolution does to its sums before it stores them: y = relu?(sum + bias[channel] + residual).
struct Epilogue {
  Tensor bias;      ///< f32 [channels]; undefined = none
  Tensor residual;  ///< shaped like the output; undefined = none
  bool relu = false;
};

struct BatchNormParams {
  float epsilon = 1e-5f;
  float momentum = 0.1f;
};

/// Per-channel f32 vectors of a training-mode batch norm (spec S9).
struct BatchNormState {
  Tensor gamma, beta;                     ///< learned
  Tensor running_mean, running_variance;  ///< moved towards the batch's by `momentum`; variance unbiased
  Tensor mean, inverse_deviation;         ///< of this batch, kept for the backward pass
  Tensor scale, shift;                    ///< y = x * scale + shift
};

struct PoolParams {
  std::int64_t kernel = 3;
  std::int64_t stride = 2;
  std::int64_t padding = 1;
};

/// Class-aware memory (spec S4).
struct MemoryParams {
  std::int64_t classes = 1;
  std::int64_t slots = 50;  ///< prototypes per class
  float temperature = 0.1f;
  float shrinkage = 0.0f;  ///< hard-shrinkage threshold l; 0 = off
};

/// What memory_read_forward leaves behind for the backward pass. Positions = N * h * w, prototypes = classes * slots.
struct MemoryState {
  Tensor softmax;              ///< f32 [positions, prototypes]
  Tensor attention;            ///< the same after hard shrinkage; may be the same tensor when shrinkage is 0
  Tensor query_inverse_norm;   ///< f32 [positions], 1 / max(|z|, 1e-8)
  Tensor memory_inverse_norm;  ///< f32 [prototypes]
};

/// How a pixel mask becomes a value per feature cell (spec S6).
enum class MaskReduction : std::uint8_t { kAverage, kNearest, kMaximum };

/// Perlin mask of one image (spec S7, step 1): a pure function of these.
struct PerlinKey {
  std::uint64_t seed = 0;
  std::uint32_t epoch = 0;
  std::uint32_t item = 0;
};

struct PerlinParams {
  float threshold = 0.5f;
  float p_normal = 0.0f;  ///< probability that nothing is inserted
  int redraws = 10;       ///< of an empty mask, after its first draw
};

/// Per-channel mean and deviation of RGB values in 0..1 (spec S2).
struct Normalisation {
  std::array<float, 3> mean{0.485f, 0.456f, 0.406f};
  std::array<float, 3> deviation{0.229f, 0.224f, 0.225f};
};

enum class DistortionKind : std::uint8_t { kValues, kColour, kChannels, kRotation, kRoll };

/// One distortion of an anomaly's source (spec S7, step 2); every kind reads its own members only.
struct Distortion {
  DistortionKind kind = DistortionKind::kValues;
  std::array<std::uint8_t, 256> values{};         ///< kValues: what each value becomes
  std::array<std::uint8_t, 3> channels{0, 1, 2};  ///< kChannels: new channel c is old channel channels[c]
  float hue = 0.0f;                               ///< kColour: shift in sixths of a turn, cyclic, -6 .. 6
  float saturation = 0.0f;                        ///< kColour: shift of the 0 .. 1 of the HSV cone, clamped
  float cosine = 1.0f, sine = 0.0f;               ///< kRotation: of the angle, counter-clockwise about the centre
  std::int32_t down = 0, right = 0;               ///< kRoll: where pixel (0, 0) moves, 0 .. side - 1
};

/// How the source of one synthetic anomaly comes out of an image: shuffled or not, then distorted.
struct SourceRecipe {
  static constexpr std::int32_t kGrid = 8;  ///< cells a side
  static constexpr std::size_t kMostDistortions = 3;

  std::int32_t image = 0;  ///< number of the image
  bool shuffled = false;   ///< cut into 8 x 8 cells, of which number cells[i] goes to place i (row by row)
  std::array<std::uint8_t, static_cast<std::size_t>(kGrid* kGrid)> cells{};
  std::int32_t count = 0;  ///< of distortions, carried out in turn; at most one of them is a rotation
  std::array<Distortion, kMostDistortions> distortions{};
};

/// Fusion of the two discrepancy maps (spec S8).
enum class MapFusion : std::uint8_t { kSum, kProduct, kTeacherRestored, kRestoredIdentity, kWeighted };

/// Image score of a map (spec S8): its largest value, or the mean of its largest 1 % (at least one pixel).
enum class ScoreRule : std::uint8_t { kMaximum, kTopPercent };

/// Of the per-region-overlap curve of a class (spec S10).
struct OverlapParams {
  std::int64_t components = 0;  ///< connected defect components in all masks
  double limit = 0.3;           ///< false-positive rate up to which the curve is integrated, in (0, 1]
};

struct AdamParams {
  float beta1 = 0.5f;
  float beta2 = 0.999f;
  float epsilon = 1e-8f;
  float clip_norm = 5.0f;  ///< global gradient norm; 0 = no clipping
  /// Gradients arrive multiplied by this, so that small ones survive 16-bit storage; undone before anything else.
  float loss_scale = 1.0f;
};

/// Layout of the f64 tensor [kOptimizerStateSize] that adam_prepare and adam_step share. It lives on the device, so
/// that a step needs no word from the host.
enum OptimizerStateIndex : std::int64_t {
  kStepsTaken = 0,     ///< t of the bias correction
  kLearningRate = 1,   ///< written by the host when the schedule moves
  kGradientScale = 2,  ///< min(1, clip / (norm + 1e-6)) / loss scale; 0 = this step is skipped
  kGradientNorm = 3,   ///< before clipping, loss scale undone
  kSkippedInARow = 4,  ///< steps skipped since the last one taken: loss or gradient was not finite
  kSkippedTotal = 5,
  kOptimizerStateSize = 8,
};

}  // namespace mdd
