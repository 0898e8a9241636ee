#include <cmath>
#include <doctest/doctest.h>
#include <filesystem>
#include <map>
#include <string>

#include "core/atomic_file.h"
#include "core/error.h"
#include "data/dataset.h"
#include "data/image.h"
#include "generate/dataset.h"
#include "generate/sample.h"
#include "support/temporary_folder.h"

using namespace mdd;
using namespace mdd::generate;
namespace fs = std::filesystem;

namespace {

GenerateOptions small(const fs::path& out) {
  GenerateOptions options;
  options.out = out;
  options.classes = 3;
  options.size = 64;
  options.train = 2;
  options.test_good = 1;
  options.test_defect = 7;
  options.seed = 5;
  return options;
}

std::map<std::string, std::string> contents(const fs::path& root) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), root).string()] = read_file(entry.path(), 1 << 24);
    }
  }
  return files;
}

ErrorKind kind_of_failure(const GenerateOptions& options) {
  try {
    generate_dataset(options, {});
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
    return error.kind();
  }
  return ErrorKind::kBarNotMet;  // nothing here throws it: stands for "no error"
}

}  // namespace

TEST_CASE("a generated data set opens as MVTec AD layout, with a mask for every defect") {
  const test::TemporaryFolder folder;
  const GenerateOptions options = small(folder / "set");
  int last = 0;
  int total = 0;
  generate_dataset(options, [&](int done, int all) {
    CHECK(done == last + 1);
    last = done;
    total = all;
  });
  CHECK(last == 30);
  CHECK(total == 30);
  const data::Dataset dataset = data::open_dataset(options.out, {.need_train = true, .need_test = true});
  CHECK(dataset.warnings.empty());
  CHECK(dataset.class_names.size() == 3);
  CHECK(dataset.train.size() == 6);
  CHECK(dataset.test.size() == 24);
  std::map<std::string, int> kinds;
  for (const data::Sample& sample : dataset.test) {
    CHECK(sample.masks.size() == static_cast<std::size_t>(sample.label));
    const data::Image image = data::load_image(sample.path);
    CHECK(image.height == 64);
    CHECK(image.width == 64);
    if (sample.masks.empty()) continue;
    ++kinds[dataset.class_names[static_cast<std::size_t>(sample.class_index)] + "/" + sample.defect];
    const data::Mask mask = data::load_mask(sample.masks.front());
    CHECK(mask.height == 64);
    std::int64_t area = 0;
    for (const std::uint8_t pixel : mask.pixels) area += pixel;
    CHECK(area > 0);
  }
  for (int i = 0; i < options.classes; ++i) {
    for (const std::string_view defect : defect_names(i)) {
      const std::string name = std::string(class_name(i)) + "/" + std::string(defect);
      CAPTURE(name);
      CHECK(kinds[name] >= 1);
    }
  }
}

TEST_CASE("the same options give the same files, whichever thread wrote them; more training leaves the test alone") {
  const test::TemporaryFolder folder;
  GenerateOptions options = small(folder / "a");
  generate_dataset(options, {});
  const auto first = contents(options.out);
  options.out = folder / "b";
  generate_dataset(options, {});
  CHECK(contents(options.out) == first);
  options.out = folder / "c";
  options.train = 3;
  generate_dataset(options, {});
  auto more = contents(options.out);
  CHECK(more.size() == first.size() + 3);
  for (const auto& [name, bytes] : first) CHECK(more[name] == bytes);
}

TEST_CASE("an earlier generated data set is replaced, anything else is left alone") {
  const test::TemporaryFolder folder;
  GenerateOptions options = small(folder / "set");
  options.test_defect = 0;
  generate_dataset(options, {});
  const fs::path old_class = options.out / std::string(class_name(2));
  CHECK(fs::exists(old_class));
  options.classes = 1;
  generate_dataset(options, {});
  CHECK_FALSE(fs::exists(old_class));
  options.overwrite = false;
  CHECK(kind_of_failure(options) == ErrorKind::kUsage);

  options = small(folder / "mine");
  fs::create_directories(options.out);
  write_atomically(options.out / "thesis.txt", "precious");
  CHECK(kind_of_failure(options) == ErrorKind::kUsage);
  CHECK(contents(options.out).size() == 1);

  options.out = folder / "file";
  write_atomically(options.out, "a file");
  CHECK(kind_of_failure(options) == ErrorKind::kRuntime);
}

TEST_CASE("counts and sizes out of range are refused before anything is written") {
  const test::TemporaryFolder folder;
  const auto refused = [&](auto change) {
    GenerateOptions options = small(folder / "set");
    change(options);
    return kind_of_failure(options) == ErrorKind::kUsage && !fs::exists(options.out);
  };
  CHECK(refused([](GenerateOptions& o) { o.classes = 0; }));
  CHECK(refused([](GenerateOptions& o) { o.classes = class_count() + 1; }));
  CHECK(refused([](GenerateOptions& o) { o.size = kMinSize - 1; }));
  CHECK(refused([](GenerateOptions& o) { o.size = std::int64_t{1} << 40; }));
  CHECK(refused([](GenerateOptions& o) { o.train = -1; }));
  CHECK(refused([](GenerateOptions& o) { o.test_good = -1; }));
  CHECK(refused([](GenerateOptions& o) { o.test_defect = 1'000'000'000; }));
  CHECK(refused([](GenerateOptions& o) { o.severity = 0.0; }));
  CHECK(refused([](GenerateOptions& o) { o.severity = 100.0; }));
  CHECK(refused([](GenerateOptions& o) { o.severity = std::nan(""); }));
}

TEST_CASE("classes can be chosen by name, each once, and come out as they always do") {
  const test::TemporaryFolder folder;
  GenerateOptions options = small(folder / "all");
  options.classes = class_count();
  options.test_defect = 1;
  generate_dataset(options, {});
  GenerateOptions some = options;
  some.out = folder / "some";
  some.kinds = {"wood", "fabric", "wood"};
  generate_dataset(some, {});
  const auto all = contents(options.out);
  const auto chosen = contents(some.out);
  std::size_t expected = 0;
  for (const auto& [path, bytes] : all) {
    const bool wanted = path.starts_with("wood/") || path.starts_with("fabric/");
    if (wanted) CHECK((chosen.contains(path) && chosen.at(path) == bytes));
    expected += wanted || path.starts_with(".") ? 1 : 0;
  }
  CHECK(chosen.size() == expected);
  some.kinds = {"wood", "glass"};
  CHECK(kind_of_failure(some) == ErrorKind::kUsage);
}
