// What this machine's processor can do, beyond what our code is compiled for.
#pragma once

namespace mdd::cpu {

/// AVX2 and FMA: what our own convolution kernels are written for.
[[nodiscard]] inline bool has_fused_multiply_add() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  return has;
#else
  return false;
#endif
}

/// AVX-512: oneDNN has kernels of its own for it, twice as wide as ours.
[[nodiscard]] inline bool has_wider_vectors() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx512f") != 0;
  return has;
#else
  return false;
#endif
}

/// AVX512-BF16: what our own products of bf16 numbers are written for.
[[nodiscard]] inline bool has_bf16_products() {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx512bf16") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                          __builtin_cpu_supports("avx512vl") != 0;
  return has;
#else
  return false;
#endif
}

}  // namespace mdd::cpu
