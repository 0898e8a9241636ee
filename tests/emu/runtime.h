// What the files of the runtime API's stand-in share: errors, and streams with what is captured from them.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/emu/include/cuda_runtime.h"

namespace emu {

/// Runs `body` as the call of this name: an injected error comes first; an error is kept for cudaGetLastError.
cudaError_t api_call(const char* name, const std::function<cudaError_t()>& body);
/// The same for a call that does its work even if it then returns an injected error, as those do that give something
/// back.
cudaError_t api_call_done_anyway(const char* name, const std::function<cudaError_t()>& body);

using Work = std::function<void()>;

/// How far a stream can see: for every stream, how much of its captured work comes before.
using Order = std::map<cudaStream_t, std::size_t>;

/// Work that is being captured; shared by the streams that joined.
struct Capture {
  cudaStream_t origin = nullptr;
  cudaStreamCaptureMode mode{};
  std::thread::id thread;
  bool valid = true;
  std::vector<cudaStream_t> joined;  ///< streams that took part by waiting for an event
  std::vector<Work> work;
};

/// The error that this call gives because some stream is captured (and the capture is void then), or cudaSuccess.
/// For calls that could wait for the device: allocation, giving back, waiting.
cudaError_t refused_by_capture();
/// Calls on a stream that is captured itself.
cudaError_t refused_by_capture(cudaStream_t stream);
/// The legacy stream waits for every stream that was not created as non-blocking, captured ones included.
cudaError_t refused_implicitly();

}  // namespace emu

struct CUstream_st {
  unsigned flags = 0;
  std::shared_ptr<emu::Capture> capture;
  emu::Order order;
};

struct CUevent_st {
  unsigned flags = 0;
  bool recorded = false;
  std::chrono::steady_clock::time_point time;
  std::shared_ptr<emu::Capture> capture;  ///< set where the record was captured
  emu::Order order;
};

struct CUgraph_st {
  std::vector<emu::Work> work;
};

struct CUgraphExec_st {
  std::shared_ptr<const std::vector<emu::Work>> work;
};
