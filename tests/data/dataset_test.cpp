// MVTec AD's layout and plain folders, and what can be wrong with any; layouts_test.cpp has the other layouts.
#include "data/dataset.h"

#include <doctest/doctest.h>

#include "fixtures.h"
#include "support/temporary_folder.h"

namespace mdd::data {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::TemporaryFolder;

/// The layouts are read by name alone, so that an empty file stands for an image.
void touch(const fs::path& path) { test::write_bytes(path, ""); }

std::string open_error(const fs::path& root, const DatasetOptions& options) {
  return test::data_error([&] { (void)open_dataset(root, options); });
}

std::vector<std::string> names(const std::vector<Sample>& samples, const fs::path& root) {
  std::vector<std::string> out;
  for (const Sample& sample : samples) out.push_back(fs::relative(sample.path, root).string());
  return out;
}

void make_mvtec_class(const fs::path& folder) {
  touch(folder / "train/good/001.png");
  touch(folder / "train/good/000.png");
  touch(folder / "test/good/000.png");
  touch(folder / "test/scratch/000.png");
  touch(folder / "test/scratch/001.JPG");
  touch(folder / "test/hole/000.png");
  touch(folder / "ground_truth/scratch/000_mask.png");
  touch(folder / "ground_truth/scratch/001.png");
  touch(folder / "ground_truth/hole/000_mask.png");
}

TEST_CASE("mvtec layout of several classes") {
  const TemporaryFolder folder;
  make_mvtec_class(folder / "tile");
  make_mvtec_class(folder / "bottle");
  const Dataset dataset = open_dataset(folder.path(), {.need_train = true, .need_test = true});
  CHECK(dataset.class_names == std::vector<std::string>{"bottle", "tile"});
  CHECK(dataset.warnings.empty());
  CHECK(names(dataset.train, folder.path()) ==
        std::vector<std::string>{"bottle/train/good/000.png", "bottle/train/good/001.png", "tile/train/good/000.png",
                                 "tile/train/good/001.png"});
  REQUIRE(dataset.test.size() == 8);
  CHECK(names({dataset.test.begin(), dataset.test.begin() + 4}, folder.path()) ==
        std::vector<std::string>{"bottle/test/good/000.png", "bottle/test/hole/000.png", "bottle/test/scratch/000.png",
                                 "bottle/test/scratch/001.JPG"});
  CHECK(dataset.test[0].label == 0);
  CHECK(dataset.test[0].defect == "good");
  CHECK(dataset.test[0].masks.empty());
  CHECK(dataset.test[2].label == 1);
  CHECK(dataset.test[2].defect == "scratch");
  CHECK(dataset.test[2].masks == std::vector{folder / "bottle/ground_truth/scratch/000_mask.png"});
  CHECK(dataset.test[3].masks == std::vector{folder / "bottle/ground_truth/scratch/001.png"});
  CHECK(dataset.test[3].class_index == 0);
  CHECK(dataset.test[7].class_index == 1);
}

TEST_CASE("the root may be one class") {
  const TemporaryFolder folder;
  make_mvtec_class(folder / "bottle");
  const Dataset dataset = open_dataset(folder / "bottle/", {});
  CHECK(dataset.class_names == std::vector<std::string>{"bottle"});
  CHECK(dataset.train.size() == 2);
  CHECK(dataset.test.size() == 4);
}

TEST_CASE("plain folders: one class, several classes, and a good folder") {
  const TemporaryFolder folder;
  touch(folder / "one/b.png");
  touch(folder / "one/a.bmp");
  const Dataset one = open_dataset(folder / "one", {.need_train = true});
  CHECK(one.class_names == std::vector<std::string>{"one"});
  CHECK(names(one.train, folder.path()) == std::vector<std::string>{"one/a.bmp", "one/b.png"});
  CHECK(one.test.empty());

  touch(folder / "many/screw/1.png");
  touch(folder / "many/nut/good/1.png");
  touch(folder / "many/nut/good/2.tga");
  make_mvtec_class(folder / "many/bolt");
  const Dataset many = open_dataset(folder / "many", {.need_train = true});
  CHECK(many.class_names == std::vector<std::string>{"bolt", "nut", "screw"});
  CHECK(many.train.size() == 5);
  CHECK(many.train[2].class_index == 1);
  CHECK(many.train[4].class_index == 2);
}

TEST_CASE("classes can be chosen, unknown ones are named") {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b", "c"}) make_mvtec_class(folder / name);
  const Dataset dataset = open_dataset(folder.path(), {.classes = {"c", "a", "c"}});
  CHECK(dataset.class_names == std::vector<std::string>{"a", "c"});
  CHECK(dataset.train.back().class_index == 1);
  const std::string text = open_error(folder.path(), {.classes = {"a", "zebra"}});
  CHECK(contains(text, "expected one of a, b, c"));
  CHECK(contains(text, "found \"zebra\""));
}

TEST_CASE("other files are counted, hidden ones passed over") {
  const TemporaryFolder folder;
  make_mvtec_class(folder / "a");
  touch(folder / "a/train/good/notes.txt");
  touch(folder / "a/test/hole/000.tiff");
  touch(folder / "a/train/good/.hidden.png");
  touch(folder / ".cache/train/good/000.png");
  fs::create_directories(folder / "empty");
  const Dataset dataset = open_dataset(folder.path(), {});
  CHECK(dataset.class_names == std::vector<std::string>{"a"});
  CHECK(dataset.train.size() == 2);
  REQUIRE(dataset.warnings.size() == 2);
  CHECK(contains(dataset.warnings[0], ": 2, the first is " + (folder / "a/train/good/notes.txt").string()));
  CHECK(contains(dataset.warnings[1], ": 1, the first is " + (folder / "empty").string()));
}

TEST_CASE("defects without a mask: one warning a class") {
  const TemporaryFolder folder;
  make_mvtec_class(folder / "a");
  make_mvtec_class(folder / "b");
  fs::remove_all(folder / "a/ground_truth");
  fs::remove(folder / "b/ground_truth/hole/000_mask.png");
  const Dataset dataset = open_dataset(folder.path(), {.need_test = true});
  REQUIRE(dataset.warnings.size() == 2);
  CHECK(contains(dataset.warnings[0], "a: defect images without a mask: 3"));
  CHECK(contains(dataset.warnings[1], "b: defect images without a mask: 1"));
  CHECK(dataset.test[1].masks.empty());
  CHECK(dataset.test[1].label == 1);
}

TEST_CASE("what is missing is said") {
  const TemporaryFolder folder;
  CHECK(contains(open_error(folder / "nothing", {}), "found nothing"));
  touch(folder / "file/a.txt");
  CHECK(contains(open_error(folder / "file/a.txt", {}), "found a file"));
  fs::create_directories(folder / "bare/x");
  CHECK(contains(open_error(folder / "bare", {}), "no class found"));
  make_mvtec_class(folder / "set/a");
  make_mvtec_class(folder / "set/b");
  fs::remove_all(folder / "set/b/train/good");
  CHECK(contains(open_error(folder / "set", {.need_train = true}), "class \"b\" has no training image"));
  CHECK(open_dataset(folder / "set", {.need_test = true}).train.size() == 2);
  touch(folder / "plain/a.png");
  CHECK(contains(open_error(folder / "plain", {.need_test = true}), "no test image"));
}

TEST_CASE("link loops are harmless") {
  const TemporaryFolder folder;
  make_mvtec_class(folder / "a");
  fs::create_directory_symlink(folder.path(), folder / "a/train/good/up");
  fs::create_symlink("self.png", folder / "a/train/good/self.png");
  fs::create_directory_symlink(folder / "a", folder / "again");
  const Dataset dataset = open_dataset(folder.path(), {.need_train = true});
  CHECK(dataset.class_names == std::vector<std::string>{"a", "again"});
  CHECK(dataset.train.size() == 4);
}

TEST_CASE("list_images walks down, sorted, and follows links once") {
  const TemporaryFolder folder;
  touch(folder / "set/b.png");
  touch(folder / "set/a/z.jpeg");
  touch(folder / "set/a/readme.md");
  touch(folder / "set/.hidden/c.png");
  touch(folder / "elsewhere/d.PNG");
  fs::create_directory_symlink(folder / "set", folder / "set/a/loop");
  fs::create_directory_symlink(folder / "elsewhere", folder / "set/link");
  CHECK(list_images(folder / "set") ==
        std::vector<fs::path>{folder / "set/a/z.jpeg", folder / "set/b.png", folder / "set/link/d.PNG"});
  CHECK(list_images(folder / "set/a/readme.md").size() == 1);  // a file that is named is taken at its word
  CHECK(contains(test::data_error([&] { (void)list_images(folder / "none"); }), "cannot open"));
  fs::create_directories(folder / "bare");
  CHECK(contains(test::data_error([&] { (void)list_images(folder / "bare"); }), "no image found"));
}

}  // namespace
}  // namespace mdd::data
