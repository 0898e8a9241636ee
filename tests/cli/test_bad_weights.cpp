// Weight files that are damaged, of another network, or malicious: as --weights, in a run, and as training state.
#include <doctest/doctest.h>

#include "cli/fixtures.h"
#include "weights/archive_builder.h"

using namespace mdd::test;

namespace {

struct BadFile {
  std::string name, bytes;
  std::string says;  ///< part of the complaint
};

std::string one_tensor(const std::string& shape, const std::string& offsets) {
  return R"("a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

/// os.system("touch FILE"), as a pickle calls it.
std::string evil_pickle(const fs::path& touched) {
  PickleWriter pickle;
  pickle.global("os", "system").text("touch " + touched.string()).op('\x85').op('R');
  return pickle.finish();
}

std::vector<BadFile> malicious_files(const fs::path& touched) {
  const std::string pickle = evil_pickle(touched);
  return {
      {"zip.pth", zip_of(torch_entries(pickle, {})), "refuses to load os.system"},
      {"legacy.pth", legacy_of(pickle, {}), "refuses to load os.system"},
      {"header.safetensors", little_endian(std::uint64_t{1} << 60, 8) + "{}", "header length"},
      {"overlap.safetensors",
       safetensors_of("{" + one_tensor("[2]", "[0,8]") + R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})",
                      std::string(12, '\0')),
       "overlaps"},
      {"range.safetensors", safetensors_of("{" + one_tensor("[4]", "[0,16]") + "}", std::string(8, '\0')),
       "range within"},
      {"overflow.safetensors",
       safetensors_of("{" + one_tensor("[4294967296,4294967296,4294967296]", "[0,0]") + "}", ""), "overflows"},
      {"nested.safetensors", safetensors_of(std::string(100000, '['), ""), "safetensors"},
      {"empty.safetensors", "", "empty.safetensors"},
      {"short.safetensors", "\x08", "short.safetensors"},
      {"text.safetensors", "these are no weights at all\n", "text.safetensors"},
  };
}

/// The tensors of the run's model, changed one way or another.
std::vector<BadFile> wrong_tensors() {
  const TensorFile good = TensorFile::read(trained_run() / "model.safetensors");
  const std::string name = "encoder.layer1.0.conv1.weight";
  std::vector<BadFile> out;
  const auto add = [&](const std::string& file, const TensorFile& tensors, const std::string& says) {
    const fs::path path = fresh_path(file);
    tensors.write(path);
    out.push_back({file, read_bytes(path), says});
  };
  TensorFile nan = good;
  nan.data.replace(good.header.at(name)["data_offsets"][0].get<std::size_t>(), 4, std::string("\0\0\xc0\x7f", 4));
  add("nan.safetensors", nan, "tensor " + name + ": expected finite values");
  TensorFile renamed = good;
  renamed.header["encoder.layer1.0.conv9.weight"] = renamed.header.at(name);
  renamed.header.erase(name);
  add("renamed.safetensors", renamed, "encoder.layer1.0.conv");  // one is surplus, one is missing: either may be named
  TensorFile surplus = good;
  surplus.header["encoder.surplus"] = {
      {"dtype", "F32"}, {"shape", {2}}, {"data_offsets", {good.data.size(), good.data.size() + 8}}};
  surplus.data += std::string(8, '\0');
  add("surplus.safetensors", surplus, "surplus tensor encoder.surplus");
  TensorFile misshapen = good;
  Json& shape = misshapen.header.at(name)["shape"];
  std::swap(shape[0], shape[3]);
  REQUIRE(shape != good.header.at(name)["shape"]);
  add("misshapen.safetensors", misshapen, "shape of tensor " + name);
  const std::string bytes = read_bytes(trained_run() / "model.safetensors");
  out.push_back({"truncated.safetensors", bytes.substr(0, bytes.size() / 2), "truncated.safetensors"});
  return out;
}

}  // namespace

TEST_CASE("--weights: every bad file is refused in one line, and no run begins") {
  const fs::path touched = fresh_path("touched");
  std::vector<BadFile> files = malicious_files(touched);
  for (BadFile& file : wrong_tensors()) files.push_back(std::move(file));
  for (const BadFile& bad : files) {
    CAPTURE(bad.name);
    const fs::path path = fresh_path(bad.name), run = fresh_path("run");
    write_bytes(path, bad.bytes);
    CHECK_REFUSED(train(small_data_set(), run, {{"--weights", path.string()}}), 3, bad.says);
    CHECK_FALSE(fs::exists(run / "model.safetensors"));
    CHECK_FALSE(fs::exists(run / "config.json"));
  }
  CHECK_REFUSED(train(small_data_set(), fresh_path("run"), {{"--weights", "nosuch.pth"}}), 3, "nosuch.pth");
  CHECK_FALSE(fs::exists(touched));
}

TEST_CASE("a missing tensor is named") {
  TensorFile tensors = TensorFile::read(trained_run() / "model.safetensors");
  // Its bytes go over to a counter that the encoder's batch norms may have, so that no hole remains.
  tensors.header["encoder.layer1.0.bn7.num_batches_tracked"] = tensors.header.at("encoder.bn1.weight");
  tensors.header.erase("encoder.bn1.weight");
  const fs::path path = fresh_path("missing.safetensors");
  tensors.write(path);
  CHECK_REFUSED(train(small_data_set(), fresh_path("run"), {{"--weights", path.string()}}), 3,
                "missing tensor encoder.bn1.weight");
}

TEST_CASE("weights inspect and convert refuse malicious files, and leave the earlier result") {
  const fs::path touched = fresh_path("touched"), out = fresh_path("out.safetensors");
  write_bytes(out, "earlier");
  for (const BadFile& bad : malicious_files(touched)) {
    CAPTURE(bad.name);
    const fs::path path = fresh_path(bad.name);
    write_bytes(path, bad.bytes);
    CHECK_REFUSED(mddnet({"weights", "inspect", path.string()}), 3, bad.says);
    CHECK_REFUSED(mddnet({"weights", "convert", path.string(), "--out", out.string()}), 3, bad.says);
  }
  CHECK(read_bytes(out) == "earlier");
  CHECK_FALSE(fs::exists(touched));
}

TEST_CASE("a bad model.safetensors in a run is refused by all that read it") {
  const fs::path touched = fresh_path("touched"), run = copy_of(trained_run());
  const fs::path image = small_data_set() / "metal" / "test" / "good" / "000.png";
  std::vector<BadFile> files = malicious_files(touched);
  for (BadFile& file : wrong_tensors()) files.push_back(std::move(file));
  for (const BadFile& bad : files) {
    CAPTURE(bad.name);
    write_bytes(run / "model.safetensors", bad.bytes);
    const bool named_by_file = bad.says == bad.name;
    const std::string says = named_by_file ? "model.safetensors" : bad.says;
    CHECK_REFUSED(evaluate(run, small_data_set()), 3, says);
    CHECK_REFUSED(predict(run, image), 3, says);
    CHECK_REFUSED(mddnet({"info", "--model", run.string()}), 3, says);
  }
  fs::remove(run / "model.safetensors");
  CHECK_REFUSED(evaluate(run, small_data_set()), 3, "model.safetensors");
  CHECK_FALSE(fs::exists(touched));
}

TEST_CASE("a bad training state is refused by --resume, and the run stays as it was") {
  const fs::path touched = fresh_path("touched"), run = copy_of(trained_run());
  const auto resume = [&] { return train(data_set(), run, {{"--batch", "8"}, {"--resume", ""}}); };
  const auto check = [&](const std::string& says) {
    const Snapshot before = snapshot(run);
    CHECK_REFUSED(resume(), 3, says);
    CHECK(changes(before, snapshot(run)) == "");
  };
  for (const BadFile& bad : malicious_files(touched)) {
    CAPTURE(bad.name);
    write_bytes(run / "training_state.safetensors", bad.bytes);
    check(bad.says == bad.name ? "training_state.safetensors" : bad.says);
  }
  const TensorFile good = TensorFile::read(trained_run() / "training_state.safetensors");
  const auto write = [&](TensorFile tensors, const auto& change) {
    change(tensors);
    tensors.write(run / "training_state.safetensors");
  };
  write(good, [](TensorFile& t) { t.header["__metadata__"]["step"] = "-1"; });
  check("step");
  write(good, [](TensorFile& t) { t.header["__metadata__"]["step"] = "4x"; });
  check("step");
  write(good, [](TensorFile& t) { t.header["__metadata__"].erase("data"); });
  check("data");
  write(good, [](TensorFile& t) {
    const Json offsets = t.header.at("adam.second.memory.prototypes")["data_offsets"];
    t.data.replace(offsets[0].get<std::size_t>(), 4, std::string("\0\0\xc0\x7f", 4));
  });
  check("adam.second.memory.prototypes");
  write(good, [](TensorFile& t) {
    t.header["adam.first.nothing"] = t.header.at("adam.first.memory.prototypes");
    t.header.erase("adam.first.memory.prototypes");
  });
  check("adam.first.memory.prototypes");
  CHECK_FALSE(fs::exists(touched));
}
