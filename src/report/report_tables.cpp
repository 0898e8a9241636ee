// The two tables of a report: metrics, and what stands behind the thresholds.
#include <fmt/core.h>

#include "report/metrics_table.h"
#include "report/report_parts.h"

namespace mdd::report {
namespace {

/// mAD of each class, in the rows' order; last that of the mean.
std::vector<std::string> mad_column(const Results& results) {
  std::vector<std::string> out;
  for (const ClassResult& result : results.classes) {
    out.push_back(metric_text(eval::mean_of(std::span(&result.metrics, 1)).mad));
  }
  out.push_back(metric_text(results.mean().mad));
  return out;
}

std::string threshold_note(const eval::Threshold& threshold, double wanted_rate) {
  if (threshold.optimistic) return "optimistic: images of the training";
  return threshold.rate_resolved ? "" : "too few images for " + percent_text(wanted_rate);
}

}  // namespace

void write_metrics(HtmlWriter& html, const Results& results) {
  const auto rows = metrics_cells(results);
  const auto mad = mad_column(results);
  const auto row = [&](std::size_t r) {
    html.element("tr", {}, [&] {
      html.element("th", {{"scope", "row"}}, rows[r][0]);
      for (std::size_t i = 1; i < rows[r].size(); ++i) html.element("td", {}, rows[r][i]);
      html.element("td", {}, mad[r - 1]);
    });
  };
  html.element("h2", {{"id", "metrics"}}, "Metrics");
  html.element(
      "p", {},
      "In percent; \"-\" where a metric is undefined. I: whole images, P: pixels. AUROC: how surely a defective "
      "one scores above a normal one (50 is chance). AP and F1max: precision against recall. AUPRO: how much of "
      "each defect region is covered. vote: images whose class was recognised. mAD: mean of the seven up to "
      "AUPRO.");
  html.element("div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "region"}, {"aria-label", "Metrics"}}, [&] {
    html.element("table", {{"class", "sortable"}}, [&] {
      html.element("thead", {}, [&] {
        html.element("tr", {}, [&] {
          for (const std::string& name : rows[0]) html.element("th", {{"scope", "col"}}, name);
          html.element("th", {{"scope", "col"}}, "mAD");
        });
      });
      html.element("tbody", {}, [&] {
        for (std::size_t r = 1; r + 1 < rows.size(); ++r) row(r);
      });
      html.element("tfoot", {}, [&] { row(rows.size() - 1); });
    });
  });
}

void write_thresholds(HtmlWriter& html, const ReportContent& content) {
  const ReportHeader& h = content.header;
  html.element("h2", {{"id", "thresholds"}}, "Thresholds");
  html.element("p", {},
               fmt::format("An image is called defective when its score is above the threshold of its class. Each "
                           "threshold comes from normal images that were held out of training, so that a new normal "
                           "image scores above it with a chance of at most {}; where they are too few for that, it is "
                           "their largest score. No test image has a say in it.",
                           percent_text(h.false_positive_rate)));
  html.element("div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "region"}, {"aria-label", "Thresholds"}}, [&] {
    html.element("table", {}, [&] {
      html.element("thead", {}, [&] {
        html.element("tr", {}, [&] {
          for (const char* name : {"class", "threshold", "normal images behind it", "expected false alarms",
                                   "at most (95 % sure)", "missed", "false alarms"}) {
            html.element("th", {{"scope", "col"}}, name);
          }
          html.element("th", {{"scope", "col"}, {"class", "words"}}, "note");
        });
      });
      html.element("tbody", {}, [&] {
        for (const ClassContent& c : content.classes) {
          const ReportClass& known = h.classes[c.model_class];
          html.element("tr", {}, [&] {
            html.element("th", {{"scope", "row"}}, known.name);
            html.element("td", {}, score_text(known.threshold.value));
            html.element("td", {}, std::to_string(known.threshold.images));
            html.element("td", {}, percent_text(known.threshold.expected_rate));
            html.element("td", {}, percent_text(known.threshold.rate_bound));
            html.element("td", {}, fmt::format("{} of {}", c.mistakes.missed, c.defect_scores.size()));
            html.element("td", {}, fmt::format("{} of {}", c.mistakes.false_alarms, c.normal_scores.size()));
            html.element("td", {{"class", "words"}}, threshold_note(known.threshold, h.false_positive_rate));
          });
        }
      });
    });
  });
}

}  // namespace mdd::report
