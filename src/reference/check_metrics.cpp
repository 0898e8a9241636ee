// Cases of score histograms and pixel metrics.
#include <algorithm>
#include <functional>
#include <limits>
#include <map>

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

/// The pixels of a class: areas as in Backend::pixel_metrics.
struct Pixels {
  Array scores, areas;
  OverlapParams params;
};

/// `components[i]`: 0 = normal, else which component pixel i belongs to.
Pixels pixels_of(Array scores, const Array& components, double limit = 0.3) {
  std::map<double, double> areas;
  for (const double component : components.values) areas[component] += 1.0;
  Pixels out{std::move(scores), Array(components.shape), {0, limit}};
  for (Index i = 0; i < components.size(); ++i) {
    if (components[i] != 0.0) out.areas[i] = areas[components[i]];
  }
  out.params.components = static_cast<std::int64_t>(areas.size()) - static_cast<std::int64_t>(areas.count(0.0));
  return out;
}

Array measured(Checker& check, const Pixels& pixels) {
  const DeviceArray scores = check.device(pixels.scores), areas = check.device(pixels.areas, DType::kI32);
  const DeviceArray metrics = check.poisoned(Shape{4}, DType::kF64);
  check.backend().pixel_metrics(pixels.params, scores, areas, metrics);
  check.expect("nothing written outside", metrics.guards_intact());
  check.compare("areas are left alone", areas, pixels.areas, kExact);
  return metrics.download();
}

constexpr double kRatio = 1e-12;  ///< quotients of exact counts, and f64 sums of them

/// Components 1 .. `count` at random among as many normal pixels, but never all the same: without both kinds there is
/// nothing to measure.
Array both_kinds(Checker& check, Index pixels, std::uint32_t count) {
  Array components = check.random_integers(Shape{pixels}, 2 * count);
  for (double& component : components.values) component = component < count ? 0.0 : component - count + 1.0;
  components[0] = 0.0;
  components[pixels - 1] = 1.0;
  return components;
}

void compare_metrics(Checker& check, const Pixels& pixels) {
  const Array got = measured(check, pixels);
  const Array expected =
      pixel_metrics(pixels.scores, pixels.areas, static_cast<double>(pixels.params.components), pixels.params.limit);
  const auto first_three = [](const Array& all) { return Array{Shape{3}, {all[0], all[1], all[2]}}; };
  check.compare("AUROC, average precision, F1", first_three(got), first_three(expected), kRatio);
  check.compare("AUPRO", Array(Shape{1}, got[3]), Array(Shape{1}, expected[3]), kRatio, 0.01);
}

void check_limits(Checker& check) {
  // Ten normal pixels, two a score: the limit falls on a group's end, inside a group, before the first alarm, and on
  // the last.
  const Array scores{Shape{14}, {9, 9, 9, 8, 8, 8, 7, 7, 6, 6, 6, 5, 5, 9.5}};
  const Array components{Shape{14}, {0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 2}};
  for (const double limit : {0.2, 0.3, 0.4, 1e-9, 0.6, 1.0})
    compare_metrics(check, pixels_of(scores, components, limit));
}

void check_components(Checker& check) {
  const Index count = 5001;
  const Array scores = tied_scores(check, count, 900);
  Pixels one = pixels_of(scores, both_kinds(check, count, 1));
  compare_metrics(check, one);
  one.params = {7, 0.05};
  for (double& area : one.areas.values) area = area == 0.0 ? 0.0 : 2147483647.0;  // as large as they come
  compare_metrics(check, one);
  Array each_its_own = both_kinds(check, count, 1);
  for (Index i = 0; i < count; ++i) each_its_own[i] *= static_cast<double>(i + 1);
  compare_metrics(check, pixels_of(scores, each_its_own));
}

void check_undefined(Checker& check, const char* why, const Pixels& pixels) {
  const Array got = measured(check, pixels);
  check.expect(std::string("NaN: ") + why,
               std::all_of(got.values.begin(), got.values.end(), [](double value) { return std::isnan(value); }));
}

void check_all_undefined(Checker& check) {
  const Index count = 1001;
  const Array components = both_kinds(check, count, 3);
  Array scores = check.random(Shape{count});
  check_undefined(check, "normal pixels only", pixels_of(scores, Array(Shape{count})));
  check_undefined(check, "defects only", pixels_of(scores, Array(Shape{count}, 1.0)));
  check_undefined(check, "one pixel", pixels_of(Array(Shape{1}, 0.5), Array(Shape{1}, 1.0)));
  check_undefined(check, "no pixel", pixels_of(Array(Shape{0}), Array(Shape{0})));
  Pixels uncounted = pixels_of(scores, components);
  uncounted.params.components = 0;
  const Array got = measured(check, uncounted);
  check.expect("NaN: no component", !std::isnan(got[0]) && !std::isnan(got[2]) && std::isnan(got[3]));
  scores[count / 2] = kNan;
  check_undefined(check, "a score is NaN", pixels_of(scores, components));
  scores[count / 2] = -kNan;
  check_undefined(check, "a score is a negative NaN", pixels_of(scores, components));
}

}  // namespace

void check_metrics(Checker& check) {
  for (const auto& [count, bins] : {std::pair<Index, Index>{0, 3}, {1, 1}, {1037, 7}, {5000, 1000}, {4096, 20000}}) {
    check.run("score histogram", std::to_string(count) + " scores, " + std::to_string(bins) + " bins",
              [&, n = count, b = bins] { check_histogram(check, n, b); });
  }
  check.run("score histogram", "edges of bins, NaN, infinities", [&] { check_histogram_edges(check); });
  const auto run = [&](const std::string& shape, const std::function<Pixels()>& pixels) {
    check.run("pixel metrics", shape, [&] { compare_metrics(check, pixels()); });
  };
  run("2 pixels", [] { return pixels_of({Shape{2}, {0.25, 0.75}}, {Shape{2}, {0, 1}}); });
  run("2 pixels, wrong way round", [] { return pixels_of({Shape{2}, {0.75, 0.25}}, {Shape{2}, {0, 1}}); });
  run("scores of no difference", [&] { return pixels_of(Array(Shape{4097}, 0.5), both_kinds(check, 4097, 4)); });
  run("zeros of both signs and infinities", [] {
    return pixels_of({Shape{8}, {0.0, -0.0, 1.0, -1.0, -0.0, 0.0, kInfinity, -kInfinity}},
                     {Shape{8}, {1, 0, 2, 0, 1, 0, 0, 3}});
  });
  for (const Index count : {Index{5}, Index{300}, Index{2048}, Index{5001}}) {
    run(std::to_string(count), [&] { return pixels_of(check.random(Shape{count}), both_kinds(check, count, 9)); });
    run(std::to_string(count) + ", many ties",
        [&] { return pixels_of(tied_scores(check, count, 7), both_kinds(check, count, 9), 0.7); });
  }
  run("9000, one of them defective", [&] {
    Array components(Shape{9000});
    components[4321] = 1.0;
    return pixels_of(tied_scores(check, 9000, 3), components);
  });
  for (const Index count : {Index{60'000}, Index{1'100'000}}) {
    if (check.small_only() && count > 10'000) continue;
    run(std::to_string(count) + ", 5 different scores", [&] {
      Array components(Shape{count});
      for (const Index defect : {count / 7, count / 3, count / 2, count - 1}) components[defect] = 1.0;
      return pixels_of(tied_scores(check, count, 5), components);
    });
  }
  check.run("pixel metrics", "limits", [&] { check_limits(check); });
  check.run("pixel metrics", "components", [&] { check_components(check); });
  check.run("pixel metrics", "undefined", [&] { check_all_undefined(check); });
}

}  // namespace mdd::reference
