// Whole networks on the emulated CUDA backend: the golden files of the PyTorch oracle, at the tolerances that the CPU
// keeps, training steps replayed from recordings included.
#include <doctest/doctest.h>
#include <filesystem>
#include <set>

#include "emulated_backend.h"
#include "selfcheck/golden.h"

using namespace mdd;

TEST_CASE("the emulated cuda backend agrees with every golden file") {
  const std::filesystem::path golden = std::filesystem::path(MDDNET_SOURCE_DIR) / "../shared/golden";
  if (!std::filesystem::is_directory(golden)) {
    MESSAGE("skipped: no golden files in " << golden.string());
    return;
  }
  const auto backend = emu::make_emulated_backend();
  for (const std::filesystem::path& folder : golden_cases(golden)) {
    std::set<std::string> groups;
    for (const GoldenRow& row : check_golden_case(*backend, folder)) {
      CHECK_MESSAGE(row.passed(), folder.filename().string(), ", ", row.group, " ", row.name, ": error ", row.error,
                    ", tolerance ", row.tolerance);
      groups.insert(row.group);
    }
    CHECK(groups == std::set<std::string>{"curve", "forward", "gradient", "inference", "step"});
  }
}
