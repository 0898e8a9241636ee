// Real files, where this machine has them: legacy files of torch.save, and safetensors that PyTorch's tools wrote.
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <vector>

#include "support/temporary_folder.h"
#include "weights/archive.h"
#include "weights/convert.h"

using namespace mdd;
using namespace mdd::weights;

namespace {

const std::filesystem::path kShared = std::filesystem::path(MDDNET_SOURCE_DIR) / ".." / "shared";

bool skip(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return false;
  MESSAGE("skipped, since this file is absent: ", path.filename().string());
  return true;
}

}  // namespace

TEST_CASE("legacy files of a real torch.save are read and converted") {
  struct Known {
    const char* file;
    std::size_t tensors;
    std::size_t codebooks;
  };
  for (const Known& known : {Known{"pqf_resnet18.pth", 82, 20}, Known{"pqf_resnet50_large.pth", 214, 53}}) {
    const auto path = kShared / "weights" / known.file;
    if (skip(path)) continue;
    CAPTURE(known.file);
    const auto archive = open_archive(path);
    CHECK(archive->format() == "pytorch-legacy");
    CHECK(archive->tensors().size() == known.tensors);
    CHECK(archive->tensors().front().name == "conv1.weight");
    CHECK(archive->tensors().front().shape == Shape{64, 3, 7, 7});
    CHECK(static_cast<std::size_t>(std::count_if(
              archive->tensors().begin(), archive->tensors().end(),
              [](const TensorInfo& info) { return info.name.ends_with(".codebook"); })) == known.codebooks);

    const test::TemporaryFolder folder;
    convert_to_safetensors(*archive, folder / "converted", std::nullopt);
    const auto converted = open_archive(folder / "converted");
    REQUIRE(converted->tensors().size() == known.tensors);
    for (const TensorInfo& info : archive->tensors()) {
      const HostTensor tensor = archive->read(info.name);
      const std::vector<float> values = to_f32(tensor);
      CHECK(std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }));
      CHECK(converted->read(info.name).bytes == tensor.bytes);
      CHECK(converted->read(info.name).dtype == info.dtype);
    }
  }
}

TEST_CASE("safetensors files of other tools are read") {
  const auto path = kShared / "golden" / "basic_concat" / "state.safetensors";
  if (skip(path)) return;
  const auto archive = open_archive(path);
  CHECK(archive->metadata().at("arch") == "tiny_basic");
  CHECK(archive->tensors().front().name == "encoder.conv1.weight");
  for (const TensorInfo& info : archive->tensors()) CHECK(archive->read(info.name).shape == info.shape);
}
