// Both containers of torch.save, read correctly.
#include <doctest/doctest.h>
#include <numeric>
#include <vector>

#include "support/temporary_folder.h"
#include "weights/archive.h"
#include "weights/archive_builder.h"
#include "weights/check_refused.h"

using namespace mdd;
using namespace mdd::test;
using namespace mdd::weights;

namespace {

std::vector<float> counting(std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

template <class T>
std::vector<T> values_of(const TensorArchive& archive, const std::string& name) {
  const HostTensor tensor = archive.read(name);
  return std::vector<T>(tensor.span<T>().begin(), tensor.span<T>().end());
}

const std::vector<TensorSpec> kTensors = {
    {.name = "dense", .storage_elements = 12, .size = {3, 4}, .strides = {4, 1}, .parameter = true},
    {.name = "transposed", .storage_elements = 12, .size = {4, 3}, .strides = {1, 4}},
    {.name = "inner", .storage_elements = 12, .offset = 5, .size = {2, 2}, .strides = {4, 1}},
    {.name = "row", .storage_elements = 12, .offset = 8, .size = {1, 4}, .strides = {99, 1}},
    {.name = "column", .storage_elements = 12, .offset = 1, .size = {3, 1}, .strides = {4, 9223372036854775807}},
    {.name = "expanded", .storage_elements = 12, .offset = 2, .size = {2, 3}, .strides = {0, 1}},
    {.name = "scalar", .storage_elements = 12, .offset = 11},
    {.name = "empty", .storage_elements = 12, .offset = 12, .size = {0, 4}, .strides = {4, 1}},
    {.name = "count", .storage_class = "LongStorage", .key = "1", .storage_elements = 1, .size = {}},
    {.name = "half", .storage_class = "HalfStorage", .key = "2", .storage_elements = 3, .size = {3}, .strides = {1}},
    {.name = "brain",
     .storage_class = "BFloat16Storage",
     .key = "3",
     .storage_elements = 2,
     .size = {2},
     .strides = {1}},
};

void check_values(const TensorArchive& archive) {
  REQUIRE(archive.tensors().size() == kTensors.size());
  for (std::size_t i = 0; i < kTensors.size(); ++i) CHECK(archive.tensors()[i].name == kTensors[i].name);
  using Floats = std::vector<float>;
  CHECK(archive.tensors()[0].shape == Shape{3, 4});
  CHECK(archive.tensors()[0].dtype == DType::kF32);
  CHECK(values_of<float>(archive, "dense") == counting(12));
  CHECK(values_of<float>(archive, "transposed") == Floats{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11});
  CHECK(values_of<float>(archive, "inner") == Floats{5, 6, 9, 10});
  CHECK(values_of<float>(archive, "row") == Floats{8, 9, 10, 11});
  CHECK(values_of<float>(archive, "column") == Floats{1, 5, 9});
  CHECK(values_of<float>(archive, "expanded") == Floats{2, 3, 4, 2, 3, 4});
  CHECK(values_of<float>(archive, "scalar") == Floats{11});
  CHECK(values_of<float>(archive, "empty").empty());
  CHECK(values_of<std::int64_t>(archive, "count") == std::vector<std::int64_t>{-5});
  CHECK(values_of<std::uint16_t>(archive, "half") == std::vector<std::uint16_t>{0x3c00, 0xc000, 0x3800});
  CHECK(to_f32(archive.read("half")) == Floats{1.0f, -2.0f, 0.5f});
  CHECK(to_f32(archive.read("brain")) == Floats{1.0f, -2.0f});
  CHECK(archive.metadata().empty());
}

const std::map<std::string, std::string> kStorages = {
    {"0", raw(counting(12))},
    {"1", raw(std::vector<std::int64_t>{-5})},
    {"2", raw(std::vector<std::uint16_t>{0x3c00, 0xc000, 0x3800})},
    {"3", raw(std::vector<std::uint16_t>{0x3f80, 0xc000})},
};

std::vector<LegacyStorage> legacy_storages() {
  // Not the order of first use: only the key list says where a storage lies.
  return {{"3", 2, kStorages.at("3")},
          {"0", 12, kStorages.at("0")},
          {"1", 1, kStorages.at("1")},
          {"2", 3, kStorages.at("2")}};
}

std::vector<std::string> names_of(const std::string& pickle) {
  const TemporaryFolder folder;
  write_file(folder / "a", zip_of(torch_entries(pickle, {{"0", raw(counting(12))}})));
  const auto archive = open_archive(folder / "a");
  std::vector<std::string> names;
  for (const TensorInfo& tensor : archive->tensors()) names.push_back(tensor.name);
  return names;
}

std::vector<TensorSpec> named(const std::vector<std::string>& names) {
  std::vector<TensorSpec> out;
  for (const std::string& name : names) {
    out.push_back({.name = name, .storage_elements = 12, .size = {12}, .strides = {1}});
  }
  return out;
}

}  // namespace

TEST_CASE("the zip container, all protocols and wrappers") {
  const TemporaryFolder folder;
  for (const DictStyle& style : {DictStyle{}, DictStyle{.metadata = true}, DictStyle{.protocol = 4},
                                 DictStyle{.plain_values = true}, DictStyle{.under = "state_dict", .metadata = true}}) {
    CAPTURE(style.protocol);
    CAPTURE(style.under);
    write_file(folder / "a.txt", zip_of(torch_entries(state_dict_pickle(kTensors, style), kStorages)));
    const auto archive = open_archive(folder / "a.txt");
    CHECK(archive->format() == "pytorch-zip");
    check_values(*archive);
  }
}

TEST_CASE("the zip container of older versions has no byteorder, and its folder may have any name") {
  const TemporaryFolder folder;
  Entries entries;
  for (const auto& [name, bytes] : torch_entries(state_dict_pickle(kTensors), kStorages)) {
    if (name != "archive/byteorder") entries.emplace_back("resnet 18" + name.substr(7), bytes);
  }
  write_file(folder / "a", zip_of(entries));
  check_values(*open_archive(folder / "a"));
}

TEST_CASE("the legacy container") {
  const TemporaryFolder folder;
  for (const bool under : {false, true}) {
    const DictStyle style{.legacy = true, .under = under ? "model" : "", .metadata = under};
    write_file(folder / "a.zip", legacy_of(state_dict_pickle(kTensors, style), legacy_storages()));
    const auto archive = open_archive(folder / "a.zip");
    CHECK(archive->format() == "pytorch-legacy");
    check_values(*archive);
  }
}

TEST_CASE("every storage class has its element type") {
  const TemporaryFolder folder;
  const std::vector<std::pair<std::string, DType>> types = {
      {"DoubleStorage", DType::kF64},    {"FloatStorage", DType::kF32}, {"HalfStorage", DType::kF16},
      {"BFloat16Storage", DType::kBF16}, {"LongStorage", DType::kI64},  {"IntStorage", DType::kI32},
      {"ShortStorage", DType::kI16},     {"CharStorage", DType::kI8},   {"ByteStorage", DType::kU8},
      {"BoolStorage", DType::kBool}};
  for (const auto& [name, dtype] : types) {
    CAPTURE(name);
    const std::string bytes(3 * size_of(dtype), '\1');
    const TensorSpec tensor{.name = "x", .storage_class = name, .storage_elements = 3, .size = {3}, .strides = {1}};
    write_file(folder / "a", zip_of(torch_entries(state_dict_pickle({tensor}), {{"0", bytes}})));
    const HostTensor read = open_archive(folder / "a")->read("x");
    CHECK(read.dtype == dtype);
    CHECK(read.bytes == std::vector<std::byte>(bytes.size(), std::byte{1}));
  }
}

TEST_CASE("which dict is taken, and how names are cleaned") {
  using Names = std::vector<std::string>;
  CHECK(names_of(state_dict_pickle(named({"module.a", "module.b.c"}))) == Names{"a", "b.c"});
  CHECK(names_of(state_dict_pickle(named({"module.a", "b"}))) == Names{"module.a", "b"});
  CHECK(names_of(state_dict_pickle(named({"module.a"}), {.under = "model_state_dict"})) == Names{"a"});
  CHECK_THROWS_WITH_AS(names_of(state_dict_pickle(named({"a"}), {.under = "optimizer"})),
                       doctest::Contains("found keys optimizer, epoch"), Error);
  CHECK_THROWS_WITH_AS(names_of(state_dict_pickle({})), doctest::Contains("no tensors"), Error);
  CHECK_THROWS_WITH_AS(names_of(PickleWriter().integer(3).finish()), doctest::Contains("not a dict"), Error);
  CHECK_THROWS_WITH_AS(names_of(state_dict_pickle(named({"a", "a"}))), doctest::Contains("tensor a is listed twice"),
                       Error);
}

TEST_CASE("two state dicts in one file are refused, since nothing says which is meant") {
  PickleWriter pickle;
  pickle.op('}').op('(');
  for (const char* key : {"model", "state_dict"}) {
    pickle.text(key).op('}').text("x");
    push_tensor(pickle, named({"x"})[0], false);
    pickle.op('s');
  }
  CHECK_THROWS_WITH_AS(names_of(pickle.op('u').finish()), doctest::Contains("two state dicts"), Error);
}

TEST_CASE("an OrderedDict as Python 2 wrote it: a list of pairs") {
  PickleWriter pickle;
  pickle.global("collections", "OrderedDict").op(']').op('(').op(']').op('(').text("x");
  push_tensor(pickle, named({"x"})[0], false);
  pickle.op('e').op('e').op('\x85').op('R');
  CHECK(names_of(pickle.finish()) == std::vector<std::string>{"x"});
}

TEST_CASE("sizes may be a torch.Size") {
  PickleWriter pickle;
  pickle.op('}').text("x").global("torch._utils", "_rebuild_tensor_v2").op('(');
  pickle.op('(').text("storage").global("torch", "FloatStorage").text("0").text("cpu").integer(12).op('t').op('Q');
  pickle.integer(0).global("torch", "Size").tuple({3, 4}).op('\x85').op('R').tuple({4, 1}).op('\x89').op('N');
  pickle.op('t').op('R').op('s');
  CHECK(names_of(pickle.finish()) == std::vector<std::string>{"x"});
}

TEST_CASE("damage inside a zip entry is found by its checksum") {
  const TemporaryFolder folder;
  std::string bytes = zip_of(torch_entries(state_dict_pickle(kTensors), kStorages));
  const std::size_t at = bytes.find(kStorages.at("0"));
  REQUIRE(at != std::string::npos);
  bytes[at + 6] = static_cast<char>(bytes[at + 6] ^ 1);
  write_file(folder / "a", bytes);
  CHECK_REFUSED("a: tensor dense: ", error_of(folder / "a"));
  CHECK_REFUSED("CRC error", error_of(folder / "a"));
}
