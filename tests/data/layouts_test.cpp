// Every layout beside MVTec AD's and plain folders: what is read, what is assumed, and what is refused.
#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <tuple>

#include "data/dataset.h"
#include "fixtures.h"
#include "support/temporary_folder.h"

namespace mdd::data {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::TemporaryFolder;
using test::write_bytes;
using Lines = std::vector<std::string>;

std::string open_error(const fs::path& path, const DatasetOptions& options = {}) {
  return test::data_error([&] { (void)open_dataset(path, options); });
}

/// "train tile good a/b.png" or "test tile dent a/c.png mask.png mask2.png", paths relative to `root`.
Lines lines_of(const Dataset& dataset, const fs::path& root) {
  Lines out;
  const auto add = [&](const char* split, const std::vector<Sample>& samples) {
    for (const Sample& sample : samples) {
      CHECK((sample.label == 0) == (sample.defect == "good"));
      const auto relative = [&](const fs::path& path) { return " " + path.lexically_relative(root).string(); };
      std::string line = split + (" " + dataset.class_names.at(static_cast<std::size_t>(sample.class_index))) + " " +
                         sample.defect + relative(sample.path);
      for (const fs::path& mask : sample.masks) line += relative(mask);
      out.push_back(line);
    }
  };
  add("train", dataset.train);
  add("test", dataset.test);
  return out;
}

bool any_contains(const Lines& lines, const std::string& part) {
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) { return contains(line, part); });
}

/// Black pictures of one pixel, whatever their names say.
void save_pixels(const fs::path& root, std::initializer_list<const char*> names) {
  static const std::string png = test::encode_png({1, 1, {0, 0, 0}});
  for (const char* name : names) write_bytes(root / name, png);
}

TEST_CASE("MVTec AD 2: public test images; private and validation images are left out, and it is said") {
  const TemporaryFolder folder;
  save_pixels(folder / "can", {"train/good/0.png", "validation/good/0.png", "test_public/good/0.png",
                               "test_public/bad/1.png", "test_public/ground_truth/bad/1_mask.png", "test_private/2.png",
                               "test_private/3.png", "test_private_mixed/4.png"});
  const Dataset dataset = open_dataset(folder.path(), {.need_train = true, .need_test = true});
  CHECK(lines_of(dataset, folder / "can") == Lines{"train can good train/good/0.png",
                                                   "test can bad test_public/bad/1.png test_public/ground_truth/bad/"
                                                   "1_mask.png",
                                                   "test can good test_public/good/0.png"});
  CHECK(dataset.notes == Lines{"layout: MVTec AD 2, 1 class"});
  REQUIRE(dataset.warnings.size() == 2);
  CHECK(
      contains(dataset.warnings[0], "validation images left out, neither trained nor tested on: 1 image in 1 folder"));
  CHECK(
      contains(dataset.warnings[1], "private test images left out, their truth is not public: 3 images in 2 folders"));
}

TEST_CASE("MVTec LOCO AD: several masks an image, of which the truth is the union") {
  const TemporaryFolder folder;
  save_pixels(folder / "bag", {"train/good/0.png", "validation/good/0.png", "test/good/0.png",
                               "test/logical_anomalies/0.png", "test/structural_anomalies/0.png"});
  const fs::path truth = folder / "bag/ground_truth";
  const auto save_mask = [&](const char* name, std::uint8_t left, std::uint8_t right) {
    test::save(truth / name, {1, 2, {left, left, left, right, right, right}});
  };
  save_mask("logical_anomalies/0/000.png", 0, 0);
  save_mask("logical_anomalies/0/001.png", 3, 0);
  save_mask("structural_anomalies/0/000.png", 0, 255);
  const Dataset dataset = open_dataset(folder.path(), {});
  CHECK(lines_of(dataset, folder / "bag") ==
        Lines{"train bag good train/good/0.png", "test bag good test/good/0.png",
              "test bag logical_anomalies test/logical_anomalies/0.png ground_truth/logical_anomalies/0/000.png "
              "ground_truth/logical_anomalies/0/001.png",
              "test bag structural_anomalies test/structural_anomalies/0.png "
              "ground_truth/structural_anomalies/0/000.png"});
  CHECK(dataset.notes == Lines{"layout: MVTec LOCO AD, 1 class"});
  CHECK(load_truth(dataset.test[0]).pixels.empty());
  CHECK(load_truth(dataset.test[1]).pixels == std::vector<std::uint8_t>{1, 0});
  Sample both = dataset.test[1];
  both.masks.push_back(dataset.test[2].masks.front());
  CHECK(load_truth(both).pixels == std::vector<std::uint8_t>{1, 1});
  save_pixels(truth, {"logical_anomalies/0/001.png"});
  const std::string text = test::data_error([&] { (void)load_truth(dataset.test[1]); });
  CHECK(contains(text, "001.png: masks of one image differ in size: expected 2 x 1"));
  CHECK(contains(text, "found 1 x 1"));
}

TEST_CASE("BTAD: ok and ko, masks called like the image; MPDD is MVTec AD's layout") {
  const TemporaryFolder folder;
  save_pixels(folder / "01", {"train/ok/0.bmp", "test/ok/1.png", "test/ko/2.bmp", "test/ko/3.png",
                              "ground_truth/ko/2.png", "ground_truth/ko/3.bmp"});
  const Lines expected{"train 01 good train/ok/0.bmp", "test 01 good test/ok/1.png",
                       "test 01 ko test/ko/2.bmp ground_truth/ko/2.png",
                       "test 01 ko test/ko/3.png ground_truth/ko/3.bmp"};
  for (const Layout layout : {Layout::kAuto, Layout::kBtad}) {
    const Dataset dataset = open_dataset(folder.path(), {.format = layout});
    CHECK(lines_of(dataset, folder / "01") == expected);
    CHECK(dataset.notes == Lines{"layout: BTAD, 1 class"});
    CHECK(dataset.warnings.empty());
  }
  CHECK(lines_of(open_dataset(folder / "01", {}), folder / "01") == expected);  // one class alone

  const TemporaryFolder other;
  save_pixels(other / "tubes", {"train/good/0.png", "test/flat/1.png", "ground_truth/flat/1_mask.png"});
  const Dataset mpdd = open_dataset(other.path(), {.need_test = true, .format = Layout::kMpdd});
  CHECK(lines_of(mpdd, other / "tubes") ==
        Lines{"train tubes good train/good/0.png", "test tubes flat test/flat/1.png ground_truth/flat/1_mask.png"});
  CHECK(mpdd.notes == Lines{"layout: MPDD, 1 class"});
  CHECK(open_dataset(other.path(), {}).notes == Lines{"layout: MVTec AD, 1 class"});
}

const char* const kVisaHeader = "object,split,label,image,mask\n";

TEST_CASE("VisA: the split of 1cls.csv") {
  const TemporaryFolder folder;
  save_pixels(folder.path(), {"pcb1/Data/Images/Normal/0.JPG", "pcb1/Data/Images/Normal/1.JPG",
                              "pcb1/Data/Images/Anomaly/0.JPG", "pcb1/Data/Masks/Anomaly/0.png"});
  const fs::path index = folder / "split_csv/1cls.csv";
  const std::string rows = std::string(kVisaHeader) +
                           "pcb1,test,anomaly,pcb1/Data/Images/Anomaly/0.JPG,pcb1/Data/Masks/Anomaly/0.png\n"
                           "pcb1,train,normal,pcb1/Data/Images/Normal/0.JPG,\n"
                           "pcb1,test,normal,pcb1/Data/Images/Normal/1.JPG,\n";
  write_bytes(index, rows);
  const Dataset dataset = open_dataset(folder.path(), {.need_train = true, .need_test = true});
  CHECK(lines_of(dataset, folder / "pcb1/Data") == Lines{"train pcb1 good Images/Normal/0.JPG",
                                                         "test pcb1 anomaly Images/Anomaly/0.JPG Masks/Anomaly/0.png",
                                                         "test pcb1 good Images/Normal/1.JPG"});
  CHECK(dataset.notes == Lines{"layout: VisA, 1 class"});
  CHECK(dataset.warnings.empty());

  // A class that is not on this disk matters only where it is wanted.
  write_bytes(index, rows + "candle,train,normal,candle/0.JPG,\n");
  CHECK(open_dataset(folder.path(), {.classes = {"pcb1"}}).class_names == Lines{"pcb1"});
  CHECK(contains(open_error(folder.path()), "1cls.csv:5: image: expected the file"));

  for (const auto& [row, where, says] : std::vector<std::array<const char*, 3>>{
           {"pcb1,train,good,a.png,\n", ":2: label", "expected anomaly or normal, found \"good\""},
           {"pcb1,val,normal,a.png,\n", ":2: split", "expected train or test, found \"val\""},
           {"..,train,normal,a.png,\n", ":2: object", "found \"..\""},
           {"pcb1,train,normal,,\n", ":2: image", "found nothing"},
           {"pcb1,train,normal\n", ":2: record", "expected 5 fields as in the header, found 3"}}) {
    CAPTURE(row);
    write_bytes(index, std::string(kVisaHeader) + row);
    CHECK(contains(open_error(folder.path()), std::string("1cls.csv") + where));
    CHECK(contains(open_error(folder.path()), says));
  }
  write_bytes(index, "object,split,image,mask\n");
  CHECK(contains(open_error(folder.path()), "1cls.csv:1: header: expected a column label, found the columns \"object"));
}

std::string real_iad_json(const std::string& train, const std::string& test) {
  return R"({"meta": {"normal_class": "OK", "prefix": "toy/"}, "train": [)" + train + R"(], "test": [)" + test + "]}";
}

const std::string kToyNormal = R"({"category": "toy", "anomaly_class": "OK", "image_path": "OK/0.jpg"})";
const std::string kToyDefect =
    R"({"category": "toy", "anomaly_class": "AK", "image_path": "NG/AK/1.jpg", "mask_path": "NG/AK/1.png"})";

TEST_CASE("Real-IAD: a JSON file a class, images in whichever resolution is there") {
  for (const std::string base : {"", "realiad_256", "realiad_1024"}) {
    CAPTURE(base);
    const TemporaryFolder folder;
    save_pixels(folder.path() / base / "toy", {"OK/0.jpg", "NG/AK/1.jpg", "NG/AK/1.png", "OK/2.jpg"});
    const char* jsons = base.empty() ? "realiad_jsons" : "realiad_jsons/realiad_jsons";
    write_bytes(
        folder / jsons / "toy.json",
        real_iad_json(kToyNormal + "," + kToyDefect,
                      kToyDefect + R"(, {"anomaly_class": "OK", "image_path": "OK/2.jpg", "mask_path": null})"));
    const Dataset dataset = open_dataset(folder.path(), {.need_train = true, .need_test = true});
    CHECK(lines_of(dataset, folder.path() / base / "toy") ==
          Lines{"train toy good OK/0.jpg", "test toy AK NG/AK/1.jpg NG/AK/1.png", "test toy good OK/2.jpg"});
    Lines notes{"layout: Real-IAD, 1 class"};
    if (!base.empty()) notes.push_back("images from " + (folder / base).string());
    CHECK(dataset.notes == notes);
    REQUIRE(dataset.warnings.size() == 1);
    CHECK(contains(dataset.warnings[0], "defect images listed for training, left out: 1, the first is"));
    CHECK(contains(dataset.warnings[0], "toy.json: train entry 2"));
  }
}

TEST_CASE("Real-IAD: JSON files beside the class folders; only the wanted ones are read") {
  const TemporaryFolder folder;
  save_pixels(folder.path(), {"toy/OK/0.jpg", "usb/OK/0.jpg"});
  write_bytes(folder / "toy.json", real_iad_json(kToyNormal, ""));
  write_bytes(folder / "usb.json", "broken");
  CHECK(open_dataset(folder.path(), {.classes = {"toy"}}).class_names == Lines{"toy"});
  CHECK(contains(open_error(folder.path()), "usb.json:1: broken JSON"));
}

TEST_CASE("Real-IAD: what is refused") {
  const TemporaryFolder folder;
  save_pixels(folder / "toy", {"OK/0.jpg"});
  const fs::path file = folder / "realiad_jsons/toy.json";
  const auto error_of = [&](const std::string& bytes) {
    write_bytes(file, bytes);
    return open_error(folder.path());
  };
  const auto entry = [](const std::string& text) { return real_iad_json(kToyNormal + "," + text, ""); };
  CHECK(contains(error_of("[]"), "toy.json: content: expected an object with meta, train and test, found an array"));
  CHECK(contains(error_of("{}"), "found meta is nothing"));
  CHECK(contains(error_of(R"({"meta": {"normal_class": 1}})"), "normal_class: expected a string, found a number"));
  CHECK(contains(error_of(R"({"meta": {"normal_class": "OK", "prefix": ""}, "train": {}})"),
                 "toy.json: train: expected an array of objects, found an object"));
  CHECK(contains(error_of(real_iad_json("", "")), "toy.json: no image listed"));
  CHECK(contains(error_of(entry("3")), "train entry 2: entry: expected an object, found a number"));
  CHECK(contains(error_of(entry(R"({"anomaly_class": "OK"})")), "image_path: expected a string, found nothing"));
  CHECK(contains(error_of(entry(R"({"anomaly_class": "a/b", "image_path": "OK/0.jpg"})")), "found \"a/b\""));
  CHECK(contains(error_of(entry(R"({"anomaly_class": "AK", "image_path": "OK/0.jpg", "mask_path": 5})")),
                 "mask_path: expected a string, found a number"));
  CHECK(contains(error_of(entry(R"({"anomaly_class": "OK", "image_path": "../../x.jpg"})")),
                 "found \"toy/../../x.jpg\""));
  CHECK(contains(error_of(entry(R"({"anomaly_class": "OK", "image_path": "OK/9.jpg"})")), "train entry 2: image"));
  const std::string lost = error_of(real_iad_json(R"({"anomaly_class": "OK", "image_path": "OK/9.jpg"})", ""));
  CHECK(contains(lost, "train entry 1: image_path: expected the file \"toy/OK/9.jpg\" below"));
  const std::string whole = entry(kToyNormal);
  CHECK(
      contains(error_of(whole.substr(0, whole.size() / 2)), "toy.json:1: broken JSON: expected a whole JSON document"));
}

TEST_CASE("lists: CSV and JSON say the same") {
  const TemporaryFolder folder;
  save_pixels(folder.path(), {"a/0.png", "a/1, \"new\".png", "a/2.png", "a/3.png", "b/0.png", "m.png"});
  const Lines expected{"train nut good a/0.png", "train screw good b/0.png", "test nut defect a/2.png",
                       "test nut dent a/3.png m.png", "test nut good a/1, \"new\".png"};
  write_bytes(folder / "x.csv",
              "\xef\xbb\xbfMask, split,LABEL,image,class,date\r\n\r\n,train,good,a/0.png,nut,\r\n"
              ",TEST,OK,\"a/1, \"\"new\"\".png\",nut,\"two\r\nlines\"\r\n,test,anomaly,a/2.png,nut,\n  \n"
              "m.png,test,dent,./a//3.png,nut,\nm.png,train,,b/0.png,screw,");
  const Dataset csv = open_dataset(folder / "x.csv", {.need_train = true, .need_test = true});
  CHECK(lines_of(csv, folder.path()) == expected);
  CHECK(csv.notes == Lines{"layout: list, 2 classes", "columns not used: \"date\""});
  REQUIRE(csv.warnings.size() == 1);
  CHECK(contains(csv.warnings[0], "nut: defect images without a mask: 1"));

  write_bytes(folder / "list.json", R"([{"image": "a/0.png", "class": "nut", "split": "train", "label": 0},
    {"image": "a/1, \"new\".png", "class": "nut", "split": "test", "label": false, "mask": null},
    {"image": "a/2.png", "class": "nut", "split": "test", "label": true},
    {"image": "a/3.png", "class": "nut", "split": "test", "label": "dent", "mask": ["m.png"]},
    {"image": "b/0.png", "class": "screw", "split": "train"}])");
  const Dataset json = open_dataset(folder.path(), {});  // found by its name
  CHECK(lines_of(json, folder.path()) == expected);
  CHECK(json.notes == Lines{"layout: list, 2 classes"});
}

TEST_CASE("lists: what missing columns stand for is said") {
  const TemporaryFolder folder;
  const fs::path root = folder / "photos", list = root / "list.csv";
  save_pixels(root, {"0.png", "1.png", "2.png", "m.png"});
  write_bytes(list, "image\n0.png\n1.png\n");
  const Dataset images = open_dataset(root, {});
  CHECK(lines_of(images, root) == Lines{"train photos good 0.png", "train photos good 1.png"});
  CHECK(images.notes == Lines{"layout: list, 1 class", "no column class: one class, named after the folder: photos",
                              "no column split: normal images train, all others test",
                              "no column label: every image is taken as normal"});
  CHECK(contains(open_error(list, {.need_test = true}), "no test image: expected test images that are known to be"));

  write_bytes(list, "image,mask\n0.png,\n1.png,m.png\n");
  const Dataset masks = open_dataset(root, {});
  CHECK(lines_of(masks, root) == Lines{"train photos good 0.png", "test photos defect 1.png m.png"});
  CHECK(any_contains(masks.notes, "images with a mask are defects, others normal"));

  write_bytes(list, "image,label\n0.png,0\n1.png,1\n2.png,burr\n");
  CHECK(lines_of(open_dataset(root, {}), root) ==
        Lines{"train photos good 0.png", "test photos burr 2.png", "test photos defect 1.png"});
}

TEST_CASE("lists: repetitions, leaks and defects for training are warned of") {
  const TemporaryFolder folder;
  save_pixels(folder.path(), {"0.png", "1.png"});
  write_bytes(folder / "list.csv",
              "image,split,label\n0.png,train,good\n./0.png,train,good\n0.png,test,good\n1.png,train,dent\n");
  const Dataset dataset = open_dataset(folder.path(), {});
  CHECK(dataset.train.size() == 1);
  CHECK(dataset.test.size() == 1);
  REQUIRE(dataset.warnings.size() == 3);
  CHECK(contains(dataset.warnings[0], "defect images listed for training, left out: 1"));
  CHECK(contains(dataset.warnings[0], "list.csv:5"));
  CHECK(contains(dataset.warnings[1], "images listed more than once, repetitions left out: 1"));
  CHECK(contains(dataset.warnings[1], "list.csv:3"));
  CHECK(contains(dataset.warnings[2], "images listed for training and for testing: 1"));
  CHECK(contains(dataset.warnings[2], "list.csv:4"));
}

TEST_CASE("lists in CSV: what is refused, with its line") {
  const TemporaryFolder folder;
  save_pixels(folder.path(), {"0.png"});
  const std::string header = "image,class,split,label,mask\n";
  for (const auto& [bytes, where, says] : std::vector<std::array<std::string, 3>>{
           {"", "list.csv: header", "found an empty file"},
           {"\n\r\n", "list.csv: header", "found an empty file"},
           {"class,label\n", "list.csv:1: header", "expected a column image, found the columns \"class, label\""},
           {"image;label\n", "list.csv:1: header", "found the columns \"image;label\""},
           {"image,label,Image\n", "list.csv:1: header", "expected every column once, found \"image\" twice"},
           {header, "list.csv: no image listed", "found none"},
           {header + "0.png,a,train\n", "list.csv:2: record", "expected 5 fields as in the header, found 3"},
           {header + "\n\n0.png,a,train,good,,\n", "list.csv:4: record", "found 6"},
           {header + "\"0.png,a,train,good,\n", "list.csv:2: quoting", "expected a closing quote"},
           {header + "\"0.png\"x,a,train,good,\n", "list.csv:2: quoting", "found other text"},
           {header + "0\".png,a,train,good,\n", "list.csv:2: quoting", "found a quote inside"},
           {header + "0.png,a,validation,good,\n", "list.csv:2: split", "expected train or test, found \"validation\""},
           {header + "0.png,a,,good,\n", "list.csv:2: split", "found nothing"},
           {header + "0.png,a,test,2,\n", "list.csv:2: label", "found \"2\""},
           {header + "0.png,a,test,,\n", "list.csv:2: label", "found nothing"},
           {header + "0.png,a,test,../x,\n", "list.csv:2: label", "without slashes and control characters"},
           {header + "0.png,,train,good,\n", "list.csv:2: class", "found nothing"},
           {header + "0.png,../../up,train,good,\n", "list.csv:2: class", "found \"../../up\""},
           {header + "1.png,a,train,good,\n", "list.csv:2: image", "1.png\", found nothing"},
           {header + ",a,train,good,\n", "list.csv:2: image", "expected a path relative to"},
           {header + "/etc/passwd,a,train,good,\n", "list.csv:2: image", "found \"/etc/passwd\""},
           {header + "a/../../0.png,a,train,good,\n", "list.csv:2: image", "found \"a/../../0.png\""},
           {header + "\"0\n.png\",a,train,good,\n", "list.csv:2: image", "found \"0\\x0a.png\""},
           {header + "\"0\n.png\",a,train,good,\n0.png\n", "list.csv:4: record", "found 1"},
           {header + "0.png,a,test,dent,../m.png\n", "list.csv:2: mask", "found \"../m.png\""},
           {header + "0.png,a,test,dent,m.png\n", "list.csv:2: mask", "m.png\", found nothing"},
           {header + std::string("0.png\0.txt,a,train,good,\n", 24), "list.csv:2: image", "\\x00"},
           {header + std::string(5000, 'x') + ",a,train,good,\n", "list.csv:2: image", "at most 4000 bytes"},
           {std::string(300, ',') + "\n", "list.csv:1: record", "at most 256 fields"}}) {
    CAPTURE(where);
    CAPTURE(says);
    write_bytes(folder / "list.csv", bytes);
    const std::string text = open_error(folder.path());
    CAPTURE(text);
    CHECK(contains(text, where));
    CHECK(contains(text, says));
    CHECK_FALSE(contains(text, "\n"));
  }
}

TEST_CASE("lists have a bounded size") {
  const TemporaryFolder folder;
  for (const char* name : {"list.csv", "list.json"}) {
    write_bytes(folder / name, "");
    fs::resize_file(folder / name, (64u << 20) + 1);
    CHECK(contains(open_error(folder / name), std::string(name) + ": file too large: expected at most 67108864 bytes"));
  }
}

TEST_CASE("lists in JSON: what is refused, with its entry") {
  const TemporaryFolder folder;
  save_pixels(folder.path(), {"0.png"});
  for (const auto& [bytes, where, says] : std::vector<std::array<std::string, 3>>{
           {"", "list.json:1: broken JSON", "unexpected end of input"},
           {"[{\"image\":\n\"0.png\"},\n", "list.json:3: broken JSON", "unexpected end of input"},
           {"[{\"image\": \"\x01\"}]", "list.json:1: broken JSON", "expected a whole JSON document"},
           {"[{\"image\": \"\xff.png\"}]", "list.json:1: broken JSON", "UTF-8"},
           {std::string(100'000, '['), "list.json: JSON", "expected at most 16 levels of nesting, found more"},
           {"[1e999]", "list.json: JSON", "out_of_range"},
           {"{}", "list.json: list", "expected an array of objects, found an object"},
           {"[]", "list.json: no image listed", "found none"},
           {"[3]", "list.json: entry 1: list", "expected an object, found a number"},
           {R"([{"class": "a"}])", "entry 1: image", "expected a string, found nothing"},
           {R"([{"image": "0.png"}, {"image": ["0.png"]}])", "entry 2: image", "found an array"},
           {R"([{"image": "0.png", "class": 5}])", "entry 1: class", "expected a string, found a number"},
           {R"([{"image": "0.png", "label": 2}])", "entry 1: label", "found \"2\""},
           {R"([{"image": "0.png", "label": 0.5}])", "entry 1: label", "expected a string, found a number"},
           {R"([{"image": "0.png", "label": "dent", "mask": [1]}])", "entry 1: mask", "expected strings"},
           {R"([{"image": "0.png\u0000"}])", "entry 1: image", "\\x00"},
           {R"([{"image": "../0.png"}])", "entry 1: image", "found \"../0.png\""}}) {
    CAPTURE(where);
    CAPTURE(says);
    write_bytes(folder / "list.json", bytes);
    const std::string text = open_error(folder.path());
    CAPTURE(text);
    CHECK(contains(text, where));
    CHECK(contains(text, says));
    CHECK_FALSE(contains(text, "\n"));
  }
  write_bytes(folder / "list.csv", "image\n0.png\n");
  CHECK(contains(open_error(folder.path()), "two lists: expected list.csv or list.json, found both"));
}

TEST_CASE("lists that are cut or changed anywhere are read or refused, never anything else") {
  const TemporaryFolder folder;
  save_pixels(folder.path(), {"0.png", "1.png"});
  const std::string csv = "image,split,label,mask\n0.png,train,\"good\",\n1.png,test,dent,\"0.png\"\n";
  const std::string json =
      R"([{"image": "0.png", "label": 0}, {"image": "1.png", "label": "dent", "mask": ["0.png"]}])";
  for (const auto& [name, whole] : {std::pair{"x.csv", csv}, std::pair{"x.json", json}}) {
    CAPTURE(name);
    std::string offender;
    std::size_t read = 0, refused = 0;
    const auto attempt = [&](const std::string& bytes) {
      write_bytes(folder / name, bytes);
      const std::string text = open_error(folder / name);
      if (text.starts_with("other kind") || contains(text, "\n")) offender = bytes;
      ++(text.empty() ? read : refused);
    };
    for (std::size_t i = 0; i < whole.size(); ++i) {
      attempt(whole.substr(0, i));
      std::string changed = whole;
      changed[i] = std::string_view("\",\n\0/\xff", 6)[i % 6];
      attempt(changed);
    }
    CHECK(offender.empty());
    CHECK(read > 4);
    CHECK(refused > whole.size() / 2);
  }
}

TEST_CASE("one image, plain folders, and what is assumed of them") {
  const TemporaryFolder folder;
  save_pixels(folder.path(), {"nuts/0.png", "screws/0.png"});
  const Dataset one = open_dataset(folder / "nuts/0.png", {.need_train = true});
  CHECK(one.class_names == Lines{"0"});
  CHECK(one.notes == Lines{"layout: one image", "no labels: the image is taken as normal; class name: 0"});
  CHECK(open_dataset(folder / "nuts", {}).notes ==
        Lines{"layout: plain folders, 1 class", "no labels: every image is taken as normal; class name: nuts"});
  CHECK(open_dataset(folder.path(), {}).notes ==
        Lines{"layout: plain folders, 2 classes",
              "no labels: every image is taken as normal; class names: nuts, screws"});
  CHECK(contains(open_error(folder.path(), {.need_test = true}), "images without are for predict"));
  save_pixels(folder / "bolts", {"train/good/0.png"});
  CHECK(open_dataset(folder.path(), {}).notes ==
        Lines{"layout: MVTec AD, 1 class; plain folders, 2 classes",
              "no labels: every image of plain folders is taken as normal; class names: nuts, screws"});
  CHECK(open_dataset(folder.path(), {.format = Layout::kPlain}).class_names == Lines{"nuts", "screws"});
}

TEST_CASE("insisting on a layout, and layouts that compete") {
  const TemporaryFolder folder;
  save_pixels(folder / "a", {"train/good/0.png", "test/dent/0.png"});
  CHECK(open_dataset(folder.path(), {.format = Layout::kMvtec}).notes == Lines{"layout: MVTec AD, 1 class"});
  for (const auto& [layout, name, expected] : std::vector<std::tuple<Layout, const char*, const char*>>{
           {Layout::kMvtec2, "mvtec2", "CLASS/test_public/{good,bad}/*"},
           {Layout::kLoco, "loco", "CLASS/test/logical_anomalies/*"},
           {Layout::kVisa, "visa", "split_csv/1cls.csv"},
           {Layout::kBtad, "btad", "CLASS/{train,test}/ok/*"},
           {Layout::kRealIad, "real-iad", "realiad_jsons/CLASS.json"},
           {Layout::kList, "list", "a CSV or JSON file, list.csv or list.json"},
           {Layout::kPlain, "plain", "PNG, JPEG, BMP or TGA images"}}) {
    CAPTURE(name);
    CHECK(parse_layout("--format", name) == layout);
    const std::string text = open_error(folder.path(), {.format = layout});
    CHECK(contains(text, std::string(": not the layout that --format ") + name + " asks for: expected " + expected));
    CHECK(contains(text, "found MVTec AD"));
  }
  CHECK_THROWS_WITH_AS((void)parse_layout("--format", "coco"),
                       "--format: expected one of auto, mvtec, mvtec2, loco, visa, btad, mpdd, real-iad, list, plain, "
                       "found 'coco'",
                       Error);
  CHECK(contains(open_error(folder / "a/train/good/0.png", {.format = Layout::kVisa}), "found a file"));

  write_bytes(folder / "list.csv", "image,class\na/train/good/0.png,b\n");
  CHECK(contains(open_error(folder.path()),
                 "more than one layout: expected one, or --format to choose, found list, MVTec AD"));
  CHECK(open_dataset(folder.path(), {.format = Layout::kList}).class_names == Lines{"b"});
  CHECK(open_dataset(folder.path(), {.format = Layout::kMvtec}).class_names == Lines{"a"});
  fs::create_directories(folder / "bare");
  const std::string text = open_error(folder / "bare");
  for (const char* part : {"no class found: expected", "CLASS/train/good/*", "test_public", "ok", "split_csv/1cls.csv",
                           "realiad_jsons", "list.csv", "images", "found none of them"}) {
    CAPTURE(part);
    CHECK(contains(text, part));
  }
}

}  // namespace
}  // namespace mdd::data
