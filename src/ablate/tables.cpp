// The tables of report.h.
#include <algorithm>
#include <fmt/core.h>

#include "ablate/report.h"

namespace mdd::ablate {
namespace {

using Cells = std::vector<std::string>;
using Table = std::vector<Cells>;  ///< the first row holds the headings

/// "95.3 ± 0.2", in percent; `sign` writes a plus too.
std::string percent(const Summary& s, bool sign) {
  if (!s.mean) return "-";
  std::string text = sign ? fmt::format("{:+.1f}", 100 * *s.mean) : fmt::format("{:.1f}", 100 * *s.mean);
  if (s.deviation) text += fmt::format(" ± {:.1f}", 100 * *s.deviation);
  return text;
}

std::size_t finished(const VariantResults& results) {
  const auto has_metrics = [](const Run& run) { return run.metrics.has_value(); };
  return static_cast<std::size_t>(std::count_if(results.runs.begin(), results.runs.end(), has_metrics));
}

std::string seconds_text(const VariantResults& results) {
  std::vector<Value> seconds;
  for (const Run& run : results.runs) {
    if (run.metrics) seconds.emplace_back(run.training_seconds + run.scoring_seconds);
  }
  const Summary s = summarise(seconds);
  return s.mean ? fmt::format("{:.{}f}", *s.mean, *s.mean < 9.95 ? 1 : 0) : "-";
}

Table value_table(const Ablation& ablation) {
  Table table{{"variant", "seeds"}};
  for (const Metric& metric : metrics()) {
    if (!metric.heading.empty()) table[0].emplace_back(metric.heading);
  }
  table[0].emplace_back("seconds");
  for (const VariantResults& results : ablation.variants) {
    Cells cells{results.variant.name, std::to_string(finished(results))};
    for (const Metric& metric : metrics()) {
      if (!metric.heading.empty()) cells.push_back(percent(summarise(values_of(results, metric)), false));
    }
    cells.push_back(seconds_text(results));
    table.push_back(std::move(cells));
  }
  return table;
}

Table difference_table(const Ablation& ablation) {
  Table table{{"minus " + ablation.variants.front().variant.name}};
  for (const Metric& metric : metrics()) {
    if (!metric.heading.empty()) table[0].emplace_back(metric.heading);
  }
  for (std::size_t i = 1; i < ablation.variants.size(); ++i) {
    Cells cells{ablation.variants[i].variant.name};
    for (const Metric& metric : metrics()) {
      if (metric.heading.empty()) continue;
      const auto base = values_of(ablation.variants.front(), metric);
      cells.push_back(percent(summarise(paired_differences(values_of(ablation.variants[i], metric), base)), true));
    }
    table.push_back(std::move(cells));
  }
  return table;
}

/// Columns on a screen: a byte that continues a UTF-8 character takes none.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; }));
}

std::vector<std::size_t> widths_of(const Table& table) {
  std::vector<std::size_t> widths(table[0].size(), 0);
  for (const Cells& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], width_of(cells[i]));
  }
  return widths;
}

std::string padded(const std::string& text, std::size_t width, bool left) {
  const std::string space(width - width_of(text), ' ');
  return left ? text + space : space + text;
}

std::string text_of(const Table& table) {
  const auto widths = widths_of(table);
  std::string out;
  for (const Cells& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) out += (i > 0 ? "  " : "") + padded(cells[i], widths[i], i == 0);
    out += "\n";
    if (&cells != &table.front()) continue;
    for (std::size_t i = 0; i < widths.size(); ++i) out.append(widths[i] + (i > 0 ? 2 : 0), '-');
    out += "\n";
  }
  return out;
}

std::string markdown_of(const Table& table) {
  const auto widths = widths_of(table);
  std::string out;
  for (const Cells& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) out += "| " + padded(cells[i], widths[i], i == 0) + " ";
    out += "|\n";
    if (&cells != &table.front()) continue;
    for (std::size_t i = 0; i < widths.size(); ++i) out += "|" + std::string(widths[i] + 1, '-') + (i > 0 ? ":" : "-");
    out += "|\n";
  }
  return out;
}

std::string failures_of(const Ablation& ablation) {
  std::string out;
  for (const VariantResults& results : ablation.variants) {
    for (const Run& run : results.runs) {
      if (!run.failure.empty()) out += fmt::format("- {}: {}\n", run.folder.generic_string(), run.failure);
    }
  }
  return out;
}

std::string switches_of(const Ablation& ablation) {
  std::string out;
  for (const VariantResults& results : ablation.variants) {
    const Variant& v = results.variant;
    out += fmt::format("- {}: {}{}{}{}\n", v.name, v.switches.empty() ? "" : "`" + v.switches + "`",
                       v.switches.empty() || v.explanation.empty() ? "" : ", ", v.explanation,
                       results.trains ? "" : "; scores the base's models");
  }
  return out;
}

}  // namespace

std::string text_report(const Ablation& ablation) {
  std::string out = text_of(value_table(ablation));
  if (ablation.variants.size() > 1) out += "\n" + text_of(difference_table(ablation));
  return out;
}

std::string markdown_report(const Ablation& ablation, const Provenance& p) {
  std::string out = "# Ablation\n\n    " + p.command + "\n\n";
  out += fmt::format("- date: {}\n- program: {}\n- machine: {}\n- data: {}\n\n", p.date, p.program, p.machine, p.data);
  out += "Mean ± sample standard deviation over seeds, in percent; seconds of training steps and scoring, mean.\n\n";
  out += markdown_of(value_table(ablation));
  if (ablation.variants.size() > 1) {
    out += "\nDifference to the base variant, paired by seed, in percentage points.\n\n";
    out += markdown_of(difference_table(ablation));
  }
  out += "\nSwitches over the base configuration:\n\n" + switches_of(ablation);
  const std::string failures = failures_of(ablation);
  if (!failures.empty()) out += "\nRuns that failed:\n\n" + failures;
  return out;
}

}  // namespace mdd::ablate
