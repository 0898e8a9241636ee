#include "ablate/variants.h"

#include <algorithm>
#include <fmt/core.h>

#include "core/error.h"

namespace mdd::ablate {
namespace {

constexpr std::size_t kMostNameLetters = 64;

const std::vector<Variant>& variants() {
  static const std::vector<Variant> all{
      {std::string(kBaseVariant), "", "the base configuration: what every other variant is compared with"},
      {"plain", "--no-memory --no-identity", "plain reverse distillation: one decoder, no memory"},
      {"no-memory", "--no-memory", "both decoders, no memory, no class loss"},
      {"no-identity", "--no-identity", "memory and restoration decoder only"},
      {"no-discrepancy", "--weight-discrepancy 0", "both decoders, without the discrepancy loss"},
      {"discrepancy-0.1", "--weight-discrepancy 0.1", "a weaker discrepancy loss"},
      {"discrepancy-0.3", "--weight-discrepancy 0.3", "a somewhat weaker discrepancy loss"},
      {"discrepancy-3", "--weight-discrepancy 3", "a stronger discrepancy loss"},
      {"discrepancy-sum", "--discrepancy-reduction sum", "discrepancy summed over positions, not averaged"},
      {"mask-nearest", "--mask-reduction nearest", "a cell's mask is that of its nearest pixel"},
      {"mask-maximum", "--mask-reduction max", "a cell is anomalous if one of its pixels is"},
      {"fusion-replace", "--fusion replace", "the restoration decoder reads the memory alone"},
      {"fusion-add", "--fusion add", "the restoration decoder reads the sum of features and memory"},
      {"temperature-0.05", "--temperature 0.05", "sharper attention over the prototypes"},
      {"temperature-0.2", "--temperature 0.2", "softer attention over the prototypes"},
      {"temperature-0.5", "--temperature 0.5", "much softer attention over the prototypes"},
      {"slots-10", "--slots 10", "10 prototypes a class"},
      {"slots-20", "--slots 20", "20 prototypes a class"},
      {"slots-100", "--slots 100", "100 prototypes a class"},
      {"shrinkage-0.001", "--shrinkage 0.001",
       "attention below 0.001 is cut; its mean is 1 / (classes x slots), for 15 classes 0.0013"},
      {"shrinkage-0.005", "--shrinkage 0.005",
       "attention below 0.005 is cut; its mean is 1 / (classes x slots), for 4 classes 0.005"},
      {"no-class", "--weight-class 0", "memory without supervision by class"},
      {"class-1", "--weight-class 1", "class loss with the weight of the others"},
      {"cosine-pixel", "--cosine pixel", "distillation losses per position, not over the flattened map"},
      {"lr-0.002", "--lr 0.002", "a lower learning rate"},
      {"lr-0.001", "--lr 0.001", "a much lower learning rate"},
      {"decay-0.5", "--decay-at 0.5", "the learning rate drops after half of the epochs"},
      {"map-product", "--map-fusion product", "map: product of the two discrepancies"},
      {"map-tr", "--map-fusion tr", "map: teacher against restoration alone"},
      {"map-ri", "--map-fusion ri", "map: restoration against identity alone"},
      {"map-weighted-0.25", "--map-fusion weighted --map-weight 0.25", "map: a quarter restoration-identity"},
      {"map-weighted-0.5", "--map-fusion weighted --map-weight 0.5", "map: the mean of both discrepancies"},
      {"map-weighted-0.75", "--map-fusion weighted --map-weight 0.75", "map: three quarters restoration-identity"},
      {"score-top1", "--score top1%", "image score: mean of the top 1 %"},
      {"sigma-2", "--sigma 2", "a map blurred less"},
      {"sigma-8", "--sigma 8", "a map blurred more"},
  };
  return all;
}

std::vector<std::string> all_names() {
  std::vector<std::string> out;
  for (const Variant& variant : variants()) out.push_back(variant.name);
  return out;
}

const std::vector<Suite>& suites() {
  static const std::vector<Suite> all{
      {"paper", "what each part of the method brings", {"full", "plain", "no-memory", "no-identity", "no-discrepancy"}},
      {"memory",
       "how the memory is read, sized and supervised",
       {"full", "no-memory", "fusion-replace", "fusion-add", "temperature-0.05", "temperature-0.2", "temperature-0.5",
        "slots-10", "slots-20", "slots-100", "shrinkage-0.001", "shrinkage-0.005", "no-class", "class-1"}},
      {"discrepancy",
       "the discrepancy loss and the masks that it compares with",
       {"full", "no-discrepancy", "discrepancy-0.1", "discrepancy-0.3", "discrepancy-3", "discrepancy-sum",
        "mask-nearest", "mask-maximum"}},
      {"maps",
       "anomaly map and score; trains the base only",
       {"full", "map-product", "map-tr", "map-ri", "map-weighted-0.25", "map-weighted-0.5", "map-weighted-0.75",
        "score-top1", "sigma-2", "sigma-8"}},
      {"schedule", "learning rate and when it drops", {"full", "lr-0.002", "lr-0.001", "decay-0.5"}},
      {"all", "every variant below", all_names()},
  };
  return all;
}

template <class Named>
std::string names_of(std::span<const Named> entries) {
  std::string out;
  for (const Named& entry : entries) out += (out.empty() ? "" : ", ") + entry.name;
  return out;
}

template <class Named>
const Named* find_named(std::span<const Named> entries, const std::string& name) {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Named& e) { return e.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// Names become folders: nothing in them may lead elsewhere.
bool is_name(const std::string& text) {
  const auto fits = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; };
  return !text.empty() && text.size() <= kMostNameLetters && is_letter_or_digit(text[0]) &&
         std::all_of(text.begin(), text.end(), fits) && !text.starts_with("ablation.");
}

}  // namespace

std::span<const Variant> built_in_variants() { return variants(); }

std::span<const Suite> built_in_suites() { return suites(); }

Variant parse_variant(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  if (equals == std::string::npos || !is_name(name)) {
    fail(ErrorKind::kUsage, "--variant: expected NAME=\"SWITCHES\" with a name of letters, digits, '.', '_' and '-', " +
                                ("found '" + text + "'"));
  }
  if (find_named(built_in_variants(), name) != nullptr) {
    fail(ErrorKind::kUsage, "--variant: expected a new name, found '" + name + "', which comes with the program");
  }
  return {name, text.substr(equals + 1), ""};
}

std::vector<Variant> choose_variants(std::span<const std::string> names, std::span<const Variant> own) {
  std::vector<Variant> out{variants().front()};
  const auto add = [&](const Variant& variant) {
    if (find_named(std::span<const Variant>(out), variant.name) == nullptr) out.push_back(variant);
  };
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (find_named(own.first(i), own[i].name) != nullptr) {
      fail(ErrorKind::kUsage, "--variant: expected each name once, found '" + own[i].name + "' twice");
    }
  }
  for (const std::string& name : names) {
    const Variant* variant = find_named(built_in_variants(), name);
    if (variant == nullptr) variant = find_named(own, name);
    if (variant == nullptr) {
      fail(ErrorKind::kUsage, "--variants: expected some of " + names_of(built_in_variants()) +
                                  " or those of --variant, found '" + name + "'");
    }
    add(*variant);
  }
  for (const Variant& variant : own) add(variant);
  return out;
}

std::vector<std::string> variants_of_suite(const std::string& suite) {
  const Suite* found = find_named(built_in_suites(), suite);
  if (found == nullptr) {
    fail(ErrorKind::kUsage, "--suite: expected one of " + names_of(built_in_suites()) + ", found '" + suite + "'");
  }
  return found->variants;
}

std::string list_of_variants() {
  constexpr const char* kLine = "  {:<18} {}\n";
  std::string out = "Suites:\n";
  for (const Suite& suite : suites()) {
    out += fmt::format(kLine, suite.name, suite.explanation);
    if (suite.variants.size() == variants().size()) continue;
    std::string names;
    for (const std::string& name : suite.variants) names += (names.empty() ? "" : ", ") + name;
    out += fmt::format(kLine, "", names);
  }
  out +=
      "Variants, over the base configuration (those of map and score alone are not trained: they score the base's "
      "models):\n";
  for (const Variant& variant : variants()) {
    out += fmt::format("  {:<18} {:<40} {}\n", variant.name, variant.switches, variant.explanation);
  }
  return out;
}

}  // namespace mdd::ablate
