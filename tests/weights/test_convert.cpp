// Conversion to safetensors, the description for people, and the encoder guess.
#include <doctest/doctest.h>
#include <limits>
#include <vector>

#include "support/temporary_folder.h"
#include "weights/archive_builder.h"
#include "weights/convert.h"
#include "weights/encoder_guess.h"
#include "weights/safetensors.h"

using namespace mdd;
using namespace mdd::test;
using namespace mdd::weights;

namespace {

/// An archive in memory with the convolutions that tell encoders apart; the elements are never read.
class FakeArchive final : public TensorArchive {
 public:
  explicit FakeArchive(std::vector<TensorInfo> tensors) : TensorArchive("fake.pth") { set_tensors(std::move(tensors)); }
  std::string_view format() const override { return "safetensors"; }
  HostTensor read(const std::string&) const override { fail(ErrorKind::kData, "never read"); }
};

std::vector<TensorInfo> resnet(const std::string& prefix, std::vector<int> blocks, bool bottleneck,
                               std::int64_t width) {
  std::vector<TensorInfo> out = {{prefix + "conv1.weight", DType::kF32, {64, 3, 7, 7}}};
  for (std::size_t layer = 0; layer < blocks.size(); ++layer) {
    for (int block = 0; block < blocks[layer]; ++block) {
      const std::string name = prefix + "layer" + std::to_string(layer + 1) + "." + std::to_string(block) + ".";
      const std::int64_t side = bottleneck ? 1 : 3;
      out.push_back({name + "conv1.weight", DType::kF32, {width, 64, side, side}});
      if (bottleneck) out.push_back({name + "conv3.weight", DType::kF32, {256, width, 1, 1}});
    }
  }
  return out;
}

HostTensor floats(const std::vector<float>& values) {
  HostTensor tensor(DType::kF32, {static_cast<std::int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.span<float>().begin());
  return tensor;
}

}  // namespace

TEST_CASE("a PyTorch file becomes safetensors with the same values") {
  const TemporaryFolder folder;
  const std::vector<TensorSpec> tensors = {
      {.name = "w", .storage_elements = 4, .size = {2, 2}, .strides = {1, 2}},
      {.name = "n", .storage_class = "LongStorage", .key = "1", .storage_elements = 1, .size = {}}};
  write_file(folder / "a.pth",
             zip_of(torch_entries(state_dict_pickle(tensors), {{"0", raw(std::vector<float>{1, 2, 3, 4})},
                                                               {"1", raw(std::vector<std::int64_t>{9})}})));
  convert_to_safetensors(*open_archive(folder / "a.pth"), folder / "b", std::nullopt);
  const auto converted = open_archive(folder / "b");
  CHECK(converted->format() == "safetensors");
  CHECK(converted->metadata() == std::map<std::string, std::string>{{"format", "pt"}, {"source", "a.pth"}});
  CHECK(to_f32(converted->read("w")) == std::vector<float>{1, 3, 2, 4});
  CHECK(to_f32(converted->read("n")) == std::vector<float>{9});

  convert_to_safetensors(*open_archive(folder / "a.pth"), folder / "half", DType::kF16);
  const auto half = open_archive(folder / "half");
  CHECK(half->read("w").dtype == DType::kF16);
  CHECK(to_f32(half->read("w")) == std::vector<float>{1, 3, 2, 4});
  CHECK(half->read("n").dtype == DType::kI64);
}

TEST_CASE("rounding to every floating type, from every floating type") {
  const TemporaryFolder folder;
  HostTensor source = floats({1.0f, -0.0f, 1.00390625f, 65504.0f, std::numeric_limits<float>::infinity()});
  write_safetensors(folder / "f32", std::vector<NamedTensor>{{"x", source.view()}}, {{"epoch", "1"}});
  const float infinity = std::numeric_limits<float>::infinity();
  for (const auto& [from, to, expected] : std::vector<std::tuple<std::string, DType, std::vector<float>>>{
           {"f32", DType::kF16, {1.0f, -0.0f, 1.00390625f, 65504.0f, infinity}},
           {"f32", DType::kBF16, {1.0f, -0.0f, 1.0f, 65536.0f, infinity}},
           {"f16", DType::kF32, {1.0f, -0.0f, 1.00390625f, 65504.0f, infinity}},
           {"bf16", DType::kF32, {1.0f, -0.0f, 1.0f, 65536.0f, infinity}}}) {
    const std::string name(to == DType::kF32 ? "again" : name_of(to));
    CAPTURE(from);
    CAPTURE(name);
    convert_to_safetensors(*open_archive(folder / from), folder / name, to);
    const auto archive = open_archive(folder / name);
    CHECK(archive->read("x").dtype == to);
    CHECK(to_f32(archive->read("x")) == expected);
    CHECK(archive->metadata().at("epoch") == "1");
    CHECK(archive->metadata().at("source") == "f32");
  }
}

TEST_CASE("a finite value that would become infinite is an error, and so is a type that is not floating") {
  const TemporaryFolder folder;
  HostTensor large = floats({0.0f, 1e5f});
  HostTensor huge(DType::kF64, {1});
  huge.span<double>()[0] = -1e300;
  write_safetensors(folder / "large", std::vector<NamedTensor>{{"x", large.view()}}, {});
  write_safetensors(folder / "huge", std::vector<NamedTensor>{{"y", huge.view()}}, {});
  const auto convert = [&](const char* name, DType to) {
    convert_to_safetensors(*open_archive(folder / name), folder / "out", to);
  };
  CHECK_THROWS_WITH_AS(convert("large", DType::kF16), doctest::Contains("large: tensor x: element 1"), Error);
  CHECK_THROWS_WITH_AS(convert("huge", DType::kF32), doctest::Contains("huge: tensor y: element 0"), Error);
  CHECK_THROWS_WITH_AS(convert("huge", DType::kBF16), doctest::Contains("within the range of bf16"), Error);
  CHECK_THROWS_WITH_AS(convert("large", DType::kI64), doctest::Contains("not i64"), Error);
  CHECK_THROWS_WITH_AS(convert("large", DType::kF64), doctest::Contains("not f64"), Error);
  CHECK_FALSE(std::filesystem::exists(folder / "out"));
}

TEST_CASE("encoders are recognised by names and shapes") {
  CHECK(guess_encoder(FakeArchive(resnet("", {2, 2, 2, 2}, false, 64))) == "resnet18");
  CHECK(guess_encoder(FakeArchive(resnet("", {3, 4, 6, 3}, false, 64))) == "resnet34");
  CHECK(guess_encoder(FakeArchive(resnet("", {3, 4, 6, 3}, true, 64))) == "resnet50");
  CHECK(guess_encoder(FakeArchive(resnet("", {3, 4, 6}, true, 128))) == "wide_resnet50_2");
  CHECK(guess_encoder(FakeArchive(resnet("encoder.", {3, 4, 6}, true, 128))) == "wide_resnet50_2");
  CHECK(guess_encoder(FakeArchive(resnet("other.", {2, 2, 2}, false, 64))) == "");
  CHECK(guess_encoder(FakeArchive(resnet("", {3, 4, 23, 3}, true, 64))) == "");  // resnet101
  CHECK(guess_encoder(FakeArchive(resnet("", {3, 4, 6, 3}, true, 96))) == "");
  CHECK(guess_encoder(FakeArchive({})) == "");
}

TEST_CASE("the description") {
  const std::string text = describe(FakeArchive({{"conv.weight", DType::kF32, {2, 3}},
                                                 {"bn.running_mean", DType::kF16, {2}},
                                                 {"bn.num_batches_tracked", DType::kI64, {}},
                                                 {"bad\x1bname", DType::kBool, {1}}}));
  CHECK(text ==
        "file        fake.pth\n"
        "format      safetensors\n"
        "tensors     4\n"
        "parameters  7\n"
        "bytes       37\n"
        "encoder     none that is known\n"
        "\n"
        "conv.weight             f32   [2, 3]\n"
        "bn.running_mean         f16   [2]\n"
        "bn.num_batches_tracked  i64   []\n"
        "bad\\x1bname             bool  [1]\n");
  CHECK(describe(FakeArchive(resnet("", {2, 2, 2}, false, 64))).find("encoder     resnet18 (guessed") !=
        std::string::npos);
}
