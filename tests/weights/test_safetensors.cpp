// Round trips through safetensors files, and what happens when writing fails.
#include <cstring>
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "core/rng.h"
#include "support/temporary_folder.h"
#include "weights/archive.h"
#include "weights/archive_builder.h"
#include "weights/safetensors.h"

using namespace mdd;
using namespace mdd::test;
using namespace mdd::weights;

namespace {

HostTensor random_tensor(DType dtype, const Shape& shape, std::uint32_t item) {
  HostTensor tensor(dtype, shape);
  RandomStream random(1, 0, item, Purpose::kTest);
  for (std::byte& byte : tensor.bytes) byte = static_cast<std::byte>(random.below(256));
  return tensor;
}

}  // namespace

TEST_CASE("every element type and rank survives a round trip, in the order given") {
  const TemporaryFolder folder;
  const std::vector<Shape> shapes = {{}, {3}, {2, 0, 4}, {1, 2, 3, 4}, {2, 1, 2, 1, 3}};
  std::vector<HostTensor> tensors;
  std::vector<NamedTensor> named;
  for (const DType dtype : {DType::kU8, DType::kF16, DType::kF32, DType::kBool, DType::kF64, DType::kBF16, DType::kI64,
                            DType::kI32, DType::kI16, DType::kI8}) {
    for (const Shape& shape : shapes) {
      tensors.push_back(random_tensor(dtype, shape, static_cast<std::uint32_t>(tensors.size())));
    }
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    named.push_back({"tensor \"" + std::to_string(i) + "\" \xc3\xa9", tensors[i].view()});
  }
  write_safetensors(folder / "a.bin", named, {{"epoch", "3"}, {"note", "line\nbreak"}});

  const auto archive = open_archive(folder / "a.bin");
  CHECK(archive->format() == "safetensors");
  CHECK(archive->metadata() == std::map<std::string, std::string>{{"epoch", "3"}, {"note", "line\nbreak"}});
  REQUIRE(archive->tensors().size() == tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    CAPTURE(i);
    const TensorInfo& info = archive->tensors()[i];
    CHECK(info.name == named[i].name);
    CHECK(archive->contains(info.name));
    const HostTensor read = archive->read(info.name);
    CHECK(read.dtype == tensors[i].dtype);
    CHECK(read.shape == tensors[i].shape);
    CHECK(read.bytes == tensors[i].bytes);
  }
  CHECK_FALSE(archive->contains("other"));
  CHECK_THROWS_WITH_AS(static_cast<void>(archive->read("other")), doctest::Contains("a.bin: tensor other"), Error);
}

TEST_CASE("the header is padded to 8 bytes and tensors are aligned to their elements") {
  const TemporaryFolder folder;
  HostTensor bytes = random_tensor(DType::kU8, {3}, 0);
  HostTensor doubles = random_tensor(DType::kF64, {2}, 1);
  write_safetensors(folder / "a", std::vector<NamedTensor>{{"b", bytes.view()}, {"d", doubles.view()}}, {});
  const std::string text = read_all(folder / "a");
  std::uint64_t length = 0;
  std::memcpy(&length, text.data(), 8);
  CHECK(length % 8 == 0);
  CHECK(text.substr(8, length).starts_with(R"({"b":{"dtype":"U8","shape":[3],"data_offsets":[16,19]},"d":)"));
  CHECK(text.size() == 8 + length + 19);
}

TEST_CASE("no tensors at all is a file too") {
  const TemporaryFolder folder;
  write_safetensors(folder / "a", std::span<const NamedTensor>(), {});
  CHECK(open_archive(folder / "a")->tensors().empty());
}

TEST_CASE("names that a reader would refuse are not written") {
  const TemporaryFolder folder;
  HostTensor tensor(DType::kF32, {1});
  const auto write = [&](const std::string& first, const std::string& second) {
    write_safetensors(folder / "a", std::vector<NamedTensor>{{first, tensor.view()}, {second, tensor.view()}}, {});
  };
  CHECK_THROWS_WITH_AS(write("x", "x"), doctest::Contains("used twice"), Error);
  CHECK_THROWS_WITH_AS(write("x", "__metadata__"), doctest::Contains("reserved"), Error);
  CHECK_THROWS_WITH_AS(write("x", "\xff"), doctest::Contains("not UTF-8: \\xff"), Error);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a failed write leaves the old file and nothing else") {
  const TemporaryFolder folder;
  write_file(folder / "old", "precious");
  HostTensor tensor(DType::kF32, {100000});
  const std::vector<NamedTensor> named = {{"x", tensor.view()}};

  SUBCASE("the folder does not exist, or is a file") {
    CHECK_THROWS_WITH_AS(write_safetensors(folder / "none/a", named, {}), doctest::Contains("cannot write"), Error);
    CHECK_THROWS_WITH_AS(write_safetensors(folder / "old/a", named, {}), doctest::Contains("cannot write"), Error);
  }
  SUBCASE("the disk is full") {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{65536, 65536};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      int status = 1;
      try {
        write_safetensors(folder / "old", named, {});
      } catch (const Error& error) {
        status = error.kind() == ErrorKind::kRuntime ? 0 : 2;
      }
      ::_exit(status);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
  }
  SUBCASE("a tensor cannot be produced") {
    const std::vector<TensorInfo> infos = {{"x", DType::kF32, {4}}};
    CHECK_THROWS_AS(write_safetensors(folder / "old", infos, {},
                                      [](std::size_t, const ByteSink&) { fail(ErrorKind::kData, "broken"); }),
                    Error);
    CHECK_THROWS_WITH_AS(write_safetensors(folder / "old", infos, {}, [](std::size_t, const ByteSink&) {}),
                         doctest::Contains("the size that its header states"), Error);
  }
  CHECK(read_all(folder / "old") == "precious");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("a file that becomes shorter after it was opened gives an error that names file and tensor") {
  const TemporaryFolder folder;
  HostTensor tensor(DType::kF32, {1000});
  write_safetensors(folder / "a", std::vector<NamedTensor>{{"x", tensor.view()}}, {});
  const auto archive = open_archive(folder / "a");
  std::filesystem::resize_file(folder / "a", 200);
  CHECK_THROWS_WITH_AS(static_cast<void>(archive->read("x")), doctest::Contains("a: tensor x: "), Error);
}

TEST_CASE("what cannot be a weight file is refused") {
  const TemporaryFolder folder;
  CHECK(error_of(folder / "none").find("cannot open") != std::string::npos);
  CHECK(error_of(folder.path()).find("not a regular file") != std::string::npos);
  write_file(folder / "a", "");
  CHECK(error_of(folder / "a").find("an empty file") != std::string::npos);
  write_file(folder / "a", std::string(1000, 'x'));
  CHECK(error_of(folder / "a").find("unknown format") != std::string::npos);
  write_file(folder / "a", PickleWriter().integer(1).finish());
  CHECK(error_of(folder / "a").find("torch.save did not write") != std::string::npos);
}
