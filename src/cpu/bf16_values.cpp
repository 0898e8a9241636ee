#include "cpu/bf16_values.h"

#include "cpu/parallel.h"

namespace mdd::cpu {

void widen(const Tensor& from, float* to) {
  with_values(from, [&](auto zero) {
    const auto* const values = from.as<decltype(zero)>();
    parallel_blocks(from.elements(), kStreamBlock, [=](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) to[i] = value_of(values[i]);
    });
  });
}

void round(const float* from, const Tensor& to) {
  with_values(to, [&](auto zero) {
    using Value = decltype(zero);
    Value* const values = to.as<Value>();
    parallel_blocks(to.elements(), kStreamBlock, [=](std::int64_t, std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) values[i] = rounded_to<Value>(from[i]);
    });
  });
}

}  // namespace mdd::cpu
