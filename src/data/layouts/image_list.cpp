#include "data/layouts/image_list.h"

#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "core/error.h"
#include "data/folder.h"
#include "data/layouts/class_names.h"
#include "data/layouts/csv.h"
#include "data/layouts/json_file.h"
#include "data/layouts/listed_images.h"
#include "data/layouts/untrusted.h"

namespace mdd::data::layouts {
namespace {

namespace fs = std::filesystem;

constexpr std::array kColumns = {"image", "class", "split", "label", "mask"};

/// One record as the file has it; an absent value is empty.
struct Record {
  std::string where;
  std::string image, class_name, split, label;
  std::vector<std::string> masks;
};

struct Records {
  std::vector<Record> records;
  std::set<std::string> columns;

  void add(Record&& record) {
    if (records.size() == kMaxListedImages) {
      fail_data(record.where, "list", "at most " + std::to_string(kMaxListedImages) + " images", "more");
    }
    records.push_back(std::move(record));
  }
};

Records read_csv(const fs::path& file) {
  CsvTable table(file);
  (void)table.required_column("image");
  Records out;
  out.columns.insert(table.header().begin(), table.header().end());
  std::vector<std::string> fields;
  const auto value = [&](const char* column) -> std::string {
    const auto index = table.column(column);
    return index ? fields[*index] : std::string();
  };
  while (table.next(fields)) {
    Record record{table.where(), value("image"), value("class"), value("split"), value("label"), {}};
    if (std::string mask = value("mask"); !mask.empty()) record.masks.push_back(std::move(mask));
    out.add(std::move(record));
  }
  return out;
}

std::string optional_text(const nlohmann::json& entry, const char* key, const std::string& where) {
  const nlohmann::json* value = find(entry, key);
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_string()) fail_data(where, key, "a string", kind_of(value));
  return value->get<std::string>();
}

std::string label_of(const nlohmann::json& entry, const std::string& where) {
  const nlohmann::json* value = find(entry, "label");
  if (value != nullptr && value->is_boolean()) return value->get<bool>() ? "1" : "0";
  if (value != nullptr && value->is_number_integer()) return value->dump();
  return optional_text(entry, "label", where);
}

std::vector<std::string> masks_of(const nlohmann::json& entry, const std::string& where) {
  const nlohmann::json* value = find(entry, "mask");
  if (value == nullptr || !value->is_array()) {
    std::string mask = optional_text(entry, "mask", where);
    return mask.empty() ? std::vector<std::string>{} : std::vector{std::move(mask)};
  }
  std::vector<std::string> masks;
  for (const nlohmann::json& one : *value) {
    if (!one.is_string()) fail_data(where, "mask", "strings", kind_of(&one));
    masks.push_back(one.get<std::string>());
  }
  return masks;
}

Records read_json_list(const fs::path& file) {
  const nlohmann::json root = read_json(file);
  if (!root.is_array()) fail_data(file.string(), "list", "an array of objects", kind_of(&root));
  Records out;
  for (std::size_t i = 0; i < root.size(); ++i) {
    const nlohmann::json& entry = root[i];
    const std::string where = file.string() + ": entry " + std::to_string(i + 1);
    if (!entry.is_object()) fail_data(where, "list", "an object", kind_of(&entry));
    for (const auto& [key, value] : entry.items()) out.columns.insert(key);
    out.add({where, required_text(entry, "image", where), optional_text(entry, "class", where),
             optional_text(entry, "split", where), label_of(entry, where), masks_of(entry, where)});
  }
  return out;
}

/// Turns records into images, with what the columns that are not there stand for.
class Interpreter {
 public:
  Interpreter(const fs::path& file, const std::set<std::string>& columns)
      : folder_(file.parent_path().empty() ? fs::path(".") : file.parent_path()),
        default_class_(folder_name(folder_)),
        has_class_(columns.contains("class")),
        has_split_(columns.contains("split")),
        has_label_(columns.contains("label")),
        has_mask_(columns.contains("mask")) {}

  [[nodiscard]] ListedImage read(const Record& record) const {
    ListedImage out;
    out.where = record.where;
    out.class_name = has_class_ ? checked_name(record.class_name, record.where, "class") : default_class_;
    out.image = path_inside(folder_, record.image, record.where, "image");
    for (const std::string& mask : record.masks) {
      out.masks.push_back(path_inside(folder_, mask, record.where, "mask"));
    }
    const std::string split = lower_case(record.split);
    if (has_split_ && split != "train" && split != "test") {
      fail_data(record.where, "split", "train or test", split.empty() ? "nothing" : in_quotes(record.split));
    }
    read_label(record, split == "train", out);
    out.train = has_split_ ? split == "train" : out.label == 0;
    return out;
  }

  void add_notes(std::vector<std::string>& notes) const {
    if (!has_class_) notes.push_back("no column class: one class, named after the folder: " + default_class_);
    if (!has_split_) notes.push_back("no column split: normal images train, all others test");
    if (!has_label_ && has_mask_) notes.push_back("no column label: images with a mask are defects, others normal");
    if (!has_label_ && !has_mask_) notes.push_back("no column label: every image is taken as normal");
  }

 private:
  void read_label(const Record& record, bool train, ListedImage& out) const {
    static const std::set<std::string> normal = {"normal", "good", "ok", "0"};
    static const std::set<std::string> defect = {"defect", "anomaly", "bad", "1"};
    out.defect = "good";
    if (!has_label_) {
      out.label = record.masks.empty() ? 0 : 1;
      if (out.label != 0) out.defect = "defect";
      return;
    }
    const std::string word = lower_case(record.label);
    if (normal.contains(word) || (word.empty() && train)) return;
    const bool other_number = word.find_first_not_of("0123456789+-.") == std::string::npos && !defect.contains(word);
    if (other_number) {
      fail_data(record.where, "label", "normal, good, ok, 0, defect, anomaly, bad, 1 or the name of a kind of defect",
                word.empty() ? "nothing" : in_quotes(record.label));
    }
    out.label = 1;
    out.defect = defect.contains(word) ? "defect" : checked_name(record.label, record.where, "label");
  }

  fs::path folder_;
  std::string default_class_;
  bool has_class_, has_split_, has_label_, has_mask_;
};

void note_unused(std::set<std::string> columns, std::vector<std::string>& notes) {
  for (const char* name : kColumns) columns.erase(name);
  columns.erase("");
  if (columns.empty()) return;
  notes.push_back("columns not used: " + in_quotes(joined({columns.begin(), columns.end()})));
}

}  // namespace

bool is_list(const fs::path& file) {
  const std::string extension = lower_case(file.extension().string());
  return extension == ".csv" || extension == ".json";
}

std::optional<fs::path> find_list(const fs::path& folder) {
  const fs::path csv = folder / "list.csv", json = folder / "list.json";
  if (is_file(csv) && is_file(json)) fail_data(folder.string(), "two lists", "list.csv or list.json", "both");
  if (is_file(csv)) return csv;
  if (is_file(json)) return json;
  return std::nullopt;
}

Dataset read_list(const fs::path& file, const std::vector<std::string>& wanted) {
  const bool csv = lower_case(file.extension().string()) == ".csv";
  const Records records = csv ? read_csv(file) : read_json_list(file);
  const Interpreter interpreter(file, records.columns);
  std::vector<ListedImage> images;
  images.reserve(records.records.size());
  for (const Record& record : records.records) images.push_back(interpreter.read(record));
  Dataset dataset = gather(std::move(images), wanted, file);
  interpreter.add_notes(dataset.notes);
  note_unused(records.columns, dataset.notes);
  return dataset;
}

}  // namespace mdd::data::layouts
