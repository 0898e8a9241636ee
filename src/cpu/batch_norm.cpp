// Batch norm in training mode: one reading pass for the statistics, one pass to apply, two for the backward formula.
// Sums run in f32 over short runs of rows and are carried over into f64, per block, then over blocks in order.
#include <cmath>

#include "cpu/implementation.h"
#include "cpu/parallel.h"

namespace mdd::cpu {
namespace {

constexpr std::int64_t kCarriedRows = 32;  ///< rows summed in f32 before they are carried over into f64

/// Two per-channel sums over rows [begin, end): accumulate(row, first, second) adds one row's terms.
template <class AddRow>
void two_sums(std::int64_t begin, std::int64_t end, std::int64_t channels, double* totals, const AddRow& add_row) {
  std::vector<float> run(static_cast<std::size_t>(2 * channels));
  std::fill_n(totals, 2 * channels, 0.0);
  for (std::int64_t start = begin; start < end; start += kCarriedRows) {
    std::fill(run.begin(), run.end(), 0.0f);
    for (std::int64_t row = start; row < std::min(end, start + kCarriedRows); ++row) {
      add_row(row, run.data(), run.data() + channels);
    }
    for (std::int64_t c = 0; c < 2 * channels; ++c) totals[c] += static_cast<double>(run[static_cast<std::size_t>(c)]);
  }
}

/// Sums of all blocks, [2, channels].
template <class AddRow>
std::vector<double> column_sums(std::int64_t rows, std::int64_t channels, const AddRow& add_row) {
  const std::int64_t block = std::max(rows_per_block(channels), kCarriedRows);
  const std::int64_t blocks = (rows + block - 1) / block;
  std::vector<double> partial(static_cast<std::size_t>(blocks * 2 * channels));
  parallel_blocks(rows, block, [&](std::int64_t i, std::int64_t begin, std::int64_t end) {
    two_sums(begin, end, channels, partial.data() + i * 2 * channels, add_row);
  });
  std::vector<double> total(static_cast<std::size_t>(2 * channels));
  for (std::size_t i = 0; i < partial.size(); ++i) total[i % total.size()] += partial[i];
  return total;
}

}  // namespace

void CpuBackend::batch_norm_statistics(const BatchNormParams& params, const Tensor& x, const BatchNormState& state) {
  const std::int64_t channels = x.shape.back();
  const std::int64_t rows = x.elements() / channels;
  require(rows >= 2, "batch norm needs at least two positions");
  require(state.gamma.elements() == channels && state.mean.elements() == channels, "batch norm state per channel");
  const float* values = x.f32();
  // Differences from the first row: the variance loses no digits when the mean is large.
  const float* origin = values;
  const auto sums = column_sums(rows, channels, [&](std::int64_t row, float* first, float* second) {
    const float* v = values + row * channels;
#pragma omp simd
    for (std::int64_t c = 0; c < channels; ++c) {
      const float d = v[c] - origin[c];
      first[c] += d;
      second[c] += d * d;
    }
  });
  const auto count = static_cast<double>(rows);
  for (std::int64_t c = 0; c < channels; ++c) {
    const double shift = sums[static_cast<std::size_t>(c)] / count;
    const double variance = std::max(0.0, sums[static_cast<std::size_t>(channels + c)] / count - shift * shift);
    const double mean = static_cast<double>(origin[c]) + shift;
    const double inverse = 1.0 / std::sqrt(variance + static_cast<double>(params.epsilon));
    const double scale = static_cast<double>(state.gamma.f32()[c]) * inverse;
    const auto momentum = static_cast<double>(params.momentum);
    float& running_mean = state.running_mean.f32()[c];
    float& running_variance = state.running_variance.f32()[c];
    running_mean = static_cast<float>((1.0 - momentum) * static_cast<double>(running_mean) + momentum * mean);
    running_variance = static_cast<float>((1.0 - momentum) * static_cast<double>(running_variance) +
                                          momentum * variance * count / (count - 1.0));
    state.mean.f32()[c] = static_cast<float>(mean);
    state.inverse_deviation.f32()[c] = static_cast<float>(inverse);
    state.scale.f32()[c] = static_cast<float>(scale);
    state.shift.f32()[c] = static_cast<float>(static_cast<double>(state.beta.f32()[c]) - mean * scale);
  }
}

void CpuBackend::batch_norm_apply(const Tensor& x, const BatchNormState& state, const Tensor& residual, bool relu,
                                  const Tensor& y) {
  require(x.shape == y.shape && (!residual.defined() || residual.shape == x.shape), "batch norm shapes");
  const std::int64_t channels = x.shape.back();
  const float* scale = state.scale.f32();
  const float* shift = state.shift.f32();
  const float* in = x.f32();
  const float* skip = residual.defined() ? residual.f32() : nullptr;
  float* out = y.f32();
  const float floor = relu ? 0.0f : -std::numeric_limits<float>::infinity();
  parallel_blocks(x.elements() / channels, rows_per_block(channels),
                  [&](std::int64_t, std::int64_t begin, std::int64_t end) {
                    for (std::int64_t row = begin; row < end; ++row) {
                      const std::int64_t at = row * channels;
                      if (skip != nullptr) {
#pragma omp simd
                        for (std::int64_t c = 0; c < channels; ++c) {
                          const float value = in[at + c] * scale[c] + shift[c] + skip[at + c];
                          out[at + c] = value < floor ? floor : value;
                        }
                      } else {
#pragma omp simd
                        for (std::int64_t c = 0; c < channels; ++c) {
                          const float value = in[at + c] * scale[c] + shift[c];
                          out[at + c] = value < floor ? floor : value;
                        }
                      }
                    }
                  });
}

namespace {

/// Operands of the backward pass as plain pointers; kRelu is a template parameter so that the inner loops vectorise.
struct Backward {
  std::int64_t rows, channels;
  const float *x, *y, *dy, *mean, *inverse;
  float *dx, *dresidual;
  bool accumulate;

  template <bool kRelu>
  [[nodiscard]] std::vector<double> sums() const {
    return column_sums(rows, channels, [this](std::int64_t row, float* first, float* second) {
      const float *in = x + row * channels, *up = dy + row * channels, *out = kRelu ? y + row * channels : nullptr;
      const float *centre = mean, *scale = inverse;
#pragma omp simd
      for (std::int64_t c = 0; c < channels; ++c) {
        const float g = !kRelu || out[c] > 0.0f ? up[c] : 0.0f;
        first[c] += g;
        second[c] += g * ((in[c] - centre[c]) * scale[c]);
      }
    });
  }

  /// dx = a * g + b * (x - mean) + k, dresidual (+)= g, for rows [begin, end).
  template <bool kRelu>
  void apply(std::int64_t begin, std::int64_t end, const float* a, const float* b, const float* k) const {
    const float* centre = mean;
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t at = row * channels;
      const float *in = x + at, *up = dy + at, *out = kRelu ? y + at : nullptr;
      float *target = dx + at, *skip = dresidual == nullptr ? nullptr : dresidual + at;
      if (skip != nullptr) {
        const float keep = accumulate ? 1.0f : 0.0f;
#pragma omp simd
        for (std::int64_t c = 0; c < channels; ++c) {
          const float g = !kRelu || out[c] > 0.0f ? up[c] : 0.0f;
          skip[c] = keep != 0.0f ? skip[c] + g : g;
        }
      }
#pragma omp simd
      for (std::int64_t c = 0; c < channels; ++c) {
        const float g = !kRelu || out[c] > 0.0f ? up[c] : 0.0f;
        target[c] = a[c] * g + b[c] * (in[c] - centre[c]) + k[c];
      }
    }
  }
};

}  // namespace

void CpuBackend::batch_norm_backward(const Tensor& x, const Tensor& y, const Tensor& dy, const BatchNormState& state,
                                     bool relu, const Tensor& dgamma, const Tensor& dbeta, const Tensor& dx,
                                     const Tensor& dresidual, WriteMode residual_mode) {
  require(x.shape == dy.shape && x.shape == dx.shape && (!relu || x.shape == y.shape), "batch norm shapes");
  require(!dresidual.defined() || dresidual.shape == x.shape, "batch norm shapes");
  const std::int64_t channels = x.shape.back();
  const std::int64_t rows = x.elements() / channels;
  const Backward pass{rows,
                      channels,
                      x.f32(),
                      relu ? y.f32() : nullptr,
                      dy.f32(),
                      state.mean.f32(),
                      state.inverse_deviation.f32(),
                      dx.f32(),
                      dresidual.defined() ? dresidual.f32() : nullptr,
                      residual_mode == WriteMode::kAccumulate};
  const auto sums = relu ? pass.sums<true>() : pass.sums<false>();
  std::vector<float> coefficients(static_cast<std::size_t>(3 * channels));
  float* a = coefficients.data();
  float* b = a + channels;
  float* k = b + channels;
  const auto count = static_cast<double>(rows);
  for (std::int64_t c = 0; c < channels; ++c) {
    const double beta_sum = sums[static_cast<std::size_t>(c)];
    const double gamma_sum = sums[static_cast<std::size_t>(channels + c)];
    const auto inverse = static_cast<double>(pass.inverse[c]);
    const double gain = static_cast<double>(state.gamma.f32()[c]) * inverse;
    dbeta.f32()[c] = static_cast<float>(beta_sum);
    dgamma.f32()[c] = static_cast<float>(gamma_sum);
    a[c] = static_cast<float>(gain);
    b[c] = static_cast<float>(-gain * inverse * gamma_sum / count);
    k[c] = static_cast<float>(-gain * beta_sum / count);
  }
  parallel_blocks(rows, rows_per_block(channels), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    relu ? pass.apply<true>(begin, end, a, b, k) : pass.apply<false>(begin, end, a, b, k);
  });
}

}  // namespace mdd::cpu
