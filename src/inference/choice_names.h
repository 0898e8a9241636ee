// The words that name a switch's choices on the command line and in config.json.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "model/anomaly_map.h"
#include "model/losses.h"

namespace mdd {

template <class Choice>
using ChoiceNames = std::span<const std::pair<std::string_view, Choice>>;

/// All words of a switch, the default's among them.
template <class Choice>
[[nodiscard]] ChoiceNames<Choice> choice_names();
template <>
[[nodiscard]] ChoiceNames<MemoryFusion> choice_names<MemoryFusion>();
template <>
[[nodiscard]] ChoiceNames<CosineForm> choice_names<CosineForm>();
template <>
[[nodiscard]] ChoiceNames<MaskReduction> choice_names<MaskReduction>();
template <>
[[nodiscard]] ChoiceNames<DiscrepancyReduction> choice_names<DiscrepancyReduction>();
template <>
[[nodiscard]] ChoiceNames<MapFusion> choice_names<MapFusion>();
template <>
[[nodiscard]] ChoiceNames<ScoreRule> choice_names<ScoreRule>();

template <class Choice>
[[nodiscard]] std::string name_of_choice(Choice choice) {
  for (const auto& [name, value] : choice_names<Choice>()) {
    if (value == choice) return std::string(name);
  }
  fail(ErrorKind::kRuntime, "internal error: a choice without a name");
}

/// "a, b or c".
template <class Choice>
[[nodiscard]] std::string list_choices() {
  std::string out;
  const auto names = choice_names<Choice>();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i].first;
  }
  return out;
}

/// Throws Error(kind) that names the option and lists the choices.
template <class Choice>
[[nodiscard]] Choice parse_choice(const std::string& option, const std::string& word, ErrorKind kind) {
  for (const auto& [name, value] : choice_names<Choice>()) {
    if (name == word) return value;
  }
  fail(kind, option + ": expected " + list_choices<Choice>() + ", found '" + word + "'");
}

}  // namespace mdd
