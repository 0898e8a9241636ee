#include "data/layouts/visa.h"

#include <utility>

#include "core/error.h"
#include "data/layouts/csv.h"
#include "data/layouts/listed_images.h"
#include "data/layouts/untrusted.h"

namespace mdd::data::layouts {
namespace {

/// Whether `text` is `yes` rather than `no`.
bool decide(const std::string& text, const char* yes, const char* no, const std::string& where, const char* what) {
  if (text != yes && text != no) {
    fail_data(where, what, std::string(yes) + " or " + no, text.empty() ? "nothing" : in_quotes(text));
  }
  return text == yes;
}

}  // namespace

std::filesystem::path visa_index(const std::filesystem::path& root) { return root / "split_csv" / "1cls.csv"; }

Dataset read_visa(const std::filesystem::path& root, const std::vector<std::string>& wanted) {
  const std::filesystem::path file = visa_index(root);
  CsvTable table(file);
  const std::size_t object = table.required_column("object"), split = table.required_column("split");
  const std::size_t label = table.required_column("label"), image = table.required_column("image");
  const std::size_t mask = table.required_column("mask");
  std::vector<ListedImage> images;
  for (std::vector<std::string> fields; table.next(fields);) {
    const std::string where = table.where();
    ListedImage one;
    one.where = where;
    one.class_name = checked_name(fields[object], where, "object");
    one.train = decide(fields[split], "train", "test", where, "split");
    one.label = decide(fields[label], "anomaly", "normal", where, "label") ? 1 : 0;
    one.defect = one.label == 0 ? "good" : "anomaly";
    one.image = path_inside(root, fields[image], where, "image");
    if (!fields[mask].empty()) one.masks.push_back(path_inside(root, fields[mask], where, "mask"));
    append(images, std::move(one));
  }
  return gather(std::move(images), wanted, file);
}

}  // namespace mdd::data::layouts
