// Batch norm, first half: mean and variance of every channel, in two stages.
//
//   mean[c] = sum_p x[p,c] / M,  variance[c] = sum_p (x[p,c] - mean[c])^2 / M,  p = 1 .. M positions (n,h,w)
//
// Layout  x: [positions, channels] (NHWC flattened), T = float | half | bfloat16, aligned to kPack elements; partial
//         results: float[channels][slices]; the rest: float[channels].
// Cost    bytes = X, plus 16 * channels * slices for the partial results; 3 flop an element: memory-bound.
// Design  The textbook's sum x^2 / M - mean^2 loses all digits when the mean is large against the deviation. Here a
//         thread subtracts the first value that it meets: it is one of its own, so whatever it is, the sums of a
//         thread's n differences d lose at most log2(n) bits in  S = sum d^2 - (sum d)^2 / n.  Sets of positions are
//         then put together through their means, which loses nothing:
//           mean = sum_i n_i mean_i / sum_i n_i,   S = sum_i S_i + n_i (mean_i - mean)^2
//         first the threads of a block (a slice of the positions), then, one warp a channel and in f64, the slices.
//         Slices depend on the shape alone and are added in a fixed order: the same input gives the same bits.
#pragma once
#include "column_sums.cuh"
#include "floats.cuh"
#include "reduce.cuh"

namespace mdd::kernels {

/// A slice is `length` positions, the last one what remains.
struct PositionSlices {
  std::int64_t positions = 0;
  std::int64_t length = 0;
  int count = 0;

  __device__ std::int64_t begin(int slice) const { return slice * length; }
  __device__ std::int64_t end(int slice) const {
    const std::int64_t last = (slice + 1) * length;
    return last < positions ? last : positions;
  }
};

/// Blocks of a first stage that a multiprocessor shall hold at once: 64 registers a thread, enough for every tensor's
/// loads to be in flight together.
inline constexpr int kSliceBlocks = 4;

/// Positions that a thread reads before it adds the first: one load in flight would not fill the memory's pipeline.
inline constexpr int kAhead = 4;

/// Per-channel vectors, float[channels] each.
struct BatchNormVectors {
  const float* gamma;
  const float* beta;
  float* running_mean;
  float* running_variance;
  float* mean;
  float* inverse_deviation;
  float* scale;
  float* shift;
};

/// First stage, block (slice, channels): slice_means[c][slice], slice_squares[c][slice] = sum of (x - slice mean)^2.
template <class T, int kPack>
__global__ void __launch_bounds__(kChannelThreads, kSliceBlocks)
    batch_norm_slices(const T* __restrict__ x, PositionSlices slices, int channels, float* __restrict__ slice_means,
                      float* __restrict__ slice_squares) {
  const int channel = own_channel<kPack>();
  const int slice = static_cast<int>(blockIdx.x);
  const std::int64_t begin = slices.begin(slice), end = slices.end(slice);
  const std::int64_t first = begin + threadIdx.y;
  const bool busy = channel < channels && first < end;
  float origin[kPack] = {}, sum[kPack] = {}, squares[kPack] = {};
  if (busy) {
    const T* next = x + first * channels + channel;
    load_floats(origin, next);
    const auto take = [&](const float(&value)[kPack]) {
      for (int i = 0; i < kPack; ++i) {
        const float difference = value[i] - origin[i];
        sum[i] += difference;
        squares[i] += difference * difference;
      }
    };
    const std::int64_t step = static_cast<std::int64_t>(blockDim.y) * channels;
    std::int64_t left = (end - first - 1) / blockDim.y;
    for (; left >= kAhead; left -= kAhead) {
      float value[kAhead][kPack];
      for (auto& of_position : value) load_floats(of_position, next += step);
      for (const auto& of_position : value) take(of_position);
    }
    for (; left > 0; --left) {
      float value[kPack];
      load_floats(value, next += step);
      take(value);
    }
  }
  const float count = busy ? static_cast<float>((end - first - 1) / blockDim.y + 1) : 0.0f;
  const float per_count = busy ? 1.0f / count : 0.0f;
  const float per_slice = 1.0f / static_cast<float>(end - begin);
  float mean[kPack];
  for (int i = 0; i < kPack; ++i) mean[i] = count * (origin[i] + sum[i] * per_count);
  column_sums(mean);
  for (int i = 0; i < kPack; ++i) {
    mean[i] *= per_slice;
    const float inside = squares[i] - sum[i] * sum[i] * per_count;
    const float distance = origin[i] + sum[i] * per_count - mean[i];
    squares[i] = rectified(inside) + count * distance * distance;
  }
  column_sums(squares);
  if (threadIdx.y > 0 || channel >= channels) return;
  for (int i = 0; i < kPack; ++i) {
    const std::int64_t at = static_cast<std::int64_t>(channel + i) * slices.count + slice;
    slice_means[at] = mean[i];
    slice_squares[at] = squares[i];
  }
}

/// Second stage, a warp a channel: everything of the state that depends on the batch (ops/backend.h has the formulas).
__global__ void __launch_bounds__(kChannelThreads)
    batch_norm_finalise(const float* __restrict__ slice_means, const float* __restrict__ slice_squares,
                        PositionSlices slices, int channels, float epsilon, float momentum, BatchNormVectors state) {
  const int channel = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) / kWarp;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  if (channel >= channels) return;
  const float* means = slice_means + static_cast<std::int64_t>(channel) * slices.count;
  const float* squares = slice_squares + static_cast<std::int64_t>(channel) * slices.count;
  const auto positions = static_cast<double>(slices.positions);
  double sum = 0.0;
  for (int i = lane; i < slices.count; i += kWarp) {
    sum += static_cast<double>(slices.end(i) - slices.begin(i)) * static_cast<double>(means[i]);
  }
  const double mean = warp_sum(sum) / positions;
  sum = 0.0;
  for (int i = lane; i < slices.count; i += kWarp) {
    const double distance = static_cast<double>(means[i]) - mean;
    sum += static_cast<double>(squares[i]) + static_cast<double>(slices.end(i) - slices.begin(i)) * distance * distance;
  }
  const double variance = warp_sum(sum) / positions;
  if (lane > 0) return;

  const double inverse = 1.0 / sqrt(variance + static_cast<double>(epsilon));
  const double scale = static_cast<double>(state.gamma[channel]) * inverse;
  const auto share = static_cast<double>(momentum);
  const double unbiased = variance * positions / (positions - 1.0);
  state.mean[channel] = static_cast<float>(mean);
  state.inverse_deviation[channel] = static_cast<float>(inverse);
  state.scale[channel] = static_cast<float>(scale);
  state.shift[channel] = static_cast<float>(static_cast<double>(state.beta[channel]) - mean * scale);
  state.running_mean[channel] =
      static_cast<float>((1.0 - share) * static_cast<double>(state.running_mean[channel]) + share * mean);
  state.running_variance[channel] =
      static_cast<float>((1.0 - share) * static_cast<double>(state.running_variance[channel]) + share * unbiased);
}

}  // namespace mdd::kernels
