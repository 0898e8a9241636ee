// A version's counts on the emulator.
#pragma once
#include "bench/lab/support/page.h"
#include "tests/emu/access_counter.h"

namespace mdd::lab {

struct Counts {
  emu::AccessCounts memory;
  double launches = 0, threads = 0;
  double barriers = 0, shuffles = 0;  ///< of warps
  double error = 0;
};

[[nodiscard]] double value_of(const Counts& counts, Quantity quantity);
[[nodiscard]] const char* name_of(Quantity quantity);

/// Prepares and runs one version of a small page and compares it with the reference.
[[nodiscard]] Counts count(const Page& page, const Version& version);

/// Whether a claim holds, from the version before to this one.
[[nodiscard]] bool holds(const Claim& claim, const Counts& before, const Counts& after);

}  // namespace mdd::lab
