// total = sum_k weights[k] * terms[k], for the handful of terms of a loss.
//
// One thread: sixteen products are less work than the launch. Weights travel with the launch, so a recorded step keeps
// those it was recorded with.
#pragma once
#include "simt.h"

namespace mdd::kernels {

inline constexpr int kMaximumTerms = 16;

struct TermWeights {
  float weight[kMaximumTerms];
  int count;
};

__global__ void weighted_sum(const float* __restrict__ terms, TermWeights weights, float* __restrict__ total) {
  double sum = 0.0;
  // A term of weight 0 was not computed; whatever stands there must not spread.
  for (int k = 0; k < kMaximumTerms; ++k) {
    if (k < weights.count && weights.weight[k] != 0.0f) {
      sum += static_cast<double>(weights.weight[k]) * static_cast<double>(terms[k]);
    }
  }
  *total = static_cast<float>(sum);
}

}  // namespace mdd::kernels
