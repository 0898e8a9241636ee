// config.json in and out. One table of fields serves writing, reading and comparing.
#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "inference/choice_names.h"
#include "inference/run_config.h"

namespace mdd {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::uint64_t kMaxConfigBytes = 1 << 22;

/// Calls visit(path, value) for every field; RunConfig is const or not.
template <class Config, class Visitor>
void visit_fields(Config& c, const Visitor& visit) {
  visit("encoder", c.model.encoder);
  visit("weights", c.weights);
  visit("image_size", c.image_size);
  visit("class_names", c.class_names);
  visit("model.bottleneck_width", c.model.bottleneck_width);
  visit("model.memory", c.model.memory);
  visit("model.identity", c.model.identity);
  visit("model.slots", c.model.slots);
  visit("model.temperature", c.model.temperature);
  visit("model.shrinkage", c.model.shrinkage);
  visit("model.fusion", c.model.fusion);
  visit("losses.restoration", c.losses.restoration);
  visit("losses.identity", c.losses.identity);
  visit("losses.discrepancy", c.losses.discrepancy);
  visit("losses.class", c.losses.classification);
  visit("losses.cosine", c.losses.cosine);
  visit("losses.mask", c.losses.mask);
  visit("losses.discrepancy_reduction", c.losses.reduction);
  visit("synthesis.textures", c.synthesis.textures);
  visit("synthesis.p_normal", c.synthesis.p_normal);
  visit("synthesis.max_opacity", c.synthesis.max_opacity);
  visit("synthesis.augment", c.synthesis.augment);
  visit("map.fusion", c.map.fusion);
  visit("map.weight", c.map.weight);
  visit("map.sigma", c.map.sigma);
  visit("map.score", c.map.score);
  visit("training.epochs", c.training.epochs);
  visit("training.batch", c.training.batch);
  visit("training.learning_rate", c.training.learning_rate);
  visit("training.decay_at", c.training.decay_at);
  visit("training.decay_factor", c.training.decay_factor);
  visit("training.beta1", c.training.adam.beta1);
  visit("training.beta2", c.training.adam.beta2);
  visit("training.epsilon", c.training.adam.epsilon);
  visit("training.clip_norm", c.training.adam.clip_norm);
  visit("training.seed", c.training.seed);
}

Json::json_pointer pointer_of(std::string path) {
  for (char& letter : path) letter = letter == '.' ? '/' : letter;
  return Json::json_pointer("/" + path);
}

template <class Value>
Json encode(const Value& value) {
  if constexpr (std::is_enum_v<Value>) {
    return name_of_choice(value);
  } else if constexpr (std::is_same_v<Value, float>) {
    std::array<char, 32> digits{};  // the shortest that mean this float: 0.1, not 0.10000000149
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    return std::stod(std::string(digits.data(), end));
  } else {
    return value;
  }
}

template <class Value>
void decode(const std::string& where, const std::string& path, const Json& json, Value& value) {
  const auto is_text = [](const Json& element) { return element.is_string(); };
  const bool fits = std::is_same_v<Value, bool>       ? json.is_boolean()
                    : std::is_floating_point_v<Value> ? json.is_number()
                    : std::is_unsigned_v<Value>       ? json.is_number_unsigned()
                    : std::is_integral_v<Value>       ? json.is_number_integer()
                    : std::is_same_v<Value, std::vector<std::string>>
                        ? json.is_array() && std::all_of(json.begin(), json.end(), is_text)
                        : json.is_string();
  // Nested values are not written out: they may be as deep as the file is long.
  if (!fits) fail_data(where, path, "a value of another type", json.is_structured() ? json.type_name() : json.dump());
  if constexpr (std::is_enum_v<Value>) {
    value = parse_choice<Value>(where + ": " + path, json.get<std::string>(), ErrorKind::kData);
  } else {
    value = json.get<Value>();
  }
}

Json to_tree(const RunConfig& config) {
  Json root;
  visit_fields(config, [&](const std::string& path, const auto& value) { root[pointer_of(path)] = encode(value); });
  return root;
}

/// Refuses keys that no field has: a misspelt option must not pass silently.
void refuse_unknown(const std::string& where, const Json& found, const Json& known, const std::string& path) {
  if (!found.is_object()) return;
  for (const auto& [key, value] : found.items()) {
    const std::string name = path.empty() ? key : path + "." + key;
    if (!known.is_object() || !known.contains(key)) fail(ErrorKind::kData, where + ": unknown key " + name);
    refuse_unknown(where, value, known.at(key), name);
  }
}

}  // namespace

std::string to_json(const RunConfig& config) {
  try {
    return to_tree(config).dump(2) + "\n";
  } catch (const Json::type_error&) {
    fail(ErrorKind::kData, "config.json: expected class names and paths in UTF-8, found other bytes");
  }
}

RunConfig read_config(const std::filesystem::path& path) {
  return parse_config(path.string(), read_file(path, kMaxConfigBytes));
}

RunConfig parse_config(const std::string& where, std::string_view text) {
  RunConfig config;
  try {
    const Json root = Json::parse(text);
    if (!root.is_object()) fail_data(where, "content", "a JSON object", root.type_name());
    refuse_unknown(where, root, to_tree(config), "");
    visit_fields(config, [&](const std::string& field, auto& value) {
      if (!root.contains(pointer_of(field))) fail(ErrorKind::kData, where + ": missing key " + field);
      decode(where, field, root.at(pointer_of(field)), value);
    });
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::kData, where + ": not a run's configuration: " + error.what());
  }
  if (config.class_names.empty()) fail_data(where, "class_names", "at least one class", "none");
  config.model.classes = static_cast<std::int64_t>(config.class_names.size());
  try {
    check_config(config);
  } catch (const Error& error) {
    fail(ErrorKind::kData, where + ": " + error.what());
  }
  return config;
}

std::string first_difference(const RunConfig& expected, const RunConfig& found) {
  const Json want = to_tree(expected), have = to_tree(found);
  std::string difference;
  visit_fields(expected, [&](const std::string& path, const auto&) {
    if (!difference.empty() || path == "weights" || path == "synthesis.textures") return;
    const Json &a = want.at(pointer_of(path)), &b = have.at(pointer_of(path));
    if (a != b) difference = path + ": expected " + a.dump() + ", found " + b.dump();
  });
  return difference;
}

}  // namespace mdd
