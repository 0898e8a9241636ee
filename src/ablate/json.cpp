// The JSON of report.h.
#include <nlohmann/json.hpp>

#include "ablate/report.h"
#include "report/metrics_json.h"

namespace mdd::ablate {
namespace {

using Json = nlohmann::ordered_json;

Json value_json(const Value& value) { return value ? Json(*value) : Json(nullptr); }

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json summary_json(const std::vector<Value>& values) {
  const Summary s = summarise(values);
  return {{"mean", value_json(s.mean)}, {"deviation", value_json(s.deviation)}, {"seeds", s.count}};
}

Json summaries(const VariantResults& results) {
  Json out = Json::object();
  for (const Metric& metric : metrics()) out[std::string(metric.key)] = summary_json(values_of(results, metric));
  return out;
}

Json differences(const VariantResults& results, const VariantResults& base) {
  Json out = Json::object();
  for (const Metric& metric : metrics()) {
    out[std::string(metric.key)] =
        summary_json(paired_differences(values_of(results, metric), values_of(base, metric)));
  }
  return out;
}

Json seconds_json(const VariantResults& results) {
  std::vector<Value> training, scoring;
  for (const Run& run : results.runs) {
    if (!run.metrics) continue;
    training.emplace_back(run.training_seconds);
    scoring.emplace_back(run.scoring_seconds);
  }
  return {{"training", value_json(summarise(training).mean)}, {"scoring", value_json(summarise(scoring).mean)}};
}

/// Summaries of every class. metrics.json's own keys say what there is; the test images are the same with every seed.
Json classes_json(const std::vector<Json>& metrics_of_runs) {
  Json out = Json::object();
  if (metrics_of_runs.empty()) return out;
  for (const auto& [name, row] : metrics_of_runs.front().at("classes").items()) {
    for (const auto& [key, ignored] : row.items()) {
      if (key == "images") continue;
      std::vector<Value> values;
      for (const Json& metrics : metrics_of_runs) {
        const Json& value = metrics.at("classes").at(name).at(key);
        values.push_back(value.is_number() ? Value(value.get<double>()) : std::nullopt);
      }
      out[name][key] = summary_json(values);
    }
  }
  return out;
}

Json run_json(const Run& run, const Json& metrics) {
  return {{"seed", run.seed},
          {"folder", run.folder.generic_string()},
          {"model", run.model.generic_string()},
          {"machine", text_or_null(run.machine)},
          {"program", text_or_null(run.program)},
          {"training_seconds", run.training_seconds},
          {"scoring_seconds", run.scoring_seconds},
          {"failure", text_or_null(run.failure)},
          {"metrics", metrics}};
}

Json variant_json(const VariantResults& results, const VariantResults& base) {
  Json runs = Json::array();
  std::vector<Json> scored;
  for (const Run& run : results.runs) {
    const Json metrics = run.metrics ? Json::parse(report::metrics_json(*run.metrics)) : Json(nullptr);
    if (run.metrics) scored.push_back(metrics);
    runs.push_back(run_json(run, metrics));
  }
  return {{"name", results.variant.name},
          {"switches", results.variant.switches},
          {"explanation", results.variant.explanation},
          {"trains", results.trains},
          {"config", Json::parse(to_json(results.config))},
          {"summary", summaries(results)},
          {"difference", differences(results, base)},
          {"seconds", seconds_json(results)},
          {"classes", classes_json(scored)},
          {"runs", runs}};
}

}  // namespace

std::string json_report(const Ablation& ablation, const Provenance& p) {
  Json variants = Json::array();
  for (const VariantResults& results : ablation.variants) {
    variants.push_back(variant_json(results, ablation.variants.front()));
  }
  const Json root{{"command", p.command},    {"date", p.date},      {"program", p.program},
                  {"machine", p.machine},    {"data", p.data},      {"base", ablation.variants.front().variant.name},
                  {"seeds", ablation.seeds}, {"variants", variants}};
  // Paths may hold bytes that are no UTF-8.
  return root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace mdd::ablate
