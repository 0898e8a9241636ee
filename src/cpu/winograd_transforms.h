// The one-dimensional transforms of Winograd's F(4, 3) for the points 0, +-a, +-b and infinity, on as many channels at
// once as a vector (of the compiler's, __m256 or __m512) has; applied to columns, then to rows, they are those of
// F(4x4, 3x3). To be included behind the `#pragma GCC target` whose vectors are meant.
#pragma once

namespace mdd::cpu::winograd {

inline constexpr float kA = 0.625f, kB = 1.5f;
inline constexpr float kA2 = kA * kA, kB2 = kB * kB, kA3 = kA2 * kA, kB3 = kB2 * kB;
inline constexpr float kSum = kA2 + kB2, kProduct = kA2 * kB2;
/// 1 over the product of a point's distances to the other finite points: of 0, of +-a, of +-b.
inline constexpr float kWeight0 = 1.0f / kProduct;
inline constexpr float kWeightA = 1.0f / (2.0f * kA2 * (kA2 - kB2)), kWeightB = 1.0f / (2.0f * kB2 * (kB2 - kA2));

/// value + factor * x, which the compiler fuses.
template <class Vector>
Vector plus(Vector value, float factor, Vector x) {
  return value + factor * x;
}

/// B^T d: 6 inputs to 6 positions.
template <class Vector>
void input(const Vector (&d)[6], Vector (&v)[6]) {
  v[0] = plus(plus(d[4], -kSum, d[2]), kProduct, d[0]);
  const Vector even_a = plus(d[4], -kB2, d[2]), odd_a = kA * plus(d[3], -kB2, d[1]);
  v[1] = even_a + odd_a;
  v[2] = even_a - odd_a;
  const Vector even_b = plus(d[4], -kA2, d[2]), odd_b = kB * plus(d[3], -kA2, d[1]);
  v[3] = even_b + odd_b;
  v[4] = even_b - odd_b;
  v[5] = plus(plus(d[5], -kSum, d[3]), kProduct, d[1]);
}

/// G w: 3 taps to 6 positions.
template <class Vector>
void filter(const Vector (&w)[3], Vector (&u)[6]) {
  u[0] = kWeight0 * w[0];
  const Vector even_a = kWeightA * plus(w[0], kA2, w[2]), odd_a = kWeightA * kA * w[1];
  u[1] = even_a + odd_a;
  u[2] = even_a - odd_a;
  const Vector even_b = kWeightB * plus(w[0], kB2, w[2]), odd_b = kWeightB * kB * w[1];
  u[3] = even_b + odd_b;
  u[4] = even_b - odd_b;
  u[5] = w[2];
}

/// A^T m: 6 positions to 4 outputs.
template <class Vector>
void output(const Vector (&m)[6], Vector (&y)[4]) {
  const Vector even_a = m[1] + m[2], odd_a = m[1] - m[2];
  const Vector even_b = m[3] + m[4], odd_b = m[3] - m[4];
  y[0] = m[0] + (even_a + even_b);
  y[1] = plus(kA * odd_a, kB, odd_b);
  y[2] = plus(kA2 * even_a, kB2, even_b);
  y[3] = plus(plus(m[5], kA3, odd_a), kB3, odd_b);
}

/// A g: the transpose of output, 4 gradients to 6 positions. Of g, the first four are read.
template <class Vector>
void gradient(const Vector (&g)[6], Vector (&m)[6]) {
  m[0] = g[0];
  const Vector even_a = plus(g[0], kA2, g[2]), odd_a = plus(kA * g[1], kA3, g[3]);
  m[1] = even_a + odd_a;
  m[2] = even_a - odd_a;
  const Vector even_b = plus(g[0], kB2, g[2]), odd_b = plus(kB * g[1], kB3, g[3]);
  m[3] = even_b + odd_b;
  m[4] = even_b - odd_b;
  m[5] = g[3];
}

/// G^T u: the transpose of filter, 6 positions to the gradients of 3 taps.
template <class Vector>
void filter_gradient(const Vector (&u)[6], Vector (&w)[3]) {
  const Vector even_a = kWeightA * (u[1] + u[2]), odd_a = u[1] - u[2];
  const Vector even_b = kWeightB * (u[3] + u[4]), odd_b = u[3] - u[4];
  w[0] = plus(even_a + even_b, kWeight0, u[0]);
  w[1] = plus(kWeightA * kA * odd_a, kWeightB * kB, odd_b);
  w[2] = plus(plus(u[5], kA2, even_a), kB2, even_b);
}

// ---- F(4, 3) of stride 2: the odd inputs meet taps 0 and 2, the even ones tap 1. Points +-c, +-d, and infinity for
// the odd ones; factors that depend on the point alone are with the inputs, so that the even tap's filters are the same
// at all points.

inline constexpr float kC = 0.5f, kD = 1.25f;
inline constexpr float kC2 = kC * kC, kD2 = kD * kD, kC3 = kC2 * kC, kD3 = kD2 * kD;
inline constexpr float kWeightC = 1.0f / (2.0f * kC * (kC2 - kD2)), kWeightD = 1.0f / (2.0f * kD * (kD2 - kC2));

/// 4 inputs of one parity to the 4 finite positions.
template <class Vector>
void finite_input(const Vector* d, Vector* v) {
  const Vector even_c = kWeightC * kC * plus(d[2], -kD2, d[0]), odd_c = kWeightC * plus(d[3], -kD2, d[1]);
  v[0] = odd_c + even_c;
  v[1] = even_c - odd_c;
  const Vector even_d = kWeightD * kD * plus(d[2], -kC2, d[0]), odd_d = kWeightD * plus(d[3], -kC2, d[1]);
  v[2] = odd_d + even_d;
  v[3] = even_d - odd_d;
}

/// 5 odd inputs to position infinity.
template <class Vector>
Vector infinite_input(const Vector* d) {
  return plus(plus(d[4], -(kC2 + kD2), d[2]), kC2 * kD2, d[0]);
}

/// Taps 0 and 2 to 5 positions.
template <class Vector>
void odd_filter(Vector first, Vector last, Vector (&u)[5]) {
  u[0] = plus(first, kC, last);
  u[1] = plus(first, -kC, last);
  u[2] = plus(first, kD, last);
  u[3] = plus(first, -kD, last);
  u[4] = last;
}

/// A^T m: 5 positions to 4 outputs.
template <class Vector>
void output(const Vector (&m)[5], Vector (&y)[4]) {
  const Vector even_c = m[0] + m[1], odd_c = m[0] - m[1];
  const Vector even_d = m[2] + m[3], odd_d = m[2] - m[3];
  y[0] = even_c + even_d;
  y[1] = plus(kC * odd_c, kD, odd_d);
  y[2] = plus(kC2 * even_c, kD2, even_d);
  y[3] = plus(plus(m[4], kC3, odd_c), kD3, odd_d);
}

}  // namespace mdd::cpu::winograd
