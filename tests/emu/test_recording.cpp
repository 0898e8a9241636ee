// Recorded work on the emulated CUDA backend: what may be recorded, when a recording goes stale, and how Replay deals
// with it. And what the backend says when the runtime fails.
#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <vector>

#include "autograd/replay.h"
#include "emulated_backend.h"
#include "emulator.h"

using namespace mdd;

namespace {

/// An f32 tensor of its own.
struct Values {
  Values(Backend& on, std::vector<float> start)
      : backend(on),
        buffer(on, start.size() * sizeof(float)),
        tensor{buffer.data(), DType::kF32, {static_cast<std::int64_t>(start.size())}} {
    write(start);
  }
  void write(const std::vector<float>& values) { backend.copy_from_host(tensor, std::as_bytes(std::span(values))); }
  [[nodiscard]] std::vector<float> read() const {
    std::vector<float> out(static_cast<std::size_t>(tensor.elements()));
    backend.copy_to_host(std::as_writable_bytes(std::span(out)), tensor);
    return out;
  }
  Backend& backend;
  Buffer buffer;
  Tensor tensor;
};

void check_fails(ErrorKind kind, std::initializer_list<const char*> texts, const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK_MESSAGE(error.kind() == kind, message);
    for (const char* text : texts) CHECK_MESSAGE(message.find(text) != std::string::npos, message);
    return;
  }
  FAIL_CHECK("nothing failed");
}

}  // namespace

TEST_CASE("recorded work is not done until it is replayed, and then as often as asked") {
  const auto backend = emu::make_emulated_backend();
  const Values a(*backend, {1, 2, 3}), sum(*backend, {0, 0, 0});
  const auto recording = backend->record([&] { backend->add(sum.tensor, a.tensor, sum.tensor); });
  REQUIRE(recording);
  CHECK(sum.read() == std::vector<float>{0, 0, 0});
  recording->replay();
  recording->replay();
  CHECK(sum.read() == std::vector<float>{2, 4, 6});
}

TEST_CASE("what the host gives or takes, and new memory, cannot be recorded; the backend works on after the attempt") {
  const auto backend = emu::make_emulated_backend();
  Values a(*backend, {1, 2});
  const std::vector<std::function<void()>> refused{
      [&] {
        a.write({3, 4});
      },
      [&] { static_cast<void>(a.read()); }, [&] { const Buffer fresh(*backend, 64); },
      [&] { static_cast<void>(backend->record([] {})); },
      [&] {
        backend->perlin_masks({}, std::vector<PerlinKey>(1), {a.buffer.data(), DType::kU8, {1, 2, 2}});
      }};
  for (const auto& work : refused) {
    check_fails(ErrorKind::kRuntime, {}, [&] { static_cast<void>(backend->record(work)); });
    CHECK(a.read() == std::vector<float>{1, 2});
  }
}

TEST_CASE("a backend told not to record does not, and the work is left to the caller") {
  const auto backend = emu::make_emulated_backend({.record = false});
  bool called = false;
  CHECK(backend->record([&] { called = true; }) == nullptr);
  CHECK_FALSE(called);
}

TEST_CASE("a convolution must have run once before it is recorded") {
  const auto backend = emu::make_emulated_backend();
  const Values x(*backend, std::vector<float>(16, 1.0f)), y(*backend, std::vector<float>(16, 0.0f));
  const Values w(*backend, {2.0f});
  const auto convolve = [&] {
    backend->convolution_forward({1, 1, 0}, x.tensor.reshaped({1, 4, 4, 1}), {w.tensor.reshaped({1, 1, 1, 1}), false},
                                 {}, y.tensor.reshaped({1, 4, 4, 1}));
  };
  check_fails(ErrorKind::kRuntime, {"recorded before it ran once"},
              [&] { static_cast<void>(backend->record(convolve)); });
  convolve();
  CHECK(backend->record(convolve) != nullptr);
}

TEST_CASE("a recording is stale once the packed filters are forgotten") {
  const auto backend = emu::make_emulated_backend();
  const Values a(*backend, {1});
  const auto recording = backend->record([&] { backend->fill(a.tensor, 5.0f); });
  CHECK_FALSE(recording->stale());
  backend->forget_packed_filters();
  CHECK(recording->stale());
  check_fails(ErrorKind::kRuntime, {}, [&] { recording->replay(); });
  CHECK(a.read() == std::vector<float>{1});
}

TEST_CASE("Replay records settled work, and again when it went stale or the arena moved") {
  const auto backend = emu::make_emulated_backend();
  StepArena arena(*backend);
  Replay replay(*backend, arena, StepMode::kRecorded);
  const Values total(*backend, {0}), one(*backend, {1});
  std::int64_t elements = 1;
  int runs_by_hand = 0;
  const auto step = [&] {
    replay.run({static_cast<std::uintptr_t>(elements)}, [&] {
      ++runs_by_hand;
      const Tensor memory = arena.allocate(DType::kF32, {elements});
      backend->add(total.tensor, one.tensor, total.tensor);
      arena.release(memory);
    });
  };
  for (int i = 0; i < 10; ++i) step();
  CHECK(total.read() == std::vector<float>{10});
  CHECK(replay.recordings() == 1);
  CHECK(runs_by_hand < 6);
  const int before = runs_by_hand;
  backend->forget_packed_filters();
  for (int i = 0; i < 10; ++i) step();
  CHECK(total.read() == std::vector<float>{20});
  CHECK(runs_by_hand > before);
  CHECK(replay.recordings() == 1);
  elements = 10'000'000;  // the arena grows: what was recorded with the old addresses is dropped
  for (int i = 0; i < 10; ++i) step();
  elements = 1;
  for (int i = 0; i < 10; ++i) step();
  CHECK(total.read() == std::vector<float>{40});
  CHECK(replay.recordings() == 2);
}

TEST_CASE("an eager Replay records nothing") {
  const auto backend = emu::make_emulated_backend();
  StepArena arena(*backend);
  Replay replay(*backend, arena, StepMode::kEager);
  const Values total(*backend, {0}), one(*backend, {1});
  for (int i = 0; i < 6; ++i) replay.run({}, [&] { backend->add(total.tensor, one.tensor, total.tensor); });
  CHECK(total.read() == std::vector<float>{6});
  CHECK(replay.recordings() == 0);
}

TEST_CASE("16-bit copies of trained weights follow whatever writes to their masters") {
  const auto backend = emu::make_emulated_backend({.precision = Precision::kBf16});
  Values w(*backend, {1.0f, 2.0f, 3.0f, 4.0f}), gradient(*backend, {0, 0, 0, 0}), m(*backend, {0, 0, 0, 0}),
      v(*backend, {0, 0, 0, 0}), loss(*backend, {1.0f});
  const Buffer state_memory(*backend, kOptimizerStateSize * sizeof(double));
  const Tensor state{state_memory.data(), DType::kF64, {kOptimizerStateSize}};
  backend->fill(state, 0.0f);
  backend->adam_prepare({}, gradient.tensor, loss.tensor, state);
  backend->adam_step({}, state, gradient.tensor, w.tensor, m.tensor, v.tensor);

  // One 1x1 filter inside the flat buffer, applied to ones: y shows the weight that convolutions see.
  const Values ones(*backend, {1.0f}), y(*backend, {0.0f});
  const Buffer narrow(*backend, 512);
  const Tensor x16{narrow.data(), DType::kBF16, {1, 1, 1, 1}};
  const Tensor y16{static_cast<std::byte*>(narrow.data()) + 256, DType::kBF16, {1, 1, 1, 1}};
  backend->cast(ones.tensor, x16);
  const auto seen = [&](std::int64_t index) {
    const Tensor filter{w.tensor.f32() + index, DType::kF32, {1, 1, 1, 1}};
    backend->convolution_forward({1, 1, 0}, x16, {filter, false}, {}, y16);
    backend->cast(y16, y.tensor);
    return y.read()[0];
  };
  CHECK(seen(2) == 3.0f);
  w.write({5, 6, 7, 8});
  CHECK(seen(2) == 7.0f);
  backend->fill(w.tensor, 0.0f);
  CHECK(seen(1) == 0.0f);
  backend->copy(ones.tensor, {w.tensor.f32() + 3, DType::kF32, {1}});
  CHECK(seen(3) == 1.0f);
}

TEST_CASE("errors of the runtime name the call and the reason, and nothing is lost") {
  const auto backend = emu::make_emulated_backend();
  const Values a(*backend, {1, 2});
  emu::fail_next("cudaMalloc", cudaErrorMemoryAllocation);
  check_fails(ErrorKind::kRuntime, {"out of memory", "4096 bytes", "cuda:0"},
              [&] { const Buffer fresh(*backend, 4096); });
  emu::fail_next("cudaLaunchKernelEx", cudaErrorInvalidConfiguration);
  check_fails(ErrorKind::kRuntime, {"cudaLaunchKernelEx", "cudaErrorInvalidConfiguration", "launch.h"},
              [&] { backend->add(a.tensor, a.tensor, a.tensor); });
  emu::fail_next("cudaGraphInstantiate", cudaErrorInvalidValue);
  check_fails(ErrorKind::kRuntime, {"cudaGraphInstantiate", "step_graph.cpp"},
              [&] { static_cast<void>(backend->record([&] { backend->fill(a.tensor, 0.0f); })); });
  CHECK(a.read() == std::vector<float>{1, 2});
}

TEST_CASE("a device that is not there, or not new enough to be there at all") {
  check_fails(ErrorKind::kDevice, {"cuda:7"}, [] { static_cast<void>(emu::make_emulated_backend({.device = 7})); });
  check_fails(ErrorKind::kDevice, {"cuda:-1"}, [] { static_cast<void>(emu::make_emulated_backend({.device = -1})); });
  emu::fail_next("cudaGetDeviceCount", cudaErrorInsufficientDriver);
  check_fails(ErrorKind::kDevice, {"cuda:0", "--device cpu"}, [] { static_cast<void>(emu::make_emulated_backend()); });
}
