#include "inference/thresholds_file.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "core/error.h"

namespace mdd {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 28;

float read_scale(const nlohmann::json& entry, const std::string& where, const std::string& name) {
  const auto scale = entry.get<float>();
  if (std::isfinite(scale) && scale > 0.0f) return scale;
  fail_data(where, "scale of class " + name, "a finite value above 0", entry.dump());
}

}  // namespace

std::string to_json(const Thresholds& thresholds) {
  nlohmann::ordered_json root;
  for (std::size_t i = 0; i < thresholds.class_names.size(); ++i) {
    const eval::Calibration& c = thresholds.calibrations[i];
    root["classes"][thresholds.class_names[i]] = {
        {"images", c.scores.size()}, {"optimistic", c.optimistic}, {"scale", c.scale}, {"scores", c.scores}};
  }
  return root.dump(1) + "\n";
}

void write_thresholds(const std::filesystem::path& path, const Thresholds& thresholds) {
  write_atomically(path, to_json(thresholds));
}

Thresholds read_thresholds(const std::filesystem::path& path, const std::vector<std::string>& class_names) {
  return parse_thresholds(path.string(), read_file(path, kMaxBytes), class_names);
}

Thresholds parse_thresholds(const std::string& where, std::string_view text,
                            const std::vector<std::string>& class_names) {
  Thresholds out;
  out.class_names = class_names;
  try {
    const auto root = nlohmann::json::parse(text);
    const auto& classes = root.at("classes");
    if (classes.size() != class_names.size()) {
      fail_data(where, "classes", std::to_string(class_names.size()), std::to_string(classes.size()));
    }
    for (const std::string& name : class_names) {
      if (!classes.contains(name)) fail_data(where, "class " + name, "its calibration scores", "none");
      const auto& entry = classes.at(name);
      auto scores = entry.at("scores").get<std::vector<float>>();
      const auto is_finite = [](float score) { return std::isfinite(score); };
      if (scores.empty() || !std::all_of(scores.begin(), scores.end(), is_finite)) {
        fail_data(where, "scores of class " + name, "finite values", scores.empty() ? "none" : "others");
      }
      eval::Calibration calibration = eval::make_calibration(std::move(scores), entry.at("optimistic").get<bool>());
      if (entry.contains("scale")) calibration.scale = read_scale(entry.at("scale"), where, name);
      out.calibrations.push_back(std::move(calibration));
    }
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::kData, where + ": not a thresholds file: " + error.what());
  }
  return out;
}

}  // namespace mdd
