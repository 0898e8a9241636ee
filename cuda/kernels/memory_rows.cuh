// Rows scaled to unit length, for the cosines of the class-aware memory, and the gradient through the scaling.
//
//   unit = x / max(|x|, eps),   dx (+)= (dunit - unit (unit . dunit)) / |x|,  0 where |x| met the floor
//
// Layout  x, dx: [rows, columns], T = float | half | bfloat16; unit, dunit: float [rows, columns]; inverse_norm: float
//         [rows]. kPack elements an access; kPack > 1 requires columns % kPack == 0 and 16-byte alignment (unit and
//         dunit: the alignment of kPack floats).
// Cost    forward: X read, unit written. Backward: unit + dunit read, dX written (and read, when added to).
// Design  A group of lanes owns a row (lane_groups.cuh) and walks it twice, the second time out of the cache: first for
//         the sum, then for the result.
#pragma once
#include "lane_groups.cuh"
#include "ops/memory_arithmetic.h"
#include "write_pack.cuh"

namespace mdd::kernels {

template <class T, int kPack>
__global__ void normalise_rows(const T* __restrict__ x, std::int64_t rows, int columns, int lanes,
                               float* __restrict__ unit, float* __restrict__ inverse_norm) {
  for_each_row(rows, columns, lanes, [&](std::int64_t row, int lane, int width) {
    const std::int64_t at = row * columns;
    float squares = 0.0f;
    for (int c = lane * kPack; c < width; c += lanes * kPack) {
      const Pack<T, kPack> v = load_pack<kPack>(x + at + c);
      for (int i = 0; i < kPack; ++i) squares += to_float(v[i]) * to_float(v[i]);
    }
    const float scale = class_memory::inverse_norm(group_sum(squares, lanes));
    for (int c = lane * kPack; c < width; c += lanes * kPack) {
      const Pack<T, kPack> v = load_pack<kPack>(x + at + c);
      Pack<float, kPack> out;
      for (int i = 0; i < kPack; ++i) out[i] = to_float(v[i]) * scale;
      store_pack(unit + at + c, out);
    }
    if (lane == 0 && width > 0) inverse_norm[row] = scale;
  });
}

template <class T, int kPack>
__global__ void normalise_rows_gradient(const float* __restrict__ unit, const float* __restrict__ dunit,
                                        const float* __restrict__ inverse_norm, std::int64_t rows, int columns,
                                        int lanes, Destination<T> dx) {
  for_each_row(rows, columns, lanes, [&](std::int64_t row, int lane, int width) {
    const std::int64_t at = row * columns;
    float dot = 0.0f;
    for (int c = lane * kPack; c < width; c += lanes * kPack) {
      const Pack<float, kPack> u = load_pack<kPack>(unit + at + c), d = load_pack<kPack>(dunit + at + c);
      for (int i = 0; i < kPack; ++i) dot += u[i] * d[i];
    }
    const float projected = group_sum(dot, lanes);
    const float factor = width > 0 ? class_memory::gradient_factor(inverse_norm[row]) : 0.0f;
    for (int c = lane * kPack; c < width; c += lanes * kPack) {
      const Pack<float, kPack> u = load_pack<kPack>(unit + at + c), d = load_pack<kPack>(dunit + at + c);
      Pack<float, kPack> out;
      for (int i = 0; i < kPack; ++i) out[i] = class_memory::unit_backward(u[i], d[i], projected, factor);
      write_pack<kPack>(dx, at + c, out);
    }
  });
}

}  // namespace mdd::kernels
