// What is known of a version after it ran: counted by the emulator, or timed on a GPU. One of the two is linked:
// measure_by_counting.cpp or measure_by_timing.cu.
#pragma once
#include <string>
#include <vector>

#include "bench/lab/support/page.h"

namespace mdd::lab {

struct Result {
  std::string version, summary;
  double error = 0.0, tolerance = 0.0;
  std::vector<std::string> cells;  ///< one for each column
};

struct Table {
  std::string problem;
  std::vector<std::string> columns;
  std::vector<Result> results;
};

/// Runs every version of a page. Throws Error(kBarNotMet) if one is off by more than its tolerance.
[[nodiscard]] Table measure(const Entry& entry);

/// Throws Error(kBarNotMet) if the error is larger than the version's tolerance, or is none.
void require_within(const Entry& entry, const Version& version, double error);

/// "counted on the host SIMT emulator", or the GPU's name and its measured rate.
[[nodiscard]] std::string machine();

/// "3.2e-07".
[[nodiscard]] std::string scientific(double value);
/// "12 345".
[[nodiscard]] std::string grouped(double value);
/// Digits behind the point.
[[nodiscard]] std::string fixed(double value, int digits);

}  // namespace mdd::lab
