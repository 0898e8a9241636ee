#include "cli/judgement_text.h"

#include <algorithm>
#include <fmt/core.h>

namespace mdd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNamedClasses = 12;  // in one line

/// "a, b and 3 more".
std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < std::min(parts.size(), kNamedClasses); ++i) out += (i == 0 ? "" : ", ") + parts[i];
  if (parts.size() > kNamedClasses) out += fmt::format(" and {} more", parts.size() - kNamedClasses);
  return out;
}

std::string threshold_text(const std::optional<eval::Threshold>& threshold) {
  if (!threshold) return "-";
  std::string notes = fmt::format("{} image{}", threshold->images, threshold->images == 1 ? "" : "s");
  if (threshold->optimistic) notes += ", optimistic";
  if (!threshold->rate_resolved) notes += fmt::format(", resolves 1 in {}", threshold->images + 1);
  return fmt::format("{:.4f} ({})", threshold->value, notes);
}

std::string largest_box_text(const std::vector<FoundRegion>& regions) {
  if (regions.empty()) return "-";
  const auto smaller = [](const FoundRegion& a, const FoundRegion& b) { return a.area < b.area; };
  const eval::Box& box = std::max_element(regions.begin(), regions.end(), smaller)->box;
  return fmt::format("{}x{}+{}+{}", box.width, box.height, box.x, box.y);
}

Json to_json(const eval::Box& box) {
  return {{"x", box.x}, {"y", box.y}, {"width", box.width}, {"height", box.height}};
}

Json to_json(const FoundRegion& region) {
  return {{"box", to_json(region.box)},
          {"area", region.area},
          {"peak", region.on_map.peak},
          {"peak_x", region.peak_x},
          {"peak_y", region.peak_y},
          {"mean", region.on_map.mean},
          {"map_box", to_json(region.on_map.box)},
          {"map_area", region.on_map.area}};
}

void describe_thresholds(const Inspector& inspector, double rate, std::vector<std::string>& lines) {
  const std::vector<std::string>& names = inspector.config().class_names;
  std::vector<std::string> counts, unresolved;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const eval::Threshold& t = inspector.thresholds()[i];
    counts.push_back(fmt::format("{} {}{}", names[i], t.images, t.optimistic ? " (of training: optimistic)" : ""));
    if (t.rate_resolved) continue;
    unresolved.push_back(fmt::format("{}: 1 in {}", names[i], t.images + 1));
    if (!t.optimistic) unresolved.back() += fmt::format(", 95 % sure of at most {:.2g} %", 100.0 * t.rate_bound);
  }
  lines.push_back(fmt::format("thresholds for a false-positive rate of {:g} %; normal images behind them: {}",
                              100.0 * rate, joined(counts)));
  if (unresolved.empty()) return;
  lines.push_back(
      fmt::format("warning: too few normal images to show a rate of {:g} %, so their largest score is the threshold; "
                  "they resolve {}",
                  100.0 * rate, joined(unresolved)));
}

}  // namespace

std::string text_line(const std::filesystem::path& path, const Judgement& j) {
  const bool has_share = j.vote >= 0 && !j.class_mass.empty();
  return fmt::format("{}\t{:.4f}\t{}\t{}\t{}\t{}\t{}\t{}", path.string(), j.score, name_of(j.verdict),
                     j.class_name.empty() ? "-" : j.class_name,
                     has_share ? fmt::format("{:.3f}", j.class_mass[static_cast<std::size_t>(j.vote)]) : "-",
                     threshold_text(j.threshold), j.threshold ? fmt::format("{}", j.regions.size()) : "-",
                     largest_box_text(j.regions));
}

Json to_json(const std::filesystem::path& path, const Judgement& j, const std::vector<std::string>& class_names) {
  Json out{{"path", path.string()}, {"width", j.width}, {"height", j.height}};
  out["score"] = j.score;
  out["verdict"] = name_of(j.verdict);
  out["vote"] = j.class_name.empty() ? Json(nullptr) : Json(j.class_name);
  for (std::size_t c = 0; c < j.class_mass.size(); ++c) out["class_mass"][class_names[c]] = j.class_mass[c];
  const eval::Threshold threshold = j.threshold.value_or(eval::Threshold{});
  const auto if_known = [&](const auto& value) { return j.threshold ? Json(value) : Json(nullptr); };
  out["threshold"] = if_known(threshold.value);
  out["threshold_images"] = threshold.images;
  out["threshold_optimistic"] = threshold.optimistic;
  out["rate_resolved"] = if_known(threshold.rate_resolved);
  out["rate_expected"] = if_known(threshold.expected_rate);
  out["rate_bound_95"] = if_known(threshold.rate_bound);
  out["scale"] = j.scale;
  out["regions"] = Json::array();
  for (const FoundRegion& region : j.regions) out["regions"].push_back(to_json(region));
  return out;
}

std::string dump_json(const Json& json, bool one_line) {
  return json.dump(one_line ? -1 : 1, ' ', false, Json::error_handler_t::replace);
}

std::vector<std::string> describe_basis(const Inspector& inspector, double false_positive_rate) {
  const RunConfig& config = inspector.config();
  std::vector<std::string> lines;
  lines.push_back(fmt::format("model {}: {} at {} x {}, classes {}", inspector.path().string(), config.model.encoder,
                              config.image_size, config.image_size, joined(config.class_names)));
  if (config.class_names.size() == 1) {
    lines.back() += fmt::format(": every image is taken for {}", config.class_names.front());
  }
  if (inspector.thresholds().empty()) {
    lines.push_back(
        fmt::format("warning: {} has no thresholds (training has not finished): scores only, no verdicts; heat maps "
                    "run from 0 to {:g}",
                    inspector.path().string(), inspector.scale(-1)));
  } else if (!inspector.gives_verdicts()) {
    lines.push_back(
        fmt::format("warning: a model of several classes without memory has no class vote: scores only, no "
                    "verdicts; heat maps run from 0 to {:.4f}",
                    inspector.scale(-1)));
  } else {
    describe_thresholds(inspector, false_positive_rate, lines);
  }
  return lines;
}

}  // namespace mdd::cli
