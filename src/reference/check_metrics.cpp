// Cases of score histograms and ranking metrics.
#include <algorithm>
#include <limits>

#include "reference/checker.h"
#include "reference/metrics.h"

namespace mdd::reference {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Scores in 0..1 of which many are equal.
Array tied_scores(Checker& check, Index count, std::uint32_t levels) {
  Array out = check.random_integers(Shape{count}, levels);
  for (double& value : out.values) value = static_cast<double>(static_cast<float>(value / levels));
  return out;
}

/// The counts that a backend adds to 0, 1, 2, ...
Array counted(Checker& check, const DeviceArray& scores, const DeviceArray& labels, float low, float high, Index bins) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(2 * bins));
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = static_cast<std::int64_t>(i);
  const DeviceArray device = check.poisoned(Shape{2, bins}, DType::kI64);
  check.backend().copy_from_host(device, std::as_bytes(std::span(counts)));
  check.backend().score_histogram(scores, labels, low, high, device);
  const std::vector<std::byte> bytes = device.download_bytes();
  std::copy(bytes.begin(), bytes.end(), std::as_writable_bytes(std::span(counts)).begin());
  check.expect("nothing written outside", device.guards_intact());
  Array out(Shape{2, bins});
  for (std::size_t i = 0; i < counts.size(); ++i)
    out.values[i] = static_cast<double>(counts[i]) - static_cast<double>(i);
  return out;
}

void compare_counts(Checker& check, const Array& scores, const Array& labels, float low, float high, Index bins) {
  const DeviceArray device_scores = check.device(scores), device_labels = check.device(labels, DType::kU8);
  check.compare("counts", counted(check, device_scores, device_labels, low, high, bins),
                score_histogram(scores, labels, static_cast<double>(low), static_cast<double>(high), bins), kExact);
}

void check_histogram(Checker& check, Index count, Index bins) {
  const Array labels = check.random_integers(Shape{count}, 3);
  compare_counts(check, check.random(Shape{count}, -0.5f, 2.5f), labels, 0.0f, 2.0f, bins);
}

void check_histogram_edges(Checker& check) {
  const Array scores{Shape{10}, {0.0, -0.0, 0.25, 0.5, 1.0, -1.0, kNan, kInfinity, -kInfinity, 3e38}};
  const Array labels{Shape{10}, {0, 1, 0, 255, 0, 1, 1, 0, 1, 1}};
  compare_counts(check, scores, labels, 0.0f, 1.0f, 4);
  compare_counts(check, scores, labels, -1e-30f, 1e-30f, 3);
}

Array ranked(Checker& check, const Array& scores, const Array& labels) {
  const DeviceArray device_scores = check.device(scores), device_labels = check.device(labels, DType::kU8);
  const DeviceArray metrics = check.poisoned(Shape{3}, DType::kF64);
  check.backend().ranking_metrics(device_scores, device_labels, metrics);
  check.expect("nothing written outside", metrics.guards_intact());
  check.compare("labels are left alone", device_labels, labels, kExact);
  return metrics.download();
}

constexpr double kRatio = 1e-12;  ///< quotients of exact counts, and f64 sums of them

/// Random labels, but never all the same: without both there is no ranking to measure.
Array both_labels(Checker& check, Index count) {
  Array labels = check.random_integers(Shape{count}, 2);
  labels[0] = 0.0;
  labels[count - 1] = 1.0;
  return labels;
}

void check_ranking(Checker& check, const Array& scores, const Array& labels) {
  check.compare("AUROC, average precision, F1", ranked(check, scores, labels), ranking_metrics(scores, labels), kRatio);
}

void check_undefined(Checker& check, const char* why, const Array& scores, const Array& labels) {
  const Array got = ranked(check, scores, labels);
  check.expect(std::string("NaN: ") + why,
               std::all_of(got.values.begin(), got.values.end(), [](double value) { return std::isnan(value); }));
}

void check_all_undefined(Checker& check) {
  const Index count = 1001;
  const Array labels = check.random_integers(Shape{count}, 2);
  Array scores = check.random(Shape{count});
  check_undefined(check, "normal labels only", scores, Array(Shape{count}));
  check_undefined(check, "defect labels only", scores, Array(Shape{count}, 1.0));
  check_undefined(check, "one score", Array(Shape{1}, 0.5), Array(Shape{1}, 1.0));
  check_undefined(check, "no score", Array(Shape{0}), Array(Shape{0}));
  scores[count / 2] = kNan;
  check_undefined(check, "a score is NaN", scores, labels);
  scores[count / 2] = -kNan;
  check_undefined(check, "a score is a negative NaN", scores, labels);
}

}  // namespace

void check_metrics(Checker& check) {
  for (const auto& [count, bins] : {std::pair<Index, Index>{0, 3}, {1, 1}, {1037, 7}, {5000, 1000}, {4096, 20000}}) {
    check.run("score histogram", std::to_string(count) + " scores, " + std::to_string(bins) + " bins",
              [&, n = count, b = bins] { check_histogram(check, n, b); });
  }
  check.run("score histogram", "edges of bins, NaN, infinities", [&] { check_histogram_edges(check); });
  check.run("ranking metrics", "2 scores", [&] { check_ranking(check, {Shape{2}, {0.25, 0.75}}, {Shape{2}, {0, 1}}); });
  check.run("ranking metrics", "2 scores, wrong way round", [&] {
    check_ranking(check, {Shape{2}, {0.75, 0.25}}, {Shape{2}, {0, 1}});
  });
  check.run("ranking metrics", "scores of no difference",
            [&] { check_ranking(check, Array(Shape{4097}, 0.5), check.random_integers(Shape{4097}, 2)); });
  check.run("ranking metrics", "zeros of both signs and infinities", [&] {
    check_ranking(check, {Shape{8}, {0.0, -0.0, 1.0, -1.0, -0.0, 0.0, kInfinity, -kInfinity}},
                  {Shape{8}, {1, 0, 255, 0, 1, 0, 0, 1}});
  });
  for (const Index count : {Index{5}, Index{300}, Index{2048}, Index{5001}}) {
    check.run("ranking metrics", std::to_string(count) + " scores",
              [&] { check_ranking(check, check.random(Shape{count}), both_labels(check, count)); });
    check.run("ranking metrics", std::to_string(count) + " scores, many ties",
              [&] { check_ranking(check, tied_scores(check, count, 7), both_labels(check, count)); });
  }
  check.run("ranking metrics", "one defect among 9000", [&] {
    Array labels(Shape{9000});
    labels[4321] = 2.0;
    check_ranking(check, tied_scores(check, 9000, 3), labels);
  });
  for (const Index count : {Index{60'000}, Index{1'100'000}}) {
    if (check.small_only() && count > 100'000) continue;
    check.run("ranking metrics", std::to_string(count) + " scores, 5 different ones", [&] {
      Array labels(Shape{count});
      for (const Index defect : {count / 7, count / 3, count / 2, count - 1}) labels[defect] = 1.0;
      check_ranking(check, tied_scores(check, count, 5), labels);
    });
  }
  check.run("ranking metrics", "undefined", [&] { check_all_undefined(check); });
}

}  // namespace mdd::reference
