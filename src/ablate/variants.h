// What can be varied: named sets of the switches of `mddnet train`, over a base configuration.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mdd::ablate {

struct Variant {
  std::string name;         ///< also the folder of its runs
  std::string switches;     ///< as on the command line of `mddnet train`; empty for the base
  std::string explanation;  ///< one line
};

/// The variant without switches, which all others are compared with.
inline constexpr std::string_view kBaseVariant = "full";

/// All that come with the program; the base is the first.
[[nodiscard]] std::span<const Variant> built_in_variants();

struct Suite {
  std::string name;
  std::string explanation;
  std::vector<std::string> variants;  ///< names of built-in ones; the base is the first
};
[[nodiscard]] std::span<const Suite> built_in_suites();

/// "NAME=SWITCHES". A name has 1 to 64 letters, digits, '.', '_' or '-', starts with a letter or digit, is no built-in
/// variant's and does not begin with "ablation." (the reports' files). Throws Error(kUsage).
[[nodiscard]] Variant parse_variant(const std::string& text);

/// The base, then the named ones, built-in or among `own`, then the rest of `own`, each once.
/// Throws Error(kUsage) for a name that nothing has, listing the known ones, or that two of `own` have.
[[nodiscard]] std::vector<Variant> choose_variants(std::span<const std::string> names, std::span<const Variant> own);

/// The names of a suite's variants. Throws Error(kUsage), listing the known ones.
[[nodiscard]] std::vector<std::string> variants_of_suite(const std::string& suite);

/// All variants and suites with their explanations, for people.
[[nodiscard]] std::string list_of_variants();

}  // namespace mdd::ablate
