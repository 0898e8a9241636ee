#include "bench/lab/support/measure.h"

#include <cmath>
#include <cstdio>

#include "core/error.h"

namespace mdd::lab {
namespace {

std::string formatted(const char* format, int digits, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, digits, value);
  return text;
}

}  // namespace

void require_within(const Entry& entry, const Version& version, double error) {
  if (error <= version.tolerance) return;  // false for NaN
  fail(ErrorKind::kBarNotMet, std::string(entry.name) + " " + version.name + ": expected an error of at most " +
                                  scientific(version.tolerance) + ", found " + scientific(error));
}

std::string scientific(double value) { return formatted("%.*e", 1, value); }
std::string fixed(double value, int digits) { return formatted("%.*f", digits, value); }

std::string grouped(double value) {
  std::string text = fixed(std::round(value), 0);
  for (int at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) text.insert(static_cast<std::size_t>(at), " ");
  return text;
}

}  // namespace mdd::lab
