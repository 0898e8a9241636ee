// Exported files, there and back, and files that are not what they say.
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "api/example_run.h"
#include "core/atomic_file.h"
#include "cpu/cpu_backend.h"
#include "support/temporary_folder.h"
#include "train/refusal.h"
#include "weights/formats.h"

using namespace mdd;
using namespace mdd::test;

namespace {

using Json = nlohmann::ordered_json;

TrainedRun open_bytes(Backend& backend, const std::string& bytes) {
  const auto archive = weights::open_safetensors({"file", std::as_bytes(std::span(bytes))});
  return open_deployed(backend, *archive);
}

std::vector<data::Image> pictures() {
  return {example_picture(64, 64, 1), example_picture(64, 64, 2), example_picture(40, 97, 3)};
}

float largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  REQUIRE(a.size() == b.size());
  float out = 0.0f;
  for (std::size_t i = 0; i < a.size(); ++i) out = std::max(out, std::fabs(a[i] - b[i]));
  return out;
}

/// The same verdicts, votes and thresholds; scores and all maps within `tolerance`.
void compare(const std::vector<Judgement>& found, const std::vector<Judgement>& expected, float tolerance) {
  REQUIRE(found.size() == expected.size());
  bool verdicts_differ = false;
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i].verdict == expected[i].verdict);
    CHECK(found[i].verdict != Verdict::kUnknown);
    CHECK(found[i].vote == expected[i].vote);
    CHECK(found[i].class_name == expected[i].class_name);
    CHECK(found[i].threshold->value == expected[i].threshold->value);
    CHECK(found[i].scale == expected[i].scale);
    CHECK(std::fabs(found[i].score - expected[i].score) <= tolerance);
    CHECK(largest_difference(found[i].map, expected[i].map) <= tolerance);
    CHECK(largest_difference(found[i].teacher_restored, expected[i].teacher_restored) <= tolerance);
    CHECK(largest_difference(found[i].restored_identity, expected[i].restored_identity) <= tolerance);
    CHECK(largest_difference(found[i].class_mass, expected[i].class_mass) <= tolerance);
    verdicts_differ = verdicts_differ || found[i].verdict != found[0].verdict;
  }
  CHECK(verdicts_differ);  // else equal verdicts would say little
}

/// An exported file taken apart; text() puts it together again.
struct Parts {
  Json header;
  std::string data;

  explicit Parts(DType storage = DType::kF32) {
    const std::string& bytes = exported_bytes(storage);
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < 8; ++i) length |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    header = Json::parse(bytes.substr(8, length));
    data = bytes.substr(8 + length);
  }
  [[nodiscard]] Json& metadata() { return header["__metadata__"]; }
  [[nodiscard]] std::string text() const {
    const std::string head = header.dump();
    std::string out;
    for (std::size_t i = 0; i < 8; ++i) out += static_cast<char>(head.size() >> (8 * i));
    return out + head + data;
  }
};

}  // namespace

TEST_CASE("an exported file judges as the run does: f32 within 1e-5, f16 within 1e-2, the same verdicts") {
  const auto backend = make_cpu_backend();
  const std::vector<Judgement> expected = Inspector(example_run(*backend, StoreForm::kPlain)).judge(pictures(), true);
  Inspector floats(open_bytes(*backend, exported_bytes(DType::kF32)));
  compare(floats.judge(pictures(), true), expected, 1e-5f);
  CHECK(floats.config().class_names == example_run(*backend, StoreForm::kPlain).config.class_names);
  CHECK(first_difference(floats.config(), example_run(*backend, StoreForm::kPlain).config).empty());
  Inspector halves(open_bytes(*backend, exported_bytes(DType::kF16)));
  compare(halves.judge(pictures(), true), expected, 1e-2f);
  CHECK(exported_bytes(DType::kF16).size() < 0.6 * static_cast<double>(exported_bytes(DType::kF32).size()));
}

TEST_CASE("what was exported can be exported again, to the same bytes") {
  const auto backend = make_cpu_backend();
  const TemporaryFolder folder;
  write_deployed(folder / "again", open_bytes(*backend, exported_bytes()), DType::kF32);
  CHECK(read_file(folder / "again", 1 << 30) == exported_bytes());
  CHECK(open_run(*backend, folder / "again").path == folder / "again");  // as the program opens it
}

TEST_CASE("a run without thresholds is exported without") {
  const auto backend = make_cpu_backend();
  const TemporaryFolder folder;
  TrainedRun run = example_run(*backend, StoreForm::kFolded);
  run.thresholds.reset();
  write_deployed(folder / "model", run, DType::kF32);
  CHECK_FALSE(Inspector(open_run(*backend, folder / "model")).gives_verdicts());
}

TEST_CASE("a write that fails leaves nothing and destroys nothing") {
  const auto backend = make_cpu_backend();
  const TemporaryFolder folder;
  TrainedRun run = example_run(*backend, StoreForm::kFolded);
  check_refused(ErrorKind::kRuntime, {"cannot write", "missing"},
                [&] { write_deployed(folder / "missing" / "model", run, DType::kF32); });
  write_atomically(folder / "model", "what was there");
  const Parameter& p = *run.model->trained().find("memory.prototypes");
  std::vector<float> values(static_cast<std::size_t>(p.shape.elements()), 1e5f);
  backend->copy_from_host(p.view.value, std::as_bytes(std::span(values)));
  check_refused(ErrorKind::kData, {"memory.prototypes", "65504"},
                [&] { write_deployed(folder / "model", run, DType::kF16); });
  CHECK(read_file(folder / "model", 100) == "what was there");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  check_refused(ErrorKind::kUsage, {"f32 or f16", "bf16"},
                [&] { write_deployed(folder / "model", run, DType::kBF16); });
}

TEST_CASE("a file cut short anywhere is refused") {
  const auto backend = make_cpu_backend();
  const std::string& good = exported_bytes();
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{7}, std::size_t{8}, std::size_t{500}, good.size() / 2, good.size() - 1}) {
    CAPTURE(length);
    check_refused(ErrorKind::kData, {"file"}, [&] { static_cast<void>(open_bytes(*backend, good.substr(0, length))); });
  }
}

TEST_CASE("a damaged bit is found wherever it is") {
  const auto backend = make_cpu_backend();
  for (const DType storage : {DType::kF32, DType::kF16}) {
    std::string bytes = exported_bytes(storage);
    const std::size_t data = bytes.size() - Parts(storage).data.size();
    const auto refused = [&](std::size_t at, std::initializer_list<std::string> texts) {
      CAPTURE(at);
      bytes[at] = static_cast<char>(bytes[at] ^ 1);
      check_refused(ErrorKind::kData, texts, [&] { static_cast<void>(open_bytes(*backend, bytes)); });
      bytes[at] = static_cast<char>(bytes[at] ^ 1);
    };
    for (std::size_t at = 0; at < data; at += 151) refused(at, {"file"});
    // The low bit of the low byte keeps a number finite.
    for (std::size_t at = data; at < bytes.size(); at += (bytes.size() - data) / 32 / 4 * 4) {
      refused(at, {"file: checksum (the file is damaged): expected "});
    }
    CHECK_NOTHROW(static_cast<void>(open_bytes(*backend, bytes)));  // the control
  }
}

TEST_CASE("a file made before there was a checksum opens") {
  const auto backend = make_cpu_backend();
  Parts parts;
  REQUIRE(parts.metadata().erase("checksum") == 1);
  CHECK(Inspector(open_bytes(*backend, parts.text())).gives_verdicts());
}

TEST_CASE("what is wrong with an exported file is named") {
  const auto backend = make_cpu_backend();
  Parts parts;
  const auto refused = [&](std::initializer_list<std::string> texts) {
    check_refused(ErrorKind::kData, texts, [&] { static_cast<void>(open_bytes(*backend, parts.text())); });
  };
  const auto change_config = [&](const std::function<void(Json&)>& change) {
    Json config = Json::parse(parts.metadata()["config"].get<std::string>());
    change(config);
    parts.metadata()["config"] = config.dump();
  };
  const std::string filter = "restoration.layer1.0.conv1.weight";
  REQUIRE(parts.header.contains(filter));
  CHECK_NOTHROW(static_cast<void>(open_bytes(*backend, parts.text())));  // the control
  SUBCASE("no metadata") {
    parts.header.erase("__metadata__");
    refused({"mddnet export", "another kind"});
  }
  SUBCASE("another kind of file") {
    parts.metadata()["format"] = "mddnet";
    refused({"mddnet export", "another kind"});
  }
  SUBCASE("a later version") {
    parts.metadata()["version"] = "2";
    refused({"version of the exported file: expected 1, found 2"});
  }
  SUBCASE("metadata that no version has") {
    parts.metadata()["threshold"] = "";
    refused({"metadata: expected config, thresholds, checksum and no other, found threshold"});
  }
  SUBCASE("another checksum") {
    parts.metadata()["checksum"] = "0";
    refused({"checksum (the file is damaged): expected 0, found "});
  }
  SUBCASE("thresholds exchanged for others") {
    auto thresholds = parts.metadata()["thresholds"].get<std::string>();
    thresholds[thresholds.find("0.1")] = '1';
    parts.metadata()["thresholds"] = thresholds;
    refused({"checksum (the file is damaged)"});
  }
  SUBCASE("no configuration") {
    parts.metadata().erase("config");
    refused({"metadata: expected config, found none"});
  }
  SUBCASE("a configuration that is none") {
    parts.metadata()["config"] = "{";
    refused({"file: config: not a run's configuration"});
  }
  SUBCASE("an impossible configuration") {
    change_config([](Json& c) { c["image_size"] = 65; });
    refused({"file: config", "image size 65"});
  }
  SUBCASE("another architecture") {
    change_config([](Json& c) { c["encoder"] = "wide_resnet50_2"; });
    refused({"tensor "});
  }
  SUBCASE("more prototypes than any machine holds") {
    change_config([](Json& c) { c["model"]["slots"] = 100000; });
    refused({"shape of tensor memory.prototypes: expected [3, 100000, 64], found [3, 4, 64]"});
  }
  SUBCASE("other classes than the thresholds'") {
    change_config([](Json& c) { c["class_names"][0] = "screw"; });
    refused({"file: thresholds: class screw"});
  }
  SUBCASE("thresholds that are none") {
    parts.metadata()["thresholds"] = "[]";
    refused({"file: thresholds: not a thresholds file"});
  }
  SUBCASE("a missing tensor") {
    Parts kept = parts;
    parts.header.erase(filter);
    refused({"leaves a hole"});  // by its bytes already; without them
    kept.header["restoration.layer1.0.conv9.weight"] = kept.header[filter];
    kept.header.erase(filter);
    parts = kept;
    refused({"surplus tensor restoration.layer1.0.conv9.weight"});
    change_config([](Json& c) { c["model"]["identity"] = false; });
    parts.header = Parts().header;
    change_config([](Json& c) { c["model"]["fusion"] = "add"; });
    refused({"surplus tensor memory.fuse_conv"});
  }
  SUBCASE("a misshapen tensor") {
    Json& shape = parts.header[filter]["shape"];
    std::swap(shape[0], shape[1]);
    refused({"shape of tensor " + filter});
  }
  SUBCASE("integers where weights belong") {
    parts.header[filter]["dtype"] = "I32";
    refused({"type of tensor " + filter});
  }
  SUBCASE("not a number") {
    const std::size_t at = parts.header[filter]["data_offsets"][0].get<std::size_t>();
    parts.data.replace(at, 4, "\xff\xff\xff\x7f");
    refused({"tensor " + filter, "finite"});
  }
}
