// One test image of a report in every detail: pictures, class vote, what the memory read.
#include <algorithm>
#include <fmt/core.h>
#include <numeric>

#include "report/drawings.h"
#include "report/heatmap.h"
#include "report/picture_encoding.h"
#include "report/report_parts.h"

namespace mdd::report {
namespace {

constexpr int kPhotographQuality = 85;
constexpr int kMapQuality = 92;             // thin contours and pure colours
constexpr std::int64_t kReadoutCells = 16;  // a side, of the values that can be read off a map
constexpr std::size_t kShownClasses = 6;    // in the vote

/// The largest value in each of kReadoutCells x kReadoutCells parts of a map (fewer for a small map), as text.
std::string readout_values(std::span<const float> map, std::int64_t side) {
  const std::int64_t cells = std::min(side, kReadoutCells);
  std::vector<float> largest(static_cast<std::size_t>(cells * cells), 0.0f);
  for (std::int64_t y = 0; y < side; ++y) {
    for (std::int64_t x = 0; x < side; ++x) {
      float& cell = largest[static_cast<std::size_t>(y * cells / side * cells + x * cells / side)];
      cell = std::max(cell, map[static_cast<std::size_t>(y * side + x)]);
    }
  }
  std::string out;
  for (const float value : largest) out += fmt::format("{}{:.3g}", out.empty() ? "" : " ", value);
  return out;
}

std::string side_text(const Case& image) { return std::to_string(image.side()); }

void write_picture(HtmlWriter& html, const Case& image, const std::string& address, const std::string& title,
                   const std::string& caption) {
  html.element("figure", {}, [&] {
    html.start("img", {{"src", address},
                       {"width", side_text(image)},
                       {"height", side_text(image)},
                       {"alt", title + " of " + image.name}});
    html.element("figcaption", {}, [&] {
      html.element("b", {}, title);
      html.text(caption);
    });
  });
}

void write_map(HtmlWriter& html, const Case& image, std::span<const float> map, float scale, const std::string& title) {
  const auto largest = std::max_element(map.begin(), map.end());
  const auto at = largest - map.begin();
  const std::string peak = fmt::format("largest {:.4g}", *largest);
  const std::int64_t row = at / image.side(), column = at % image.side();
  const std::string place = fmt::format("{} at {:.0f} % from the left, {:.0f} % from the top", peak,
                                        100.0 * static_cast<double>(column) / static_cast<double>(image.side()),
                                        100.0 * static_cast<double>(row) / static_cast<double>(image.side()));
  html.element("figure", {}, [&] {
    html.start("img", {{"src", jpeg_address(heatmap(map, image.side(), image.side(), {0.0f, scale}), kMapQuality)},
                       {"width", side_text(image)},
                       {"height", side_text(image)},
                       {"alt", title + " map of " + image.name + ": " + place},
                       {"title", place},
                       {"data-values", readout_values(map, image.side())}});
    html.element("figcaption", {}, [&] {
      html.element("b", {}, title);
      html.text(fmt::format("scale 0 to {:.4g}", scale));
      html.element("span", {{"class", "readout"}}, peak);
    });
  });
}

void write_truth(HtmlWriter& html, const Case& image) {
  if (!image.mask.empty()) {
    const auto defect =
        static_cast<double>(std::count_if(image.mask.begin(), image.mask.end(), [](auto v) { return v != 0; }));
    html.element("figure", {}, [&] {
      html.start("img", {{"class", "mask"},
                         {"src", mask_address(image.mask, image.side(), image.side())},
                         {"width", side_text(image)},
                         {"height", side_text(image)},
                         {"alt", "Ground truth of " + image.name}});
      html.element("figcaption", {}, [&] {
        html.element("b", {}, "Ground truth");
        html.text(percent_text(defect / static_cast<double>(image.mask.size())) + " of the area is defect");
      });
    });
    return;
  }
  html.element("figure", {}, [&] {
    html.element("div", {{"class", "none"}},
                 image.defective ? "defective; where was not recorded" : "normal: no defect");
    html.element("figcaption", {}, [&] { html.element("b", {}, "Ground truth"); });
  });
}

void write_pictures(HtmlWriter& html, const ReportContent& content, const ReportClass& known, const Case& image) {
  html.element("div", {{"class", "maps"}}, [&] {
    write_picture(html, image, jpeg_address(image.image, kPhotographQuality), "Input", "");
    write_truth(html, image);
    write_map(html, image, image.teacher_restored, content.scales.teacher_restored, "Teacher - restored");
    if (content.header.identity) {
      write_map(html, image, image.restored_identity, content.scales.restored_identity, "Restored - identity");
    }
    write_map(html, image, image.fused, known.scale, "Fused");
    const auto above =
        std::count_if(image.fused.begin(), image.fused.end(), [&](float v) { return v > known.threshold.value; });
    const double share = static_cast<double>(above) / static_cast<double>(image.fused.size());
    const data::Image drawn =
        overlay(image.image, image.fused, {{0.0f, known.scale}, known.threshold.value, image.mask});
    write_picture(html, image, jpeg_address(drawn, kMapQuality), "Overlay",
                  percent_text(share) + " of the area is above the threshold");
  });
}

void write_bar_row(HtmlWriter& html, const std::string& name, double share) {
  html.element("tr", {}, [&] {
    html.element("th", {{"scope", "row"}}, name);
    html.element("td", {{"class", "bar"}}, [&] {
      html.element("span", {{"style", fmt::format("width:{:.1f}%", 100.0 * std::clamp(share, 0.0, 1.0))}}, "");
    });
    html.element("td", {}, percent_text(share));
  });
}

void write_vote(HtmlWriter& html, const ReportHeader& header, const Case& image) {
  std::vector<std::size_t> order(image.mass.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return image.mass[a] > image.mass[b]; });
  html.element("table", {}, [&] {
    html.element("caption", {}, "Class vote: how much of what was read belongs to each class");
    html.element("tbody", {}, [&] {
      double rest = 0;
      for (std::size_t rank = 0; rank < order.size(); ++rank) {
        const auto share = static_cast<double>(image.mass[order[rank]]);
        if (rank < kShownClasses) {
          write_bar_row(html, header.classes[order[rank]].name, share);
        } else {
          rest += share;
        }
      }
      if (order.size() > kShownClasses) write_bar_row(html, "all others", rest);
    });
  });
}

void write_prototypes(HtmlWriter& html, const ReportHeader& header, const Case& image) {
  const auto slots = static_cast<std::size_t>(header.slots);
  html.element("table", {}, [&] {
    html.element("caption", {}, "Prototypes read most");
    html.element("tbody", {}, [&] {
      for (const PrototypeShare& p : image.attention.top) {
        write_bar_row(html, fmt::format("{} #{}", header.classes[p.prototype / slots].name, p.prototype % slots + 1),
                      static_cast<double>(p.share));
      }
    });
  });
}

void write_cells(HtmlWriter& html, const ReportHeader& header, const Case& image) {
  std::vector<std::string> names;
  for (const ReportClass& known : header.classes) names.push_back(known.name);
  std::vector<std::size_t> counts(names.size(), 0);
  for (const CellVote& cell : image.attention.cells) ++counts[cell.class_index];
  html.element("div", {}, [&] {
    html.element("div", {{"class", "note"}}, "Class that each cell of the image read most");
    draw_cells(html, image.attention, names);
    html.element("ul", {{"class", "legend"}}, [&] {
      for (std::size_t c = 0; c < names.size(); ++c) {
        if (counts[c] == 0) continue;
        html.element("li", {}, [&] {
          html.element("span", {{"class", "key"}, {"style", "background:" + class_colour(c)}}, "");
          html.text(fmt::format("{} {}: {}", c + 1, names[c], count_text(counts[c], "cell")));
        });
      }
    });
  });
}

bool touches_defect(const Case& image, float threshold) {
  for (std::size_t i = 0; i < image.mask.size(); ++i) {
    if (image.mask[i] != 0 && image.fused[i] > threshold) return true;
  }
  return false;
}

std::string verdict_sentence(const ReportHeader& header, const ReportClass& known, const Case& image) {
  std::string out = fmt::format("Score {}, threshold of {} {}.", score_text(image.score), known.name,
                                score_text(known.threshold.value));
  if (image.score > known.threshold.value && !image.mask.empty() && !touches_defect(image, known.threshold.value)) {
    out += " Called defective for another place: nothing above the threshold lies on the marked defect.";
  }
  if (image.vote < 0) return out;
  const ReportClass& voted = header.classes[static_cast<std::size_t>(image.vote)];
  if (voted.name == known.name) return out;
  return out + fmt::format(" The model took it for {}, whose threshold is {}: predict would call it {}.", voted.name,
                           score_text(voted.threshold.value),
                           image.score > voted.threshold.value ? "defective" : "normal");
}

}  // namespace

void write_case(HtmlWriter& html, const ReportContent& content, std::size_t index, std::size_t detail) {
  const ClassContent& c = content.classes[index];
  const ReportClass& known = content.header.classes[c.model_class];
  const Case& image = *c.details[detail];
  html.element("article", {{"class", "case"}, {"id", case_anchor(index, detail)}}, [&] {
    html.element("h4", {}, [&] {
      write_verdict(html, verdict_of(image.defective, image.score, known.threshold.value));
      html.element("span", {}, image.name);
    });
    html.element("p", {}, verdict_sentence(content.header, known, image));
    write_pictures(html, content, known, image);
    if (image.mass.empty()) return;
    html.element("div", {{"class", "reads"}}, [&] {
      write_vote(html, content.header, image);
      write_prototypes(html, content.header, image);
      if (!image.attention.cells.empty()) write_cells(html, content.header, image);
    });
  });
}

}  // namespace mdd::report
