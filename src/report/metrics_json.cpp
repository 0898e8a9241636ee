#include "report/metrics_json.h"

#include <nlohmann/json.hpp>

namespace mdd::report {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(const std::optional<double>& value) { return value.has_value() ? Json(*value) : Json(nullptr); }

Json row_json(const eval::MetricRow& row, const std::optional<eval::AderRow>& ader) {
  Json json;
  json["image_auroc"] = number_or_null(row.image_auroc);
  json["image_ap"] = number_or_null(row.image_ap);
  json["image_f1max"] = number_or_null(row.image_f1max);
  json["pixel_auroc"] = number_or_null(row.pixel_auroc);
  json["pixel_ap"] = number_or_null(row.pixel_ap);
  json["pixel_f1max"] = number_or_null(row.pixel_f1max);
  json["aupro"] = number_or_null(row.aupro);
  json["vote_accuracy"] = number_or_null(row.vote_accuracy);
  json["images"] = row.images;
  if (ader.has_value()) {
    json["ader"] = {{"aupro", number_or_null(ader->aupro)}, {"pixel_f1max", number_or_null(ader->pixel_f1max)}};
  }
  return json;
}

}  // namespace

std::string metrics_json(const Results& results) {
  Json classes = Json::object();
  for (const ClassResult& result : results.classes) classes[result.name] = row_json(result.metrics, result.ader);
  const eval::MeanRow mean = results.mean();
  Json mean_json = row_json(mean, results.ader_mean());
  mean_json["mad"] = number_or_null(mean.mad);
  const Json json{{"classes", classes}, {"mean", mean_json}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mdd::report
