// Class-aware memory (spec S4): matrix products by oneDNN, the rest row by row.
#include <algorithm>

#include "cpu/bf16_values.h"
#include "cpu/implementation.h"
#include "cpu/parallel.h"
#include "ops/memory_arithmetic.h"
#include "ops/preconditions.h"

namespace mdd::cpu {
namespace {

/// unit = rows of x divided by their norms, which may be x itself; inverse_norm[i] = 1 / max(|x_i|, eps).
void normalise_rows(const float* x, std::int64_t rows, std::int64_t columns, float* unit, float* inverse_norm) {
  parallel_blocks(rows, rows_per_block(columns), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* v = x + r * columns;
      double squared = 0.0;
      for (std::int64_t c = 0; c < columns; ++c) squared += static_cast<double>(v[c]) * static_cast<double>(v[c]);
      inverse_norm[r] = class_memory::inverse_norm(squared);
#pragma omp simd
      for (std::int64_t c = 0; c < columns; ++c) unit[r * columns + c] = v[c] * inverse_norm[r];
    }
  });
}

/// dx (+)= inverse_norm * (dunit - unit (unit . dunit)) row by row; a row of norm below eps gets nothing.
void normalise_rows_backward(const float* unit, const float* dunit, const float* inverse_norm, std::int64_t rows,
                             std::int64_t columns, WriteMode mode, float* dx) {
  parallel_blocks(rows, rows_per_block(columns), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const float* u = unit + r * columns;
      const float* d = dunit + r * columns;
      float* out = dx + r * columns;
      double dot = 0.0;
      for (std::int64_t c = 0; c < columns; ++c) dot += static_cast<double>(u[c]) * static_cast<double>(d[c]);
      const float projected = static_cast<float>(dot);
      const float factor = class_memory::gradient_factor(inverse_norm[r]);
      for (std::int64_t c = 0; c < columns; ++c) {
        const float value = class_memory::unit_backward(u[c], d[c], projected, factor);
        out[c] = mode == WriteMode::kAccumulate ? out[c] + value : value;
      }
    }
  });
}

void softmax_row(float* row, std::int64_t count, float inverse_temperature) {
  float largest = row[0];
  for (std::int64_t j = 1; j < count; ++j) largest = std::max(largest, row[j]);
  double sum = 0.0;
  for (std::int64_t j = 0; j < count; ++j) {
    row[j] = class_memory::softmax_power(row[j], largest, inverse_temperature);
    sum += static_cast<double>(row[j]);
  }
  const auto inverse = static_cast<float>(1.0 / sum);
  for (std::int64_t j = 0; j < count; ++j) row[j] *= inverse;
}

void shrink_row(const float* softmax, std::int64_t count, float threshold, float* attention) {
  double sum = 0.0;
  for (std::int64_t j = 0; j < count; ++j) {
    attention[j] = class_memory::shrunk(softmax[j], threshold);
    sum += static_cast<double>(attention[j]);
  }
  const float share = class_memory::shrunk_share(sum);
  for (std::int64_t j = 0; j < count; ++j) attention[j] *= share;
}

/// In place: gradient with respect to attention -> with respect to softmax.
void shrink_row_backward(const float* softmax, const float* attention, std::int64_t count, float threshold,
                         float* gradient) {
  double sum = 0.0, dot = 0.0;
  for (std::int64_t j = 0; j < count; ++j) {
    sum += static_cast<double>(class_memory::shrunk(softmax[j], threshold));
    dot += static_cast<double>(attention[j]) * static_cast<double>(gradient[j]);
  }
  for (std::int64_t j = 0; j < count; ++j) {
    gradient[j] = class_memory::shrunk_backward(softmax[j], threshold, gradient[j], sum, dot);
  }
}

/// In place: gradient with respect to softmax -> with respect to the cosines.
void softmax_row_backward(const float* softmax, std::int64_t count, float inverse_temperature, float* gradient) {
  double dot = 0.0;
  for (std::int64_t j = 0; j < count; ++j) dot += static_cast<double>(softmax[j]) * static_cast<double>(gradient[j]);
  const auto mean = static_cast<float>(dot);
  for (std::int64_t j = 0; j < count; ++j) {
    gradient[j] = class_memory::softmax_backward(softmax[j], gradient[j], mean, inverse_temperature);
  }
}

void class_mass(const MemoryParams& params, const MemorySizes& s, const float* attention, float* mass) {
  for (std::int64_t n = 0; n < s.images; ++n) {
    for (std::int64_t c = 0; c < params.classes; ++c) {
      double sum = 0.0;
      for (std::int64_t q = n * s.per_image; q < (n + 1) * s.per_image; ++q) {
        const float* row = attention + q * s.prototypes + c * params.slots;
        for (std::int64_t k = 0; k < params.slots; ++k) sum += static_cast<double>(row[k]);
      }
      mass[n * params.classes + c] = static_cast<float>(sum / static_cast<double>(s.per_image));
    }
  }
}

}  // namespace

void CpuBackend::memory_read_forward(const MemoryParams& params, const Tensor& z, const Tensor& prototypes,
                                     const MemoryState& state, const Tensor& read, const Tensor& mass) {
  const MemorySizes s(params, z, prototypes);
  require(params.temperature > 0.0f && read.elements() == z.elements(), "memory read shapes");
  require(mass.elements() == s.images * params.classes, "mass has a value per image and class");
  require(z.dtype == read.dtype, "memory reads what it was asked in");
  float* unit_z = scratch((s.positions + s.prototypes) * s.channels);
  float* unit_p = unit_z + s.positions * s.channels;
  if (z.dtype == DType::kF32) {
    normalise_rows(z.f32(), s.positions, s.channels, unit_z, state.query_inverse_norm.f32());
  } else {
    widen(z, unit_z);
    normalise_rows(unit_z, s.positions, s.channels, unit_z, state.query_inverse_norm.f32());
  }
  normalise_rows(prototypes.f32(), s.prototypes, s.channels, unit_p, state.memory_inverse_norm.f32());
  float* softmax = state.softmax.f32();
  float* attention = state.attention.f32();
  multiply({.transpose_b = true, .m = s.positions, .n = s.prototypes, .k = s.channels}, unit_z, unit_p, softmax);
  parallel_blocks(s.positions, rows_per_block(s.prototypes), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t q = begin; q < end; ++q) {
      softmax_row(softmax + q * s.prototypes, s.prototypes, 1.0f / params.temperature);
      if (params.shrinkage > 0.0f) {
        shrink_row(softmax + q * s.prototypes, s.prototypes, params.shrinkage, attention + q * s.prototypes);
      }
    }
  });
  if (params.shrinkage <= 0.0f && attention != softmax) copy(state.softmax, state.attention);
  // The unit queries are not wanted any more.
  float* const sums = read.dtype == DType::kF32 ? read.f32() : unit_z;
  multiply({.m = s.positions, .n = s.channels, .k = s.prototypes}, attention, prototypes.f32(), sums);
  if (read.dtype != DType::kF32) round(sums, read);
  class_mass(params, s, attention, mass.f32());
}

void CpuBackend::memory_read_backward(const MemoryParams& params, const Tensor& z, const Tensor& prototypes,
                                      const MemoryState& state, const Tensor& dread, const Tensor& dmass,
                                      const Tensor& dz, WriteMode dz_mode, const Tensor& dprototypes) {
  const MemorySizes s(params, z, prototypes);
  require(dz.elements() == z.elements() && dprototypes.elements() == prototypes.elements(), "memory gradient shapes");
  float* unit_z = scratch(2 * (s.positions + s.prototypes) * s.channels + s.positions * s.prototypes);
  float* unit_p = unit_z + s.positions * s.channels;
  float* dunit_z = unit_p + s.prototypes * s.channels;
  float* dunit_p = dunit_z + s.positions * s.channels;
  float* gradient = dunit_p + s.prototypes * s.channels;
  normalise_rows(z.f32(), s.positions, s.channels, unit_z, state.query_inverse_norm.f32());
  normalise_rows(prototypes.f32(), s.prototypes, s.channels, unit_p, state.memory_inverse_norm.f32());
  const float* softmax = state.softmax.f32();
  const float* attention = state.attention.f32();
  if (dread.defined()) {
    multiply({.transpose_b = true, .m = s.positions, .n = s.prototypes, .k = s.channels}, dread.f32(), prototypes.f32(),
             gradient);
    multiply({.transpose_a = true, .m = s.prototypes, .n = s.channels, .k = s.positions}, attention, dread.f32(),
             dprototypes.f32());
  } else {
    std::fill_n(gradient, s.positions * s.prototypes, 0.0f);
    fill(dprototypes, 0.0f);
  }
  parallel_blocks(s.positions, rows_per_block(s.prototypes), [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t q = begin; q < end; ++q) {
      float* row = gradient + q * s.prototypes;
      if (dmass.defined()) {
        const float* upstream = dmass.f32() + q / s.per_image * params.classes;
        for (std::int64_t j = 0; j < s.prototypes; ++j) {
          row[j] += upstream[j / params.slots] / static_cast<float>(s.per_image);
        }
      }
      const float* probabilities = softmax + q * s.prototypes;
      if (params.shrinkage > 0.0f) {
        shrink_row_backward(probabilities, attention + q * s.prototypes, s.prototypes, params.shrinkage, row);
      }
      softmax_row_backward(probabilities, s.prototypes, 1.0f / params.temperature, row);
    }
  });
  multiply({.m = s.positions, .n = s.channels, .k = s.prototypes}, gradient, unit_p, dunit_z);
  multiply({.transpose_a = true, .m = s.prototypes, .n = s.channels, .k = s.positions}, gradient, unit_z, dunit_p);
  normalise_rows_backward(unit_z, dunit_z, state.query_inverse_norm.f32(), s.positions, s.channels, dz_mode, dz.f32());
  normalise_rows_backward(unit_p, dunit_p, state.memory_inverse_norm.f32(), s.prototypes, s.channels,
                          WriteMode::kAccumulate, dprototypes.f32());
}

}  // namespace mdd::cpu
