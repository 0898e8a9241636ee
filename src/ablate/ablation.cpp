#include "ablate/ablation.h"

#include <array>

namespace mdd::ablate {

std::span<const Metric> metrics() {
  static constexpr std::array<Metric, 9> kMetrics{{{"image_auroc", "I-AUROC", &eval::MeanRow::image_auroc},
                                                   {"image_ap", "", &eval::MeanRow::image_ap},
                                                   {"image_f1max", "", &eval::MeanRow::image_f1max},
                                                   {"pixel_auroc", "P-AUROC", &eval::MeanRow::pixel_auroc},
                                                   {"pixel_ap", "P-AP", &eval::MeanRow::pixel_ap},
                                                   {"pixel_f1max", "", &eval::MeanRow::pixel_f1max},
                                                   {"aupro", "AUPRO", &eval::MeanRow::aupro},
                                                   {"mad", "mAD", &eval::MeanRow::mad},
                                                   {"vote_accuracy", "", &eval::MeanRow::vote_accuracy}}};
  return kMetrics;
}

std::vector<Value> values_of(const VariantResults& results, const Metric& metric) {
  std::vector<Value> out;
  for (const Run& run : results.runs) out.push_back(run.metrics ? run.metrics->mean().*metric.value : std::nullopt);
  return out;
}

}  // namespace mdd::ablate
