// How judgements are told: a line of text, a JSON object, and what they rest on.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "inference/inspector.h"

namespace mdd::cli {

/// Tab-separated, without a line end: path, score, verdict, voted class, its share of the memory's attention, threshold
/// with what stands behind it, number of regions, box of the largest region as WIDTHxHEIGHT+X+Y; "-" for what there is
/// not.
[[nodiscard]] std::string text_line(const std::filesystem::path& path, const Judgement& judgement);

/// Everything but the map; boxes, places and areas in the photograph's pixels. Numbers that are not finite become null.
[[nodiscard]] nlohmann::ordered_json to_json(const std::filesystem::path& path, const Judgement& judgement,
                                             const std::vector<std::string>& class_names);

/// One line of JSON, or indented. Bytes of paths that are no UTF-8 are replaced.
[[nodiscard]] std::string dump_json(const nlohmann::ordered_json& json, bool one_line);

/// Lines that say what the verdicts rest on: model, classes, rate, images behind the thresholds; those that begin with
/// "warning: " say what is lacking.
[[nodiscard]] std::vector<std::string> describe_basis(const Inspector& inspector, double false_positive_rate);

}  // namespace mdd::cli
