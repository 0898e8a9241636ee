// The data set behind `mddnet synth`: procedurally generated products in MVTec AD layout, with exact masks.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace mdd::generate {

struct GenerateOptions {
  std::filesystem::path out;
  int classes = 5;                      ///< 1 .. class_count() of sample.h; the first ones of that order
  std::vector<std::string> kinds = {};  ///< or these classes, by name
  std::int64_t size = 256;              ///< side of the pictures
  int train = 60;                       ///< normal training pictures a class
  int test_good = 20;                   ///< normal test pictures a class
  int test_defect = 20;  ///< defective test pictures a class, dealt out in turn to the class's kinds of defect
  std::uint64_t seed = 0;
  double severity = 1.0;  ///< kMinSeverity .. kMaxSeverity of sample.h: how plain scratches, stains, dents ... are
  bool overwrite = true;  ///< replace a data set that an earlier call wrote into `out`
};

/// Writes out/CLASS/train/good, out/CLASS/test/good, out/CLASS/test/DEFECT and out/CLASS/ground_truth/DEFECT (NNN.png,
/// NNN_mask.png) on all processor cores. The same options give the same pictures on every machine. `progress` is called
/// with pictures written and their total, never from two threads at once.
/// Throws Error(kUsage) for a count or size out of range, an unknown class, or if `out` is a folder with content that
/// is not an earlier generated data set (or is one, and `overwrite` is false); Error(kRuntime) if it cannot be written.
void generate_dataset(const GenerateOptions& options, const std::function<void(int done, int total)>& progress);

}  // namespace mdd::generate
