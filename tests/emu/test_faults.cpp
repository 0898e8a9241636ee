// Every call of the CUDA backend into the runtime, made to fail once: a clear error that names the place, nothing lost,
// and the same backend does the same work right afterwards.
#include <cmath>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "emulated_backend.h"
#include "emulator.h"

using namespace mdd;

namespace {

/// Work that goes through every kind of call: memory, both directions of copies, kernels, a recording.
std::vector<float> work(Backend& backend) {
  const std::vector<float> values{1, 2, 3, 4};
  const Buffer first(backend, 16), second(backend, 16), square(backend, 16);
  const Tensor a{first.data(), DType::kF32, {4}}, b{second.data(), DType::kF32, {4}};
  backend.copy_from_host(a, std::as_bytes(std::span(values)));
  backend.fill(b, 0.0f);
  const std::unique_ptr<Recording> recording = backend.record([&] { backend.add(b, a, b); });
  recording->replay();
  recording->replay();
  backend.copy(b, {square.data(), DType::kF32, {4}});
  backend.fill({second.data(), DType::kF32, {4}}, 1.0f);
  backend.synchronize();
  std::vector<float> out(4);
  backend.copy_to_host(std::as_writable_bytes(std::span(out)), {square.data(), DType::kF32, {4}});
  return out;
}

const std::vector<float> kResult{2, 4, 6, 8};

/// Runs `action` with its call number n failing, for n = 0, 1, ... until there is no such call; collects the messages.
void fail_each_call(cudaError_t error, std::set<std::string>& messages, const std::function<void()>& action) {
  for (int number = 0;; ++number) {
    CAPTURE(number);
    const std::size_t before = emu::device_bytes_in_use();
    emu::fail_any(error, number);
    try {
      action();
    } catch (const Error& failure) {
      const std::string message = failure.what();
      CHECK_MESSAGE((failure.kind() == ErrorKind::kRuntime || failure.kind() == ErrorKind::kDevice), message);
      CHECK_MESSAGE(message.find('\n') == std::string::npos, message);
      messages.insert(message);
    }
    const bool happened = emu::forget_failures() == 0;
    CHECK(emu::device_bytes_in_use() == before);
    if (!happened) return;
  }
}

/// FILE:LINE of every checked call in the sources that the emulated backend is built from.
std::set<std::string> checked_places() {
  const std::filesystem::path cuda = std::filesystem::path(MDDNET_SOURCE_DIR) / "cuda";
  std::vector<std::filesystem::path> files{cuda / "cuda_backend.cpp"};
  for (const auto& entry : std::filesystem::directory_iterator(cuda / "runtime")) files.push_back(entry.path());
  std::set<std::string> places;
  for (const std::filesystem::path& file : files) {
    std::ifstream in(file);
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      const bool call = line.find("MDDNET_CUDA(") != std::string::npos && line.find("#define") == std::string::npos &&
                        line.find("//") != 0;
      if (call) places.insert(file.filename().string() + ":" + std::to_string(number));
    }
  }
  return places;
}

}  // namespace

TEST_CASE("whichever call of a backend fails, it says so, loses nothing and goes on") {
  std::set<std::string> messages;
  const auto backend = emu::make_emulated_backend();
  REQUIRE(work(*backend) == kResult);  // what is kept between uses is there now
  for (const cudaError_t error : {cudaErrorMemoryAllocation, cudaErrorIllegalAddress}) {
    fail_each_call(error, messages, [&] { static_cast<void>(work(*backend)); });
    CHECK(work(*backend) == kResult);
    fail_each_call(error, messages, [&] { static_cast<void>(backend->description()); });
    fail_each_call(error, messages, [] { static_cast<void>(emu::make_emulated_backend()); });
  }
  // Out of memory, and then not even told how much there is.
  emu::fail_next("cudaMalloc", cudaErrorMemoryAllocation);
  emu::fail_next("cudaMemGetInfo", cudaErrorIllegalAddress);
  try {
    const Buffer fresh(*backend, 64);
  } catch (const Error& failure) {
    messages.insert(failure.what());
  }
  CHECK(emu::forget_failures() == 0);
  CHECK(work(*backend) == kResult);

  std::set<std::string> left = checked_places();
  CHECK(left.size() > 20);
  for (const std::string& message : messages) {
    std::erase_if(left, [&](const std::string& place) { return message.find(place + ":") != std::string::npos; });
  }
  for (const std::string& place : left) FAIL_CHECK("no failure was seen at ", place);
}

TEST_CASE("a failure to give something back is no failure") {
  for (const char* call : {"cudaFree", "cudaFreeHost", "cudaEventDestroy", "cudaStreamDestroy", "cudaStreamSynchronize",
                           "cudaGraphDestroy", "cudaGraphExecDestroy"}) {
    CAPTURE(call);
    auto backend = emu::make_emulated_backend();
    if (std::string(call) != "cudaStreamSynchronize") emu::fail_next(call, cudaErrorIllegalAddress);
    CHECK(work(*backend) == kResult);
    if (std::string(call) == "cudaStreamSynchronize") emu::fail_next(call, cudaErrorIllegalAddress);
    CHECK_NOTHROW(backend.reset());
    CHECK(emu::forget_failures() == 0);
  }
}
