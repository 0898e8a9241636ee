// The metrics of spec S10 by their definitions: every threshold visits every pixel, in double. Slow on purpose.
#pragma once
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace mdd::test {

inline double naive_auroc(const std::vector<float>& scores, const std::vector<std::uint8_t>& labels) {
  double credit = 0.0;
  double pairs = 0.0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    for (std::size_t j = 0; j < scores.size(); ++j) {
      if (labels[i] == 0 || labels[j] != 0) continue;
      pairs += 1.0;
      credit += scores[i] > scores[j] ? 1.0 : scores[i] == scores[j] ? 0.5 : 0.0;
    }
  }
  return credit / pairs;
}

struct NaivePrecisionRecall {
  double average_precision = 0.0;
  double f1_max = 0.0;
};

inline NaivePrecisionRecall naive_precision_recall(const std::vector<float>& scores,
                                                   const std::vector<std::uint8_t>& labels) {
  NaivePrecisionRecall out;
  double previous_recall = 0.0;
  const std::set<float, std::greater<>> thresholds(scores.begin(), scores.end());
  for (const float threshold : thresholds) {
    double hits = 0.0;
    double reported = 0.0;
    double defects = 0.0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      defects += labels[i] != 0 ? 1.0 : 0.0;
      if (scores[i] < threshold) continue;
      reported += 1.0;
      hits += labels[i] != 0 ? 1.0 : 0.0;
    }
    const double precision = hits / reported;
    const double recall = hits / defects;
    out.average_precision += (recall - previous_recall) * precision;
    previous_recall = recall;
    if (hits > 0.0) out.f1_max = std::max(out.f1_max, 2.0 * precision * recall / (precision + recall));
  }
  return out;
}

/// Components by flood fill: the pixels of each.
inline std::vector<std::vector<std::size_t>> naive_components(const std::vector<std::uint8_t>& mask, int height,
                                                              int width) {
  std::vector<std::uint8_t> left = mask;
  std::vector<std::vector<std::size_t>> components;
  for (int start = 0; start < height * width; ++start) {
    if (left[static_cast<std::size_t>(start)] == 0) continue;
    std::vector<int> stack{start};
    left[static_cast<std::size_t>(start)] = 0;
    components.emplace_back();
    while (!stack.empty()) {
      const int at = stack.back();
      stack.pop_back();
      components.back().push_back(static_cast<std::size_t>(at));
      for (int y = at / width - 1; y <= at / width + 1; ++y) {
        for (int x = at % width - 1; x <= at % width + 1; ++x) {
          if (y < 0 || x < 0 || y >= height || x >= width) continue;
          std::uint8_t& pixel = left[static_cast<std::size_t>(y * width + x)];
          if (pixel == 0) continue;
          pixel = 0;
          stack.push_back(y * width + x);
        }
      }
    }
  }
  return components;
}

inline double naive_aupro(const std::vector<std::vector<float>>& maps,
                          const std::vector<std::vector<std::uint8_t>>& masks, int height, int width, double limit) {
  std::set<float, std::greater<>> thresholds;
  for (const auto& map : maps) thresholds.insert(map.begin(), map.end());
  std::vector<std::pair<double, double>> curve{{0.0, 0.0}};
  for (const float threshold : thresholds) {
    double overlap = 0.0;
    double components = 0.0;
    double alarms = 0.0;
    double normals = 0.0;
    for (std::size_t image = 0; image < maps.size(); ++image) {
      for (const auto& component : naive_components(masks[image], height, width)) {
        double covered = 0.0;
        for (const std::size_t pixel : component) covered += maps[image][pixel] >= threshold ? 1.0 : 0.0;
        overlap += covered / static_cast<double>(component.size());
        components += 1.0;
      }
      for (std::size_t pixel = 0; pixel < maps[image].size(); ++pixel) {
        if (masks[image][pixel] != 0) continue;
        normals += 1.0;
        alarms += maps[image][pixel] >= threshold ? 1.0 : 0.0;
      }
    }
    curve.emplace_back(alarms / normals, overlap / components);
  }
  double area = 0.0;
  for (std::size_t i = 1; i < curve.size(); ++i) {
    auto [x0, y0] = curve[i - 1];
    auto [x1, y1] = curve[i];
    if (x0 >= limit) break;
    if (x1 > limit) {
      y1 = y0 + (y1 - y0) * (limit - x0) / (x1 - x0);
      x1 = limit;
    }
    area += (x1 - x0) * (y0 + y1) / 2.0;
  }
  return area / limit;
}

}  // namespace mdd::test
