#include "report/report_page.h"

#include <fmt/core.h>

#include "report/drawings.h"
#include "report/report_parts.h"

namespace mdd::report {
namespace {

/// Nothing is fetched: pictures lie in the page, styles and script too.
constexpr const char* kPolicy =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

void write_head(HtmlWriter& html, const ReportHeader& header) {
  html.element("head", {}, [&] {
    html.start("meta", {{"charset", "utf-8"}});
    html.start("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", kPolicy}});
    html.start("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
    html.start("link", {{"rel", "icon"}, {"href", "data:,"}});
    html.element("title", {}, "Anomaly detection report: " + header.model + " on " + header.data);
    html.element("style", {}, [&] { html.markup(report_style()); });
  });
}

struct Totals {
  std::size_t normal = 0, defective = 0;
  Mistakes mistakes;
};

Totals totals_of(const ReportContent& content) {
  Totals totals;
  for (const ClassContent& c : content.classes) {
    totals.normal += c.normal_scores.size();
    totals.defective += c.defect_scores.size();
    totals.mistakes.missed += c.mistakes.missed;
    totals.mistakes.false_alarms += c.mistakes.false_alarms;
  }
  return totals;
}

void write_introduction(HtmlWriter& html, const ReportContent& content, const Totals& totals) {
  const ReportHeader& h = content.header;
  html.element("h1", {}, "Anomaly detection report");
  html.element("p", {{"class", "lead"}},
               "One model learned from normal images alone what the products of " +
                   count_text(h.classes.size(), "class") +
                   " look like. Here it judged images that it had never seen. "
                   "For each class this page shows how the scores of good and defective products separate, "
                   "which images it got wrong, and what it saw in them.");
  html.element(
      "p", {{"class", "result"}},
      fmt::format("At the thresholds below it missed {} of {} and raised {} on {}.", totals.mistakes.missed,
                  count_text(totals.defective, "defective image"),
                  count_text(totals.mistakes.false_alarms, "false alarm"), count_text(totals.normal, "normal image")));
  const auto fact = [&](const char* name, const std::string& value) {
    html.element("div", {}, [&] {
      html.element("dt", {}, name);
      html.element("dd", {}, value);
    });
  };
  html.element("dl", {{"class", "facts"}}, [&] {
    fact("Model", h.model);
    fact("Encoder", h.encoder);
    fact("Image size", fmt::format("{0} x {0} pixels", h.image_size));
    fact("Data set", h.data);
    fact("Test images", fmt::format("{} normal, {} defective", totals.normal, totals.defective));
    fact("Wanted false-positive rate", percent_text(h.false_positive_rate));
    fact("Date", h.date);
    fact("Program", h.version);
  });
}

void write_navigation(HtmlWriter& html, const ReportContent& content) {
  html.element("nav", {{"aria-label", "Parts of this page"}}, [&] {
    html.element("ul", {}, [&] {
      const auto link = [&](const std::string& anchor, const std::string& name) {
        html.element("li", {}, [&] { html.element("a", {{"href", "#" + anchor}}, name); });
      };
      link("metrics", "Metrics");
      link("thresholds", "Thresholds");
      link("reading", "How to read the pictures");
      for (std::size_t i = 0; i < content.classes.size(); ++i) {
        link(class_anchor(i), content.header.classes[content.classes[i].model_class].name);
      }
      if (!content.prototypes.empty()) link("prototypes", "Prototypes");
    });
  });
}

void write_reading(HtmlWriter& html, const ReportContent& content) {
  const ReportHeader& h = content.header;
  html.element("h2", {{"id", "reading"}}, "How to read the pictures");
  html.element("p", {}, [&] {
    for (const Verdict v : {Verdict::kMissed, Verdict::kFalseAlarm, Verdict::kFound, Verdict::kPassed}) {
      write_verdict(html, v);
      html.text(v == Verdict::kMissed       ? " defective, called normal. "
                : v == Verdict::kFalseAlarm ? " normal, called defective. "
                : v == Verdict::kFound      ? " defective, called defective. "
                                            : " normal, called normal.");
    }
  });
  html.element(
      "p", {},
      "Overlay: the heat colour grows in where the map rises towards the threshold; a cyan line encloses what is "
      "above it, a green line the defect as people marked it. Maps: black is no anomaly, pale yellow a strong "
      "one. A colour means the same number in every picture of its kind: no picture is stretched to its own "
      "range. The fused map joins the two raw ones, smoothed; the image's score is taken from it. It has one scale per "
      "class (drawn with the class), from 0 to twice the largest score of "
      "its held-out normal images. Point at a map to read its values.");
  html.element("div", {{"class", "split"}}, [&] {
    html.element("div", {}, [&] {
      html.element("h3", {}, "Teacher - restored");
      html.element("p", {{"class", "note"}},
                   "How the encoder's features differ from the normal ones that the restoration decoder put in their "
                   "place.");
      draw_colour_scale(html, content.scales.teacher_restored, 0, "the teacher - restored maps");
    });
    if (!h.identity) return;
    html.element("div", {}, [&] {
      html.element("h3", {}, "Restored - identity");
      html.element("p", {{"class", "note"}},
                   "How the two decoders differ: one restores what is normal, the other keeps what is there.");
      draw_colour_scale(html, content.scales.restored_identity, 0, "the restored - identity maps");
    });
  });
  html.element(
      "p", {{"class", "note"}},
      "Scales of these two raw maps: for the whole report, from 0 to twice the median of the largest values of "
      "the normal test images.");
}

void write_prototype_gallery(HtmlWriter& html, const ReportContent& content) {
  if (content.prototypes.empty()) return;
  html.element("section", {{"aria-labelledby", "prototypes"}}, [&] {
    html.element("h2", {{"id", "prototypes"}}, "What the prototypes stand for");
    html.element("p", {},
                 fmt::format("The memory holds {} per class. These were read most by the images shown in detail. The "
                             "pictures are the places of normal test images that read each of them most: the cell in "
                             "the middle, with its surroundings, and the share of the cell's attention.",
                             count_text(static_cast<std::size_t>(content.header.slots), "prototype")));
    html.element("div", {{"class", "prototypes"}}, [&] {
      for (const PrototypeContent& p : content.prototypes) {
        const std::string name = fmt::format("{} #{}", content.header.classes[p.class_index].name, p.slot + 1);
        html.element("div", {}, [&] {
          html.element("h3", {}, name);
          html.element("p", {{"class", "note"}},
                       percent_text(static_cast<double>(p.share)) + " of what the images in detail read");
          html.element("ul", {{"class", "strip"}}, [&] {
            for (const PrototypeContent::Example& e : p.examples) {
              html.element("li", {}, [&] {
                html.start("img", {{"src", e.picture}, {"alt", "Part of a normal image that read " + name}});
                html.element("span", {{"class", "name"}}, percent_text(static_cast<double>(e.share)));
              });
            }
          });
        });
      }
    });
  });
}

}  // namespace

std::string score_text(float score) { return fmt::format("{:.4f}", score); }

std::string percent_text(double fraction) { return fmt::format("{:.1f} %", 100.0 * fraction); }

std::string count_text(std::size_t count, const std::string& noun) {
  const bool hisses = !noun.empty() && noun.back() == 's';
  return std::to_string(count) + " " + noun + (count == 1 ? "" : hisses ? "es" : "s");
}

void write_verdict(HtmlWriter& html, Verdict verdict) {
  const char* word = verdict == Verdict::kFound    ? "found"
                     : verdict == Verdict::kMissed ? "missed"
                     : verdict == Verdict::kPassed ? "passed"
                                                   : "false alarm";
  const char* css = verdict == Verdict::kFalseAlarm ? "false-alarm" : word;
  html.element("span", {{"class", std::string("flag ") + css}}, word);
}

std::string class_anchor(std::size_t class_index) { return "class-" + std::to_string(class_index); }

std::string case_anchor(std::size_t class_index, std::size_t detail) {
  return "case-" + std::to_string(class_index) + "-" + std::to_string(detail);
}

std::string report_page(const ReportContent& content) {
  HtmlWriter html;
  html.markup("<!DOCTYPE html>\n");
  html.element("html", {{"lang", "en"}}, [&] {
    write_head(html, content.header);
    html.element("body", {}, [&] {
      html.element("header", {}, [&] {
        write_introduction(html, content, totals_of(content));
        write_navigation(html, content);
      });
      html.element("main", {}, [&] {
        html.element("section", {{"aria-labelledby", "metrics"}}, [&] { write_metrics(html, content.results); });
        html.element("section", {{"aria-labelledby", "thresholds"}}, [&] { write_thresholds(html, content); });
        html.element("section", {{"aria-labelledby", "reading"}}, [&] { write_reading(html, content); });
        for (std::size_t i = 0; i < content.classes.size(); ++i) write_class_section(html, content, i);
        write_prototype_gallery(html, content);
      });
      html.element("footer", {},
                   "Made by " + content.header.version + " from scores, maps and labels of " +
                       count_text(static_cast<std::size_t>(content.results.mean().images), "test image") +
                       ". This file holds everything that it shows and asks nothing of any other place.");
      html.element("script", {}, [&] { html.markup(report_script()); });
    });
  });
  return html.html();
}

}  // namespace mdd::report
