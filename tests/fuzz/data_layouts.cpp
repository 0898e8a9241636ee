#include <filesystem>

#include "data/dataset.h"
#include "fuzz/oracle.h"

namespace mdd::fuzz {
namespace {

namespace fs = std::filesystem;

/// One folder a layout, with the few images that the seeds name. Readers look whether a file is there, no further.
fs::path root_of(const std::string& layout) {
  fs::path root = place() / layout;
  if (!fs::exists(root)) {
    for (const char* folder : {"part/OK", "realiad_jsons", "split_csv"}) fs::create_directories(root / folder);
    for (const char* name : {"a.png", "b.png", "m.png", "part/OK/a.png"}) put(layout + "/" + name, {});
  }
  return root;
}

void open(const fs::path& path, data::Layout layout) {
  accepted([&] {
    data::DatasetOptions options;
    options.format = layout;
    const data::Dataset dataset = data::open_dataset(path, options);
    for (const auto* samples : {&dataset.train, &dataset.test}) {
      for (const data::Sample& sample : *samples) {
        const auto index = static_cast<std::size_t>(sample.class_index);
        if (index >= dataset.class_names.size()) give_up("a sample of a class that is not there");
        const fs::path inside = sample.path.lexically_relative(place());
        if (inside.empty() || *inside.begin() == "..") give_up("a path that leaves the data: " + sample.path.string());
      }
    }
  });
}

}  // namespace

void csv(Bytes input) {
  root_of("list");
  root_of("visa");
  open(put("list/list.csv", input), data::Layout::kList);
  put("visa/split_csv/1cls.csv", input);
  open(place() / "visa", data::Layout::kVisa);
}

void json(Bytes input) {
  root_of("json_list");
  root_of("real_iad");
  open(put("json_list/list.json", input), data::Layout::kList);
  put("real_iad/realiad_jsons/part.json", input);
  open(place() / "real_iad", data::Layout::kRealIad);
}

}  // namespace mdd::fuzz
