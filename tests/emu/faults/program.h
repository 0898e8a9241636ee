// What the programs with planted faults share: they execute a real kernel and say what is wrong with its result. Exit
// status 0: nothing; 1: "wrong ..."; 2: "mistake: ...", the emulator's own report. A sanitizer ends them its own way.
#pragma once
#include <cstdio>

#include "tests/emu/device_array.h"

namespace planted {

inline bool all_right = true;

/// Compares one number; says so at the first that is wrong. A NaN is never right.
inline void expect(const char* what, double found, double expected) {
  if (all_right && !(found == expected)) {
    std::printf("wrong %s: expected %g, found %g\n", what, expected, found);
    all_right = false;
  }
}

/// Executes `check` with threads in order and in several other orders.
template <class Check>
int run(const Check& check) {
  try {
    for (unsigned seed = 0; seed < 4; ++seed) {
      emu::set_schedule_seed(seed);
      check();
    }
  } catch (const emu::Error& error) {
    std::printf("mistake: %s\n", error.what());
    return 2;
  }
  return all_right ? 0 : 1;
}

}  // namespace planted
