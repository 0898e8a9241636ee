#include "core/atomic_file.h"
#include "fuzz/oracle.h"
#include "inference/run_config.h"
#include "inference/thresholds_file.h"

namespace mdd::fuzz {

void config(Bytes input) {
  const std::filesystem::path path = put("config.json", input);
  RunConfig found;
  if (!accepted([&] { found = read_config(path); })) return;
  // What was taken can be written and is then the same.
  const std::string text = to_json(found);
  put("config.json", {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  const std::string difference = first_difference(found, read_config(path));
  if (!difference.empty()) give_up("config.json does not survive being written: " + difference);
}

void thresholds(Bytes input) {
  const std::filesystem::path path = put("thresholds.json", input);
  accepted([&] {
    const Thresholds found = read_thresholds(path, {"tile", "wood"});
    for (const eval::Calibration& calibration : found.calibrations) {
      static_cast<void>(eval::choose_threshold(calibration, 0.01));
    }
  });
}

}  // namespace mdd::fuzz
