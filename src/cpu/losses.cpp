// Scalar losses, and the masks that they are compared with.
#include <algorithm>
#include <cmath>

#include "cpu/implementation.h"
#include "cpu/parallel.h"
#include "ops/cross_entropy_arithmetic.h"
#include "ops/memory_arithmetic.h"
#include "ops/preconditions.h"

namespace mdd::cpu {
namespace {

void store_loss(const Tensor& loss, WriteMode mode, double value) {
  loss.f32()[0] = (mode == WriteMode::kAccumulate ? loss.f32()[0] : 0.0f) + static_cast<float>(value);
}

std::int64_t checked_label(const Tensor& mass, const Tensor& labels, std::int64_t n) {
  const std::int64_t label = labels.as<std::int32_t>()[n];
  require(label >= 0 && label < mass.shape.back(), "labels name a class");
  return label;
}

}  // namespace

void CpuBackend::class_loss_forward(const Tensor& mass, const Tensor& labels, const Tensor& loss) {
  const std::int64_t images = mass.shape[0];
  require(labels.elements() == images, "a label an image");
  double total = 0.0;
  for (std::int64_t n = 0; n < images; ++n) {
    const float value = mass.f32()[n * mass.shape.back() + checked_label(mass, labels, n)];
    total += class_memory::class_loss(value);
  }
  store_loss(loss, WriteMode::kOverwrite, total / static_cast<double>(images));
}

void CpuBackend::class_loss_backward(const Tensor& mass, const Tensor& labels, float weight, const Tensor& dmass) {
  const std::int64_t images = mass.shape[0];
  require(labels.elements() == images && dmass.shape == mass.shape, "class loss shapes");
  fill(dmass, 0.0f);
  for (std::int64_t n = 0; n < images; ++n) {
    const std::int64_t at = n * mass.shape.back() + checked_label(mass, labels, n);
    dmass.f32()[at] = class_memory::class_loss_gradient(mass.f32()[at], weight, static_cast<double>(images));
  }
}

void CpuBackend::sum_forward(const Tensor& x, float scale, const Tensor& loss, WriteMode mode) {
  const float* values = x.f32();
  const double sum = sum_blocks(x.elements(), kStreamBlock, [&](std::int64_t begin, std::int64_t end) {
    double part = 0.0;
    for (std::int64_t i = begin; i < end; ++i) part += static_cast<double>(values[i]);
    return part;
  });
  store_loss(loss, mode, static_cast<double>(scale) * sum);
}

void CpuBackend::absolute_difference_forward(const Tensor& x, const Tensor& target, float scale, const Tensor& loss,
                                             WriteMode mode) {
  require(x.elements() == target.elements(), "absolute difference of like shapes");
  const float* a = x.f32();
  const float* b = target.f32();
  const double sum = sum_blocks(x.elements(), kStreamBlock, [&](std::int64_t begin, std::int64_t end) {
    double part = 0.0;
    for (std::int64_t i = begin; i < end; ++i) part += static_cast<double>(std::fabs(a[i] - b[i]));
    return part;
  });
  store_loss(loss, mode, static_cast<double>(scale) * sum);
}

void CpuBackend::absolute_difference_backward(const Tensor& x, const Tensor& target, float weight, const Tensor& dx) {
  require(x.elements() == target.elements() && x.elements() == dx.elements(), "absolute difference of like shapes");
  const float* a = x.f32();
  const float* b = target.f32();
  float* out = dx.f32();
  parallel_blocks(x.elements(), kStreamBlock, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      out[i] = a[i] > b[i] ? weight : (a[i] < b[i] ? -weight : 0.0f);
    }
  });
}

void CpuBackend::weighted_sum(const Tensor& terms, std::span<const float> weights, const Tensor& total) {
  require(terms.elements() == static_cast<std::int64_t>(weights.size()), "a weight a term");
  double sum = 0.0;
  // A term of weight 0 was not computed; whatever stands there must not spread.
  for (std::size_t k = 0; k < weights.size(); ++k) {
    if (weights[k] != 0.0f) sum += static_cast<double>(weights[k]) * static_cast<double>(terms.f32()[k]);
  }
  store_loss(total, WriteMode::kOverwrite, sum);
}

namespace {

constexpr std::int64_t kLogitsPerBlock = 1 << 12;  ///< exponentials weigh more than memory: small blocks

/// -log softmax[label] of one row; its gradient times `scale` goes to `to`, unless that is null.
float cross_entropy_of_row(const float* logits, std::int64_t classes, std::int64_t label, float scale, float* to) {
  float largest = logits[0];
  for (std::int64_t c = 1; c < classes; ++c) largest = largest < logits[c] ? logits[c] : largest;
  float sum = 0.0f;
  for (std::int64_t c = 0; c < classes; ++c) {
    const float power = cross_entropy::power(logits[c], largest);
    sum += power;
    if (to != nullptr) to[c] = power;
  }
  if (to != nullptr) {
    const float inverse = 1.0f / sum;
    for (std::int64_t c = 0; c < classes; ++c) to[c] = cross_entropy::gradient(to[c] * inverse, c == label, scale);
  }
  return cross_entropy::row_loss(sum, largest, logits[label]);
}

}  // namespace

void CpuBackend::softmax_cross_entropy(const Tensor& logits, const Tensor& labels, float weight, const Tensor& loss,
                                       const Tensor& dlogits, WriteMode loss_mode) {
  const std::int64_t positions = require_cross_entropy(logits, labels, loss, dlogits);
  const std::int64_t classes = logits.shape.back();
  const float* x = logits.f32();
  float* dx = dlogits.defined() ? dlogits.f32() : nullptr;
  const auto* label = labels.as<std::int32_t>();
  std::int64_t counted = 0;
  for (std::int64_t p = 0; p < positions; ++p) {
    require(label[p] < classes, "labels name a class or are below 0");
    counted += label[p] >= 0 ? 1 : 0;
  }
  const double share = counted > 0 ? 1.0 / static_cast<double>(counted) : 0.0;
  const auto scale = static_cast<float>(static_cast<double>(weight) * share);
  const std::int64_t rows = std::max<std::int64_t>(1, kLogitsPerBlock / classes);
  const double sum = sum_blocks(positions, rows, [&](std::int64_t begin, std::int64_t end) {
    double part = 0.0;
    for (std::int64_t p = begin; p < end; ++p) {
      float* to = dx != nullptr ? dx + p * classes : nullptr;
      if (label[p] >= 0) {
        part += static_cast<double>(cross_entropy_of_row(x + p * classes, classes, label[p], scale, to));
      } else if (to != nullptr) {
        std::fill_n(to, classes, 0.0f);
      }
    }
    return part;
  });
  store_loss(loss, loss_mode, sum * share);
}

namespace {
float reduce_cell(const std::uint8_t* mask, std::int64_t side, std::int64_t cell, MaskReduction reduction) {
  if (reduction == MaskReduction::kNearest) return static_cast<float>(mask[0]);
  std::int64_t set = 0;
  for (std::int64_t y = 0; y < cell; ++y) {
    for (std::int64_t x = 0; x < cell; ++x) set += mask[y * side + x];
  }
  if (reduction == MaskReduction::kMaximum) return set > 0 ? 1.0f : 0.0f;
  return static_cast<float>(set) / static_cast<float>(cell * cell);
}
}  // namespace

void CpuBackend::reduce_mask(const Tensor& mask, MaskReduction reduction, const Tensor& cells) {
  const std::int64_t side = mask.shape[1], out = cells.shape[1];
  require(
      mask.shape[2] == side && cells.shape[2] == out && out > 0 && side % out == 0 && mask.shape[0] == cells.shape[0],
      "mask cells divide the image");
  const std::int64_t cell = side / out;
  parallel_blocks(cells.shape[0] * out, 16, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::uint8_t* line = mask.as<std::uint8_t>() + ((row / out) * side + row % out * cell) * side;
      for (std::int64_t j = 0; j < out; ++j) {
        cells.f32()[row * out + j] = reduce_cell(line + j * cell, side, cell, reduction);
      }
    }
  });
}

}  // namespace mdd::cpu
