// The parts that report_page() is put together from.
#pragma once
#include <string>
#include <string_view>

#include "report/html.h"
#include "report/report_content.h"

namespace mdd::report {

/// Contents of the page's style and script elements.
[[nodiscard]] std::string_view report_style();
[[nodiscard]] std::string_view report_script();

/// "0.1234", as predict prints scores.
[[nodiscard]] std::string score_text(float score);
/// "12.3 %" of a fraction.
[[nodiscard]] std::string percent_text(double fraction);
/// "1 image", "2 images".
[[nodiscard]] std::string count_text(std::size_t count, const std::string& noun);
/// A label with a word and a colour: "missed", "found", "false alarm", "passed".
void write_verdict(HtmlWriter& html, Verdict verdict);

/// Names that links within the page use; made of numbers alone.
[[nodiscard]] std::string class_anchor(std::size_t class_index);
[[nodiscard]] std::string case_anchor(std::size_t class_index, std::size_t detail);

/// Contents of the sections "metrics" and "thresholds".
void write_metrics(HtmlWriter& html, const Results& results);
void write_thresholds(HtmlWriter& html, const ReportContent& content);

/// One class: histogram, mistakes, hardest and easiest images, images in detail. `index` counts content.classes.
void write_class_section(HtmlWriter& html, const ReportContent& content, std::size_t index);
/// One image in detail. `detail` counts the class's details.
void write_case(HtmlWriter& html, const ReportContent& content, std::size_t index, std::size_t detail);

}  // namespace mdd::report
