// The stand-in of the runtime API: memory, errors, streams, capture.
#include <cmath>
#include <cstdint>
#include <doctest/doctest.h>
#include <thread>

#include "tests/emu/device_array.h"
#include "tests/emu/sample_kernels.cuh"

using namespace emu::test;
namespace sample = emu::sample;

namespace {

struct Stream {
  Stream() { REQUIRE(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) == cudaSuccess); }
  ~Stream() {
    static_cast<void>(cudaStreamDestroy(stream));
    static_cast<void>(cudaGetLastError());
  }
  operator cudaStream_t() const { return stream; }
  cudaStream_t stream = nullptr;
};

struct Event {
  Event() { REQUIRE(cudaEventCreateWithFlags(&event, cudaEventDisableTiming) == cudaSuccess); }
  ~Event() { static_cast<void>(cudaEventDestroy(event)); }
  operator cudaEvent_t() const { return event; }
  cudaEvent_t event = nullptr;
};

void begin(cudaStream_t stream) {
  REQUIRE(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal) == cudaSuccess);
}

/// Ends a capture that must have become void.
void check_void(cudaStream_t stream) {
  cudaGraph_t graph = nullptr;
  CHECK(cudaStreamEndCapture(stream, &graph) == cudaErrorStreamCaptureInvalidated);
  CHECK(graph == nullptr);
}

}  // namespace

TEST_CASE("device memory is aligned, poisoned, counted and limited") {
  const std::size_t before = emu::device_bytes_in_use();
  float* x = nullptr;
  REQUIRE(cudaMalloc(&x, 4000) == cudaSuccess);
  CHECK(reinterpret_cast<std::uintptr_t>(x) % 256 == 0);
  CHECK(std::isnan(x[999]));
  CHECK(emu::device_bytes_in_use() == before + 4000);
  std::size_t free = 0, total = 0;
  REQUIRE(cudaMemGetInfo(&free, &total) == cudaSuccess);
  CHECK(total - free == before + 4000);
  void* too_much = nullptr;
  CHECK(cudaMalloc(&too_much, total) == cudaErrorMemoryAllocation);
  CHECK(cudaPeekAtLastError() == cudaErrorMemoryAllocation);
  CHECK(cudaGetLastError() == cudaErrorMemoryAllocation);
  CHECK(cudaGetLastError() == cudaSuccess);
  CHECK(cudaFree(x + 1) == cudaErrorInvalidValue);
  CHECK(cudaFree(x) == cudaSuccess);
  CHECK(cudaFree(x) == cudaErrorInvalidValue);
  CHECK(cudaFree(nullptr) == cudaSuccess);
  CHECK(emu::device_bytes_in_use() == before);
  static_cast<void>(cudaGetLastError());
}

TEST_CASE("copies are checked against the allocations") {
  const DeviceArray<int> a(std::vector{1, 2, 3, 4}), b(4);
  std::vector<int> host(4);
  CHECK(cudaMemcpyAsync(host.data(), a.data(), 16, cudaMemcpyDeviceToHost) == cudaSuccess);
  CHECK(host == std::vector<int>{1, 2, 3, 4});
  CHECK(cudaMemcpyAsync(b.data() + 1, a.data(), 12, cudaMemcpyDeviceToDevice) == cudaSuccess);
  CHECK(b[3] == 3);
  CHECK(cudaMemcpyAsync(b.data() + 1, a.data(), 16, cudaMemcpyDeviceToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemcpyAsync(host.data(), b.data(), 16, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemcpyAsync(b.data(), host.data(), 16, cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
  CHECK(cudaMemsetAsync(b.data(), 0, 16) == cudaSuccess);
  CHECK(b[3] == 0);
  CHECK(cudaMemsetAsync(b.data(), 0, 17) == cudaErrorInvalidValue);
  CHECK(cudaMemsetAsync(host.data(), 0, 16) == cudaErrorInvalidValue);
  static_cast<void>(cudaGetLastError());
}

TEST_CASE("an injected error comes once, from the call that it names") {
  emu::fail_next("cudaMalloc", cudaErrorMemoryAllocation, 1);
  int count = 0;
  CHECK(cudaGetDeviceCount(&count) == cudaSuccess);
  CHECK(count == 1);
  void* p = nullptr;
  CHECK(cudaMalloc(&p, 16) == cudaSuccess);
  CHECK(cudaFree(p) == cudaSuccess);
  CHECK(cudaMalloc(&p, 16) == cudaErrorMemoryAllocation);
  CHECK(cudaGetLastError() == cudaErrorMemoryAllocation);
  CHECK(cudaMalloc(&p, 16) == cudaSuccess);
  CHECK(cudaFree(p) == cudaSuccess);
  emu::fail_next("cudaLaunchKernelEx", cudaErrorLaunchFailure);
  const DeviceArray<int> x(std::vector<int>(32, 7));
  CHECK(launch({1, 32, 128}, sample::reverse, x.data()) == cudaErrorLaunchFailure);
  CHECK(std::string(cudaGetErrorName(cudaGetLastError())) == "cudaErrorLaunchFailure");
}

TEST_CASE("the device") {
  cudaDeviceProp properties{};
  REQUIRE(cudaGetDeviceProperties(&properties, 0) == cudaSuccess);
  CHECK(properties.major == 9);
  CHECK(properties.sharedMemPerBlockOptin == 227 * 1024);
  int value = 0;
  REQUIRE(cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, 0) == cudaSuccess);
  CHECK(value == properties.multiProcessorCount);
  CHECK(cudaSetDevice(1) == cudaErrorInvalidDevice);
  CHECK(cudaGetLastError() == cudaErrorInvalidDevice);
}

TEST_CASE("a captured sequence is executed by the graph's launches, not before") {
  const Stream stream;
  const DeviceArray<float> x(std::vector<float>(64, 1.0f)), y(64);
  begin(stream);
  REQUIRE(launch({1, 64, 0, stream}, sample::scale<float>, y.data(), x.data(), 2.0f, 64) == cudaSuccess);
  REQUIRE(cudaMemcpyAsync(x.data(), y.data(), 64 * sizeof(float), cudaMemcpyDeviceToDevice, stream) == cudaSuccess);
  int own_work = 0;
  REQUIRE(emu::enqueue(stream, [&own_work] { ++own_work; }) == cudaSuccess);
  cudaStreamCaptureStatus status{};
  REQUIRE(cudaStreamIsCapturing(stream, &status) == cudaSuccess);
  CHECK(status == cudaStreamCaptureStatusActive);
  cudaGraph_t graph = nullptr;
  REQUIRE(cudaStreamEndCapture(stream, &graph) == cudaSuccess);
  REQUIRE(cudaStreamIsCapturing(stream, &status) == cudaSuccess);
  CHECK(status == cudaStreamCaptureStatusNone);
  CHECK(std::isnan(y[0]));
  std::size_t nodes = 0;
  REQUIRE(cudaGraphGetNodes(graph, nullptr, &nodes) == cudaSuccess);
  CHECK(nodes == 3);
  cudaGraphExec_t executable = nullptr;
  REQUIRE(cudaGraphInstantiate(&executable, graph, 0) == cudaSuccess);
  REQUIRE(cudaGraphDestroy(graph) == cudaSuccess);
  for (int step = 0; step < 3; ++step) REQUIRE(cudaGraphLaunch(executable, stream) == cudaSuccess);
  CHECK(x[63] == 8.0f);
  CHECK(own_work == 3);
  REQUIRE(cudaGraphExecDestroy(executable) == cudaSuccess);
}

TEST_CASE("what waits or allocates voids a capture") {
  const Stream stream;
  const Event event;
  const DeviceArray<int> x(std::vector{1});
  void* p = nullptr;
  const auto refused = [&](cudaError_t expected, auto call) {
    begin(stream);
    CHECK(call() == expected);
    CHECK(launch({1, 1, 4, stream}, sample::reverse, x.data()) == cudaErrorStreamCaptureInvalidated);
    check_void(stream);
  };
  refused(cudaErrorStreamCaptureUnsupported, [&] { return cudaStreamSynchronize(stream); });
  refused(cudaErrorStreamCaptureUnsupported, [&] { return cudaDeviceSynchronize(); });
  refused(cudaErrorStreamCaptureUnsupported, [&] { return cudaMalloc(&p, 16); });
  refused(cudaErrorStreamCaptureUnsupported, [&] { return cudaFree(x.data()); });
  refused(cudaErrorStreamCaptureUnsupported,
          [&] { return cudaMemcpy(x.data(), x.data(), 4, cudaMemcpyDeviceToDevice); });
  refused(cudaErrorStreamCaptureUnsupported, [&] { return cudaEventQuery(event); });
  refused(cudaErrorCapturedEvent, [&] {
    REQUIRE(cudaEventRecord(event, stream) == cudaSuccess);
    return cudaEventSynchronize(event);
  });
  // A graph's event is not one to wait for afterwards either, until it is recorded anew.
  CHECK(cudaEventSynchronize(event) == cudaErrorCapturedEvent);
  REQUIRE(cudaEventRecord(event, stream) == cudaSuccess);
  CHECK(cudaEventSynchronize(event) == cudaSuccess);

  begin(stream);
  std::thread([] {
    void* other = nullptr;
    CHECK(cudaMalloc(&other, 16) == cudaSuccess);  // a thread-local capture leaves other threads alone
    CHECK(cudaFree(other) == cudaSuccess);
  }).join();
  cudaGraph_t graph = nullptr;
  REQUIRE(cudaStreamEndCapture(stream, &graph) == cudaSuccess);
  REQUIRE(cudaGraphDestroy(graph) == cudaSuccess);
  CHECK(cudaStreamEndCapture(stream, &graph) == cudaErrorIllegalState);
  CHECK(cudaStreamBeginCapture(nullptr, cudaStreamCaptureModeThreadLocal) == cudaErrorStreamCaptureUnsupported);
  static_cast<void>(cudaGetLastError());
}

TEST_CASE("a capture forks and joins by events") {
  const Stream main, side;
  const Event forked, joined;
  const DeviceArray<float> x(std::vector<float>(32, 3.0f)), y(32);
  const auto fork = [&] {
    begin(main);
    REQUIRE(cudaEventRecord(forked, main) == cudaSuccess);
    REQUIRE(cudaStreamWaitEvent(side, forked, 0) == cudaSuccess);
    REQUIRE(launch({1, 32, 0, side}, sample::scale<float>, y.data(), x.data(), 2.0f, 32) == cudaSuccess);
    REQUIRE(cudaEventRecord(joined, side) == cudaSuccess);
  };
  cudaGraph_t graph = nullptr;
  fork();
  REQUIRE(cudaStreamWaitEvent(main, joined, 0) == cudaSuccess);
  CHECK(cudaStreamEndCapture(side, &graph) == cudaErrorStreamCaptureUnmatched);
  check_void(main);

  fork();
  CHECK(cudaStreamEndCapture(main, &graph) == cudaErrorStreamCaptureUnjoined);

  fork();
  REQUIRE(cudaStreamWaitEvent(main, joined, 0) == cudaSuccess);
  REQUIRE(cudaStreamEndCapture(main, &graph) == cudaSuccess);
  CHECK(std::isnan(y[0]));
  cudaGraphExec_t executable = nullptr;
  REQUIRE(cudaGraphInstantiate(&executable, graph) == cudaSuccess);
  REQUIRE(cudaGraphLaunch(executable, main) == cudaSuccess);
  CHECK(y[31] == 6.0f);
  REQUIRE(cudaGraphExecDestroy(executable) == cudaSuccess);
  REQUIRE(cudaGraphDestroy(graph) == cudaSuccess);

  // An event from before the capture says nothing about the graph's own work.
  const Event outside;
  REQUIRE(cudaEventRecord(outside, side) == cudaSuccess);
  begin(main);
  CHECK(cudaStreamWaitEvent(main, outside, 0) == cudaErrorStreamCaptureIsolation);
  check_void(main);
  static_cast<void>(cudaGetLastError());
}

TEST_CASE("events measure time where they were made to") {
  cudaEvent_t start = nullptr, end = nullptr;
  REQUIRE(cudaEventCreate(&start) == cudaSuccess);
  REQUIRE(cudaEventCreate(&end) == cudaSuccess);
  float milliseconds = -1.0f;
  CHECK(cudaEventElapsedTime(&milliseconds, start, end) == cudaErrorInvalidResourceHandle);
  REQUIRE(cudaEventRecord(start) == cudaSuccess);
  REQUIRE(cudaEventRecord(end) == cudaSuccess);
  CHECK(cudaEventElapsedTime(&milliseconds, start, end) == cudaSuccess);
  CHECK(milliseconds >= 0.0f);
  const Event without_time;
  REQUIRE(cudaEventRecord(without_time) == cudaSuccess);
  CHECK(cudaEventElapsedTime(&milliseconds, start, without_time) == cudaErrorInvalidResourceHandle);
  REQUIRE(cudaEventDestroy(start) == cudaSuccess);
  REQUIRE(cudaEventDestroy(end) == cudaSuccess);
  static_cast<void>(cudaGetLastError());
}
