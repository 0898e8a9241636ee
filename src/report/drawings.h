// Inline drawings (SVG) of a report: score histograms, colour scales, cells of the memory.
#pragma once
#include <span>
#include <string>

#include "report/attention_summary.h"
#include "report/html.h"

namespace mdd::report {

struct ScoreHistogram {
  std::string class_name;
  std::span<const float> normal, defective;  ///< image scores, finite
  float threshold = 0;
};

/// Counts of normal images upwards and of defective ones downwards over common bins, the threshold as a line across.
/// Legible from 300 pixels of width up. Nothing is drawn without scores.
void draw_score_histogram(HtmlWriter& html, const ScoreHistogram& histogram);

/// The heat colours from 0 to `scale` with numbers below; marks `threshold` where it is positive.
void draw_colour_scale(HtmlWriter& html, float scale, float threshold, const std::string& what);

/// Which class each cell of the memory's query read most, coloured and, up to 16 x 16 cells, numbered.
void draw_cells(HtmlWriter& html, const AttentionSummary& attention, std::span<const std::string> class_names);

/// CSS colour of a class in drawings; light enough for dark text.
[[nodiscard]] std::string class_colour(std::size_t class_index);

/// Ends of axis steps: 1, 2 or 5 times a power of ten, so that `span` (positive) has at most `most` steps (>= 1).
[[nodiscard]] double axis_step(double span, int most);

}  // namespace mdd::report
