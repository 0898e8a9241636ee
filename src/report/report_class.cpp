// One class of a report: how its scores separate, what went wrong, and the images worth looking at.
#include <array>
#include <fmt/core.h>

#include "report/drawings.h"
#include "report/report_parts.h"

namespace mdd::report {
namespace {

struct ListTitle {
  const char* heading;
  const char* explanation;
};

constexpr std::array<ListTitle, 4> kListTitles{
    {{"Defective images with the lowest scores", "Missed ones come first, then the ones nearest to being missed."},
     {"Normal images with the highest scores", "False alarms come first, then the ones nearest to being one."},
     {"Defective images with the highest scores", "The ones that stand out most."},
     {"Normal images with the lowest scores", "The calmest ones."}}};

/// File and folder: the kind of defect and the image, in most data sets.
std::string short_name(const std::string& name) {
  const std::size_t file = name.rfind('/');
  if (file == std::string::npos || file == 0) return name;
  const std::size_t folder = name.rfind('/', file - 1);
  return folder == std::string::npos ? name : name.substr(folder + 1);
}

void write_thumbnails(HtmlWriter& html, std::size_t index, const ListTitle& title,
                      const std::vector<Thumbnail>& thumbnails) {
  if (thumbnails.empty()) return;
  html.element("h3", {}, title.heading);
  html.element("p", {{"class", "note"}}, title.explanation);
  html.element("ul", {{"class", "strip"}}, [&] {
    for (const Thumbnail& t : thumbnails) {
      const auto content = [&] {
        html.start("img", {{"src", t.picture}, {"alt", "Overlay of " + t.name}});
        html.element("span", {{"class", "name"}}, short_name(t.name));
        write_verdict(html, t.verdict);
        html.text(" " + score_text(t.score));
      };
      html.element("li", {}, [&] {
        if (t.detail < 0) return content();
        html.element("a", {{"href", "#" + case_anchor(index, static_cast<std::size_t>(t.detail))}}, content);
      });
    }
  });
}

std::string mistakes_text(const ClassContent& c, const Mistakes& mistakes) {
  return fmt::format(
      "{} of {} missed, {} on {}", mistakes.missed, count_text(c.defect_scores.size(), "defective image"),
      count_text(mistakes.false_alarms, "false alarm"), count_text(c.normal_scores.size(), "normal image"));
}

void write_judgement(HtmlWriter& html, const ReportContent& content, const ClassContent& c) {
  const ReportClass& known = content.header.classes[c.model_class];
  html.element("div", {}, [&] {
    html.element("p", {{"class", "result"}}, mistakes_text(c, c.mistakes) + ".");
    if (c.has_votes && !(c.voted_mistakes == c.mistakes)) {
      html.element("p", {},
                   "With the threshold of the class that the model votes for, as predict uses it: " +
                       mistakes_text(c, c.voted_mistakes) + ".");
    }
    html.element("p", {}, [&] {
      html.text(fmt::format("Threshold {}: from {} ", score_text(known.threshold.value),
                            count_text(known.threshold.images, "normal image")));
      html.text(known.threshold.optimistic ? "that the model learned from, which makes it optimistic. "
                                           : "that the model did not learn from. ");
    });
    html.element("p", {{"class", "note"}}, [&] {
      html.element("span", {{"class", "key"}, {"style", "background:#2b6cb0"}}, "");
      html.text("normal images, upwards; ");
      html.element("span", {{"class", "key"}, {"style", "background:#d9730d"}}, "");
      html.text("defective images, downwards. Right of the dashed line an image is called defective.");
    });
    html.element("div", {{"class", "note"}}, "Colours of the fused map of this class; the line is the threshold:");
    draw_colour_scale(html, known.scale, known.threshold.value, "the fused map of " + known.name);
  });
}

}  // namespace

void write_class_section(HtmlWriter& html, const ReportContent& content, std::size_t index) {
  const ClassContent& c = content.classes[index];
  const ReportClass& known = content.header.classes[c.model_class];
  html.element("section", {{"aria-labelledby", class_anchor(index)}}, [&] {
    html.element("h2", {{"id", class_anchor(index)}}, "Class " + known.name);
    html.element("div", {{"class", "split"}}, [&] {
      html.element("div", {}, [&] {
        draw_score_histogram(html, {known.name, c.normal_scores, c.defect_scores, known.threshold.value});
      });
      write_judgement(html, content, c);
    });
    for (std::size_t k = 0; k < kListTitles.size(); ++k) {
      write_thumbnails(html, index, kListTitles[k], c.thumbnails[k]);
    }
    if (!c.details.empty()) html.element("h3", {}, "In detail");
    for (std::size_t i = 0; i < c.details.size(); ++i) write_case(html, content, index, i);
  });
}

}  // namespace mdd::report
