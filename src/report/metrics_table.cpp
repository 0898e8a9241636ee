#include "report/metrics_table.h"

#include <algorithm>
#include <fmt/core.h>
#include <vector>

namespace mdd::report {
namespace {

using Cells = std::vector<std::string>;

Cells cells_of(const std::string& name, const eval::MetricRow& row, const std::optional<eval::AderRow>& ader) {
  Cells cells{name,
              metric_text(row.image_auroc),
              metric_text(row.image_ap),
              metric_text(row.image_f1max),
              metric_text(row.pixel_auroc),
              metric_text(row.pixel_ap),
              metric_text(row.pixel_f1max),
              metric_text(row.aupro),
              metric_text(row.vote_accuracy),
              std::to_string(row.images)};
  if (ader.has_value()) {
    cells.push_back(metric_text(ader->aupro));
    cells.push_back(metric_text(ader->pixel_f1max));
  }
  return cells;
}

std::string line_of(const Cells& cells, const std::vector<std::size_t>& widths) {
  std::string line = fmt::format("{:<{}}", cells[0], widths[0]);
  for (std::size_t i = 1; i < cells.size(); ++i) line += fmt::format("  {:>{}}", cells[i], widths[i]);
  return line + "\n";
}

}  // namespace

std::string metric_text(const std::optional<double>& value) {
  return value.has_value() ? fmt::format("{:.1f}", 100.0 * *value) : "-";
}

std::vector<std::vector<std::string>> metrics_cells(const Results& results) {
  const std::optional<eval::AderRow> ader_mean = results.ader_mean();
  const bool with_ader = ader_mean.has_value();
  std::vector<Cells> rows{
      {"class", "I-AUROC", "I-AP", "I-F1max", "P-AUROC", "P-AP", "P-F1max", "AUPRO", "vote", "images"}};
  if (with_ader) rows[0].insert(rows[0].end(), {"AUPRO-50", "P-F1-21"});
  for (const ClassResult& result : results.classes) {
    rows.push_back(cells_of(result.name, result.metrics, with_ader ? result.ader : std::nullopt));
  }
  rows.push_back(cells_of("mean", results.mean(), ader_mean));
  return rows;
}

std::string metrics_table(const Results& results) {
  const std::vector<Cells> rows = metrics_cells(results);
  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const Cells& cells : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string rule;
  for (const std::size_t width : widths) rule.append(width + (rule.empty() ? 0 : 2), '-');
  rule += "\n";
  std::string table = line_of(rows.front(), widths) + rule;
  for (std::size_t i = 1; i + 1 < rows.size(); ++i) table += line_of(rows[i], widths);
  return table + rule + line_of(rows.back(), widths) + "mAD " + metric_text(results.mean().mad) + "\n";
}

}  // namespace mdd::report
