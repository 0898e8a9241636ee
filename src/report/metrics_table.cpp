#include "report/metrics_table.h"

#include <algorithm>
#include <fmt/core.h>
#include <vector>

namespace mdd::report {
namespace {

std::string percent(const std::optional<double>& value) {
  return value.has_value() ? fmt::format("{:.1f}", 100.0 * *value) : "-";
}

using Cells = std::vector<std::string>;

Cells cells_of(const std::string& name, const eval::MetricRow& row, const std::optional<eval::AderRow>& ader) {
  Cells cells{name,
              percent(row.image_auroc),
              percent(row.image_ap),
              percent(row.image_f1max),
              percent(row.pixel_auroc),
              percent(row.pixel_ap),
              percent(row.pixel_f1max),
              percent(row.aupro),
              percent(row.vote_accuracy),
              std::to_string(row.images)};
  if (ader.has_value()) {
    cells.push_back(percent(ader->aupro));
    cells.push_back(percent(ader->pixel_f1max));
  }
  return cells;
}

std::string line_of(const Cells& cells, const std::vector<std::size_t>& widths) {
  std::string line = fmt::format("{:<{}}", cells[0], widths[0]);
  for (std::size_t i = 1; i < cells.size(); ++i) line += fmt::format("  {:>{}}", cells[i], widths[i]);
  return line + "\n";
}

}  // namespace

std::string metrics_table(const Results& results) {
  const std::optional<eval::AderRow> ader_mean = results.ader_mean();
  const bool with_ader = ader_mean.has_value();
  std::vector<Cells> rows{
      {"class", "I-AUROC", "I-AP", "I-F1max", "P-AUROC", "P-AP", "P-F1max", "AUPRO", "vote", "images"}};
  if (with_ader) rows[0].insert(rows[0].end(), {"AUPRO-50", "P-F1-21"});
  for (const ClassResult& result : results.classes) {
    rows.push_back(cells_of(result.name, result.metrics, with_ader ? result.ader : std::nullopt));
  }
  const eval::MeanRow mean = results.mean();
  rows.push_back(cells_of("mean", mean, ader_mean));

  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const Cells& cells : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string rule;
  for (const std::size_t width : widths) rule.append(width + (rule.empty() ? 0 : 2), '-');
  rule += "\n";
  std::string table = line_of(rows.front(), widths) + rule;
  for (std::size_t i = 1; i + 1 < rows.size(); ++i) table += line_of(rows[i], widths);
  return table + rule + line_of(rows.back(), widths) + "mAD " + percent(mean.mad) + "\n";
}

}  // namespace mdd::report
