// The one-dimensional transforms of Winograd's F(4, 3) for the points 0, +-a, +-b and infinity, on eight channels at
// once; applied to columns, then to rows, they are those of F(4x4, 3x3). To be included behind
// `#pragma GCC target("avx2,fma")`.
#pragma once
#include <immintrin.h>

namespace mdd::cpu::winograd {

inline constexpr float kA = 0.625f, kB = 1.5f;
inline constexpr float kA2 = kA * kA, kB2 = kB * kB, kA3 = kA2 * kA, kB3 = kB2 * kB;
inline constexpr float kSum = kA2 + kB2, kProduct = kA2 * kB2;
/// 1 over the product of a point's distances to the other finite points: of 0, of +-a, of +-b.
inline constexpr float kWeight0 = 1.0f / kProduct;
inline constexpr float kWeightA = 1.0f / (2.0f * kA2 * (kA2 - kB2)), kWeightB = 1.0f / (2.0f * kB2 * (kB2 - kA2));

/// value + factor * x.
inline __m256 plus(__m256 value, float factor, __m256 x) { return _mm256_fmadd_ps(_mm256_set1_ps(factor), x, value); }
inline __m256 times(float factor, __m256 x) { return _mm256_mul_ps(_mm256_set1_ps(factor), x); }

/// B^T d: 6 inputs to 6 positions.
inline void input(const __m256 (&d)[6], __m256 (&v)[6]) {
  v[0] = plus(plus(d[4], -kSum, d[2]), kProduct, d[0]);
  const __m256 even_a = plus(d[4], -kB2, d[2]), odd_a = times(kA, plus(d[3], -kB2, d[1]));
  v[1] = _mm256_add_ps(even_a, odd_a);
  v[2] = _mm256_sub_ps(even_a, odd_a);
  const __m256 even_b = plus(d[4], -kA2, d[2]), odd_b = times(kB, plus(d[3], -kA2, d[1]));
  v[3] = _mm256_add_ps(even_b, odd_b);
  v[4] = _mm256_sub_ps(even_b, odd_b);
  v[5] = plus(plus(d[5], -kSum, d[3]), kProduct, d[1]);
}

/// G w: 3 taps to 6 positions.
inline void filter(const __m256 (&w)[3], __m256 (&u)[6]) {
  u[0] = times(kWeight0, w[0]);
  const __m256 even_a = times(kWeightA, plus(w[0], kA2, w[2])), odd_a = times(kWeightA * kA, w[1]);
  u[1] = _mm256_add_ps(even_a, odd_a);
  u[2] = _mm256_sub_ps(even_a, odd_a);
  const __m256 even_b = times(kWeightB, plus(w[0], kB2, w[2])), odd_b = times(kWeightB * kB, w[1]);
  u[3] = _mm256_add_ps(even_b, odd_b);
  u[4] = _mm256_sub_ps(even_b, odd_b);
  u[5] = w[2];
}

/// A^T m: 6 positions to 4 outputs.
inline void output(const __m256 (&m)[6], __m256 (&y)[4]) {
  const __m256 even_a = _mm256_add_ps(m[1], m[2]), odd_a = _mm256_sub_ps(m[1], m[2]);
  const __m256 even_b = _mm256_add_ps(m[3], m[4]), odd_b = _mm256_sub_ps(m[3], m[4]);
  y[0] = _mm256_add_ps(m[0], _mm256_add_ps(even_a, even_b));
  y[1] = plus(times(kA, odd_a), kB, odd_b);
  y[2] = plus(times(kA2, even_a), kB2, even_b);
  y[3] = plus(plus(m[5], kA3, odd_a), kB3, odd_b);
}

/// A g: the transpose of output, 4 gradients to 6 positions. Of g, the first four are read.
inline void gradient(const __m256 (&g)[6], __m256 (&m)[6]) {
  m[0] = g[0];
  const __m256 even_a = plus(g[0], kA2, g[2]), odd_a = plus(times(kA, g[1]), kA3, g[3]);
  m[1] = _mm256_add_ps(even_a, odd_a);
  m[2] = _mm256_sub_ps(even_a, odd_a);
  const __m256 even_b = plus(g[0], kB2, g[2]), odd_b = plus(times(kB, g[1]), kB3, g[3]);
  m[3] = _mm256_add_ps(even_b, odd_b);
  m[4] = _mm256_sub_ps(even_b, odd_b);
  m[5] = g[3];
}

/// G^T u: the transpose of filter, 6 positions to the gradients of 3 taps.
inline void filter_gradient(const __m256 (&u)[6], __m256 (&w)[3]) {
  const __m256 even_a = times(kWeightA, _mm256_add_ps(u[1], u[2])), odd_a = _mm256_sub_ps(u[1], u[2]);
  const __m256 even_b = times(kWeightB, _mm256_add_ps(u[3], u[4])), odd_b = _mm256_sub_ps(u[3], u[4]);
  w[0] = plus(_mm256_add_ps(even_a, even_b), kWeight0, u[0]);
  w[1] = plus(times(kWeightA * kA, odd_a), kWeightB * kB, odd_b);
  w[2] = plus(plus(u[5], kA2, even_a), kB2, even_b);
}

}  // namespace mdd::cpu::winograd
