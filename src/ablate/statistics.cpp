#include "ablate/statistics.h"

#include <cmath>

#include "core/error.h"

namespace mdd::ablate {

Summary summarise(std::span<const Value> values) {
  Summary out;
  double sum = 0;
  for (const Value& value : values) {
    if (!value) continue;
    sum += *value;
    ++out.count;
  }
  if (out.count == 0) return out;
  const double mean = sum / static_cast<double>(out.count);
  out.mean = mean;
  if (out.count < 2) return out;
  double squares = 0;
  for (const Value& value : values) {
    if (value) squares += (*value - mean) * (*value - mean);
  }
  out.deviation = std::sqrt(squares / static_cast<double>(out.count - 1));
  return out;
}

std::vector<Value> paired_differences(std::span<const Value> values, std::span<const Value> base) {
  require(values.size() == base.size(), "paired differences: one value a seed on both sides");
  std::vector<Value> out(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] && base[i]) out[i] = *values[i] - *base[i];
  }
  return out;
}

}  // namespace mdd::ablate
