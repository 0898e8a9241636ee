#include "report/drawings.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>

#include "report/heatmap.h"

namespace mdd::report {
namespace {

std::string px(double value) { return fmt::format("{:.1f}", value); }

void label(HtmlWriter& html, double x, double y, const char* anchor, const std::string& text) {
  html.element("text", {{"x", px(x)}, {"y", px(y)}, {"text-anchor", anchor}}, text);
}

void line(HtmlWriter& html, double x1, double y1, double x2, double y2, const char* css_class) {
  html.element("line", {{"class", css_class}, {"x1", px(x1)}, {"y1", px(y1)}, {"x2", px(x2)}, {"y2", px(y2)}}, "");
}

/// A filled rectangle that says `title` when pointed at.
void rectangle(HtmlWriter& html, double x, double y, double width, double height, const std::string& fill,
               const std::string& title) {
  html.element("rect", {{"x", px(x)}, {"y", px(y)}, {"width", px(width)}, {"height", px(height)}, {"fill", fill}},
               [&] { html.element("title", {}, title); });
}

std::string heat_css(float value, float scale) {
  const Rgb colour = heat_colour(value, {0.0f, scale});
  return fmt::format("#{:02x}{:02x}{:02x}", colour[0], colour[1], colour[2]);
}

/// The histogram's frame: where values and counts lie in the drawing.
struct Frame {
  static constexpr double kWidth = 360, kHeight = 230, kLeft = 34, kRight = 350, kTop = 34, kBottom = 194;
  static constexpr int kBins = 32;
  double low = 0, high = 1;
  std::size_t most = 1;  ///< images in the fullest bin

  [[nodiscard]] double x(double value) const { return kLeft + (kRight - kLeft) * (value - low) / (high - low); }
  static constexpr double middle() { return 0.5 * (kTop + kBottom); }
  [[nodiscard]] double height(std::size_t count) const {
    return (middle() - kTop) * static_cast<double>(count) / static_cast<double>(most);
  }
  [[nodiscard]] double bin_start(int bin) const { return low + (high - low) * bin / kBins; }
};

using Counts = std::vector<std::size_t>;

Counts counts_of(const Frame& frame, std::span<const float> scores) {
  Counts counts(Frame::kBins, 0);
  for (const float score : scores) {
    const double share = (static_cast<double>(score) - frame.low) / (frame.high - frame.low);
    const int bin = std::clamp(static_cast<int>(share * Frame::kBins), 0, Frame::kBins - 1);
    ++counts[static_cast<std::size_t>(bin)];
  }
  return counts;
}

Frame frame_of(const ScoreHistogram& h) {
  auto low = static_cast<double>(h.threshold), high = low;
  for (const auto scores : {h.normal, h.defective}) {
    for (const float score : scores) {
      low = std::min(low, static_cast<double>(score));
      high = std::max(high, static_cast<double>(score));
    }
  }
  const double margin = high > low ? 0.04 * (high - low) : 0.5;
  return {low - margin, high + margin, 1};
}

void draw_axes(HtmlWriter& html, const Frame& f) {
  const double step = axis_step(f.high - f.low, 6);
  const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(step) + 1e-9)));
  for (double tick = std::ceil(f.low / step); tick * step <= f.high; tick += 1.0) {
    const double value = tick * step + 0.0;  // no -0
    line(html, f.x(value), Frame::kTop, f.x(value), Frame::kBottom + 4, "grid");
    label(html, f.x(value), Frame::kBottom + 17, "middle", fmt::format("{:.{}f}", value, decimals));
  }
  line(html, Frame::kLeft, Frame::middle(), Frame::kRight, Frame::middle(), "axis");
  line(html, Frame::kLeft, Frame::kTop, Frame::kLeft, Frame::kBottom, "axis");
  label(html, Frame::kLeft - 5, Frame::middle() + 4, "end", "0");
  label(html, Frame::kLeft - 5, Frame::kTop + 4, "end", std::to_string(f.most));
  label(html, Frame::kLeft - 5, Frame::kBottom + 4, "end", std::to_string(f.most));
  label(html, 0.5 * (Frame::kLeft + Frame::kRight), Frame::kHeight - 3, "middle", "anomaly score of the image");
  html.element("text",
               {{"x", "0"},
                {"y", "0"},
                {"text-anchor", "middle"},
                {"transform", fmt::format("translate(10 {}) rotate(-90)", px(Frame::middle()))}},
               "images");
}

void draw_bars(HtmlWriter& html, const Frame& f, const Counts& counts, bool upwards) {
  const double width = (Frame::kRight - Frame::kLeft) / Frame::kBins - 1.0;
  for (int bin = 0; bin < Frame::kBins; ++bin) {
    const std::size_t count = counts[static_cast<std::size_t>(bin)];
    if (count == 0) continue;
    const double height = f.height(count);
    rectangle(html, f.x(f.bin_start(bin)) + 0.5, upwards ? Frame::middle() - height : Frame::middle(), width, height,
              upwards ? "#2b6cb0" : "#d9730d",
              fmt::format("{} {} images, score {:.4g} to {:.4g}", count, upwards ? "normal" : "defective",
                          f.bin_start(bin), f.bin_start(bin + 1)));
  }
}

void draw_threshold(HtmlWriter& html, const Frame& f, float threshold) {
  const double x = f.x(static_cast<double>(threshold));
  line(html, x, Frame::kTop - 16, x, Frame::kBottom, "threshold");
  const bool left = x > 0.5 * (Frame::kLeft + Frame::kRight);
  label(html, left ? x - 5 : x + 5, Frame::kTop - 8, left ? "end" : "start",
        fmt::format("threshold {:.4f}", threshold));
}

}  // namespace

double axis_step(double span, int most) {
  const double rough = span / most;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10.0 * power;
}

void draw_score_histogram(HtmlWriter& html, const ScoreHistogram& h) {
  if (h.normal.empty() && h.defective.empty()) return;
  Frame frame = frame_of(h);
  const Counts normal = counts_of(frame, h.normal), defective = counts_of(frame, h.defective);
  frame.most =
      std::max(*std::max_element(normal.begin(), normal.end()), *std::max_element(defective.begin(), defective.end()));
  html.element("svg",
               {{"class", "histogram"},
                {"viewBox", fmt::format("0 0 {} {}", Frame::kWidth, Frame::kHeight)},
                {"role", "img"},
                {"aria-label", fmt::format("Histogram of the scores of {} normal and {} defective images of {}, "
                                           "threshold {:.4f}",
                                           h.normal.size(), h.defective.size(), h.class_name, h.threshold)}},
               [&] {
                 draw_axes(html, frame);
                 draw_bars(html, frame, normal, true);
                 draw_bars(html, frame, defective, false);
                 draw_threshold(html, frame, h.threshold);
               });
}

void draw_colour_scale(HtmlWriter& html, float scale, float threshold, const std::string& what) {
  constexpr double kLeft = 8, kWidth = 304, kTop = 4, kHeight = 16;
  constexpr int kSteps = 64;
  const auto x = [&](double value) { return kLeft + kWidth * value / static_cast<double>(scale); };
  html.element(
      "svg",
      {{"class", "scale"},
       {"viewBox", "0 0 320 40"},
       {"role", "img"},
       {"aria-label", fmt::format("Colour scale of {}: black is 0, pale yellow is {:.4g} and above", what, scale)}},
      [&] {
        for (int i = 0; i < kSteps; ++i) {
          const float value = scale * (static_cast<float>(i) + 0.5f) / kSteps;
          rectangle(html, x(static_cast<double>(value)) - 0.5 * kWidth / kSteps, kTop, kWidth / kSteps + 0.4, kHeight,
                    heat_css(value, scale), fmt::format("{:.4g}", value));
        }
        const auto end = static_cast<double>(scale);
        const auto tick = [&](double value, const char* anchor) {
          line(html, x(value), kTop + kHeight, x(value), kTop + kHeight + 4, "axis");
          label(html, x(value), kTop + kHeight + 16, anchor, fmt::format("{:.4g}", value));
        };
        tick(0.0, "start");
        const double step = axis_step(end, 4);
        for (double i = 1.0; i * step < 0.8 * end; i += 1.0) tick(i * step, "middle");
        tick(end, "end");
        if (threshold > 0.0f && threshold < scale) {
          line(html, x(static_cast<double>(threshold)), 0, x(static_cast<double>(threshold)), kTop + kHeight + 4,
               "mark");
        }
      });
}

void draw_cells(HtmlWriter& html, const AttentionSummary& attention, std::span<const std::string> class_names) {
  constexpr double kCell = 16;
  const bool numbered = attention.side <= 16;
  const auto extent = std::to_string(static_cast<std::int64_t>(kCell) * attention.side);
  html.element("svg",
               {{"class", "cells"},
                {"viewBox", "0 0 " + extent + " " + extent},
                {"role", "img"},
                {"aria-label", "Class that each cell of the image read most"}},
               [&] {
                 for (std::size_t i = 0; i < attention.cells.size(); ++i) {
                   const CellVote& vote = attention.cells[i];
                   const auto side = static_cast<std::size_t>(attention.side);
                   const std::size_t row = i / side, column = i % side;
                   const double x = kCell * static_cast<double>(column), y = kCell * static_cast<double>(row);
                   rectangle(html, x, y, kCell - 1, kCell - 1, class_colour(vote.class_index),
                             fmt::format("row {}, column {}: {} {:.0f} %", row + 1, column + 1,
                                         class_names[vote.class_index], 100.0f * vote.share));
                   if (numbered) label(html, x + 7.5, y + 11, "middle", std::to_string(vote.class_index + 1));
                 }
               });
}

std::string class_colour(std::size_t class_index) {
  // Steps of the golden angle: neighbours differ, however many classes there are.
  const double hue = std::fmod(205.0 + 137.508 * static_cast<double>(class_index), 360.0);
  return fmt::format("hsl({:.0f},60%,76%)", hue);
}

}  // namespace mdd::report
