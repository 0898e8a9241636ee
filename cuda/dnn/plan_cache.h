// The engines chosen for convolutions, kept in a file from run to run. A text file: a heading, then one line per
// problem,
//   problem <tab> engine <tab> knob=value knob=value ...
// It is read as data from anywhere: what is not a well-formed line is ignored, and an engine that it names still has to
// pass every rule and to build.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "cuda/dnn/engine_choice.h"

namespace mdd::cuda {

class PlanCache {
 public:
  /// Reads the file if there is one. With an empty path everything is kept in memory only.
  explicit PlanCache(std::filesystem::path path);

  /// `key` names problem, options, library version and device architecture in one line without tabs.
  [[nodiscard]] std::optional<EngineChoice> find(const std::string& key) const;
  /// Remembers the choice and rewrites the file whole, with what other processes added meanwhile. A file that cannot be
  /// written costs the next run time and is no error; one that is not a plan cache is left alone.
  void store(const std::string& key, const EngineChoice& choice);
  /// The engine did not build: it is not found any more.
  void forget(const std::string& key) { choices_.erase(key); }

 private:
  using Choices = std::map<std::string, EngineChoice, std::less<>>;
  struct Contents {
    Choices choices;
    bool ours = true;  ///< a plan cache, or no file at all
  };
  [[nodiscard]] Contents read() const;
  void write() const;

  std::filesystem::path path_;
  Choices choices_;
};

}  // namespace mdd::cuda
