#include "report/report.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/atomic_file.h"
#include "core/error.h"
#include "data/resize.h"
#include "report/heatmap.h"
#include "report/output_place.h"
#include "report/picture_encoding.h"
#include "report/report_page.h"

namespace mdd::report {
namespace {

constexpr std::size_t kThumbnails = 6;        // of each kind, per class
constexpr std::int64_t kThumbnailSide = 128;  // pixels
constexpr std::size_t kTopPrototypes = 5;     // named per image
constexpr std::size_t kShownPrototypes = 8;   // explained for the whole report
constexpr std::int64_t kCell = 32;            // pixels of the input behind a cell of z (spec S3)
constexpr int kPhotographQuality = 85;

/// Twice the median: room for defects, untouched by a single wild image. 1 where nothing was measured.
float scale_of(std::vector<float> peaks) {
  if (peaks.empty()) return 1.0f;
  const auto middle = peaks.begin() + static_cast<std::ptrdiff_t>(peaks.size() / 2);
  std::nth_element(peaks.begin(), middle, peaks.end());
  return *middle > 0.0f ? 2.0f * *middle : 1.0f;
}

Thumbnail thumbnail(const Case& image, const ReportClass& known) {
  const data::Image picture =
      overlay(image.image, image.fused, {{0.0f, known.scale}, known.threshold.value, image.mask});
  const std::int64_t side = std::min(image.side(), kThumbnailSide);
  return {jpeg_address(data::resize_antialiased(picture, side, side), kPhotographQuality), image.name, image.score,
          verdict_of(image.defective, image.score, known.threshold.value), -1};
}

/// The cell with half a cell around it, as far as the image reaches.
data::Image surroundings(const data::Image& image, std::int64_t row, std::int64_t column) {
  const std::int64_t side = std::min(2 * kCell, image.height);
  const auto begin = [&](std::int64_t cell) {
    return std::clamp(cell * kCell - kCell / 2, std::int64_t{0}, image.height - side);
  };
  data::Image out{side, side, {}};
  for (std::int64_t y = begin(row); y < begin(row) + side; ++y) {
    const auto from = image.pixels.begin() + (y * image.width + begin(column)) * 3;
    out.pixels.insert(out.pixels.end(), from, from + side * 3);
  }
  return out;
}

}  // namespace

Report::Report(std::filesystem::path folder, ReportHeader header, const ReportOptions& options)
    : folder_(std::move(folder)), options_(options) {
  require(!header.classes.empty(), "a report needs the model's classes");
  prepare_folder(folder_);
  if (header.slots > 0) readers_.emplace(header.classes.size() * static_cast<std::size_t>(header.slots));
  content_.header = std::move(header);
}

void Report::add(const ReportImage& image) {
  const auto& known = content_.header.classes;
  if (!selection_ || known[content_.classes.back().model_class].name != image.class_name) open_class(image.class_name);
  count(image);
  if (readers_ && !image.defective) readers_->add(image.path, image.attention);
  if (!selection_->wants(image.defective, image.score)) return;
  const auto slots = static_cast<std::size_t>(content_.header.slots);
  AttentionSummary attention = summarise_attention(image.attention, known.size(), slots, kTopPrototypes);
  selection_->add(std::make_shared<const Case>(make_case(image, std::move(attention))));
}

void Report::open_class(const std::string& name) {
  close_class();
  const auto& known = content_.header.classes;
  const auto found = std::find_if(known.begin(), known.end(), [&](const ReportClass& c) { return c.name == name; });
  require(found != known.end(), "a report's images are of the model's classes");
  content_.classes.emplace_back().model_class = static_cast<std::size_t>(found - known.begin());
  selection_.emplace(std::max(kThumbnails, options_.images));
}

void Report::count(const ReportImage& image) {
  ClassContent& c = content_.classes.back();
  (image.defective ? c.defect_scores : c.normal_scores).push_back(image.score);
  const auto judge = [&](std::size_t threshold_of, Mistakes& mistakes) {
    const Verdict verdict =
        verdict_of(image.defective, image.score, content_.header.classes[threshold_of].threshold.value);
    if (verdict == Verdict::kMissed) ++mistakes.missed;
    if (verdict == Verdict::kFalseAlarm) ++mistakes.false_alarms;
  };
  judge(c.model_class, c.mistakes);
  if (image.vote < 0) c.has_votes = false;
  judge(image.vote < 0 ? c.model_class : static_cast<std::size_t>(image.vote), c.voted_mistakes);
  note_peak(restored_peaks_, image.teacher_restored, image.defective);
  note_peak(identity_peaks_, image.restored_identity, image.defective);
}

void Report::note_peak(Peaks& peaks, std::span<const float> map, bool defective) {
  float largest = 0;
  for (const float value : map) largest = std::isfinite(value) ? std::max(largest, value) : largest;
  peaks.all.push_back(largest);
  if (!defective) peaks.normal.push_back(largest);
}

void Report::close_class() {
  if (!selection_) return;
  ClassContent& c = content_.classes.back();
  const ReportClass& known = content_.header.classes[c.model_class];
  const std::array lists{selection_->lowest_defective(), selection_->highest_normal(), selection_->highest_defective(),
                         selection_->lowest_normal()};
  // Detailed are the first of each list, then the second, and so on: the hardest come first.
  std::map<const Case*, int> detail_of;
  for (std::size_t rank = 0; rank < std::max(kThumbnails, options_.images); ++rank) {
    for (const auto& list : lists) {
      if (rank >= list.size() || c.details.size() >= options_.images) continue;
      detail_of[list[rank].get()] = static_cast<int>(c.details.size());
      c.details.push_back(list[rank]);
    }
  }
  for (std::size_t k = 0; k < lists.size(); ++k) {
    for (const CasePointer& image : lists[k]) {
      const auto detail = detail_of.find(image.get());
      const bool shown = c.thumbnails[k].size() < kThumbnails || detail != detail_of.end();
      if (!shown) continue;
      c.thumbnails[k].push_back(thumbnail(*image, known));
      if (detail != detail_of.end()) c.thumbnails[k].back().detail = detail->second;
    }
  }
  selection_.reset();
}

void Report::choose_prototypes() {
  std::map<std::size_t, float> shares;
  std::size_t images = 0;
  for (const ClassContent& c : content_.classes) {
    for (const CasePointer& image : c.details) {
      ++images;
      for (const PrototypeShare& p : image->attention.top) shares[p.prototype] += p.share;
    }
  }
  std::vector<PrototypeShare> order;
  order.reserve(shares.size());
  for (const auto& [prototype, share] : shares) order.push_back({prototype, share / static_cast<float>(images)});
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
  order.resize(std::min(order.size(), kShownPrototypes));

  const std::int64_t side = content_.header.image_size, cells = side / kCell;
  const auto slots = static_cast<std::size_t>(content_.header.slots);
  for (const PrototypeShare& p : order) {
    PrototypeContent shown{p.prototype / slots, p.prototype % slots, p.share, {}};
    for (const PrototypeReaders::Place& place : readers_->places(p.prototype)) {
      const data::Image image = data::resize_antialiased(data::load_image(readers_->images()[place.image]), side, side);
      const auto cell = static_cast<std::int64_t>(place.cell);
      const data::Image part = surroundings(image, cell / cells, cell % cells);
      shown.examples.push_back({jpeg_address(part, kPhotographQuality), place.share});
    }
    content_.prototypes.push_back(std::move(shown));
  }
}

std::uint64_t Report::finish(const Results& results) {
  close_class();
  content_.results = results;
  const auto scale = [](const Peaks& peaks) { return scale_of(peaks.normal.empty() ? peaks.all : peaks.normal); };
  content_.scales = {scale(restored_peaks_), scale(identity_peaks_)};
  if (readers_) choose_prototypes();
  const std::string html = report_page(content_);
  write_atomically(page(), html);
  return html.size();
}

}  // namespace mdd::report
