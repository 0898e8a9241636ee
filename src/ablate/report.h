// An ablation as tables for people and as JSON for scripts.
#pragma once
#include <string>

#include "ablate/ablation.h"

namespace mdd::ablate {

/// Where the numbers come from.
struct Provenance {
  std::string command;  ///< the command line
  std::string date;     ///< of the report, ISO 8601, UTC
  std::string program;  ///< name, version, commit
  std::string machine;  ///< device
  std::string data;     ///< the data set's folder and size
};

/// Two aligned tables, of mean +- sample standard deviation over seeds in percent, and of the differences to the base
/// variant, paired by seed, in percentage points. "-" where nothing is defined; no deviation for a single seed.
[[nodiscard]] std::string text_report(const Ablation& ablation);

/// The same as Markdown, with provenance, every variant's switches, and the runs that failed.
[[nodiscard]] std::string markdown_report(const Ablation& ablation, const Provenance& provenance);

/// {"command", "date", "program", "machine", "data", "base", "seeds", "variants": [{"name", "switches", "explanation",
/// "trains", "config", "summary": {METRIC: {"mean", "deviation", "seeds"}}, "difference": {the same},
/// "seconds": {"training", "scoring"}, "classes": {NAME: {METRIC: {...}}}, "runs": [{"seed", "folder", "model",
/// "metrics": as `mddnet eval --json`, or null, "failure": text or null, ...}]}]}. Fractions in 0..1; undefined is
/// null.
[[nodiscard]] std::string json_report(const Ablation& ablation, const Provenance& provenance);

}  // namespace mdd::ablate
