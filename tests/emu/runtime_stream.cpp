// Streams, events, graphs and launches of the runtime API's stand-in. A stream executes at once; while it is captured
// its work is noted instead. Which calls a capture refuses, and with which error, follows the CUDA runtime's manual
// (stream management, cudaThreadExchangeStreamCaptureMode).
#include <algorithm>

#include "tests/emu/emulator.h"
#include "tests/emu/runtime.h"

namespace {

/// Captures under way, over all threads of the system, and the kernels' own limits.
struct Shared {
  std::mutex mutex;
  std::vector<std::shared_ptr<emu::Capture>> captures;
  std::map<const void*, std::size_t> dynamic_limit;
};
Shared& shared_state() {
  static Shared state;
  return state;
}

cudaError_t invalidate(emu::Capture& capture, cudaError_t error) {
  capture.valid = false;
  return error;
}

std::size_t dynamic_limit(const void* kernel) {
  const std::scoped_lock lock(shared_state().mutex);
  const auto found = shared_state().dynamic_limit.find(kernel);
  return found == shared_state().dynamic_limit.end() ? emu::kDefaultShared : found->second;
}

void execute_thread(const void* argument) { (*static_cast<const emu::Work*>(argument))(); }

void run_all(const std::vector<emu::Work>& work) {
  for (const emu::Work& item : work) item();
}

/// Lets the streams go that joined the capture.
void close(const std::shared_ptr<emu::Capture>& capture) {
  for (cudaStream_t const other : capture->joined) {
    other->capture = nullptr;
    other->order.clear();
  }
  const std::scoped_lock lock(shared_state().mutex);
  std::erase(shared_state().captures, capture);
}

/// Where a stream's captured work stands for others: behind all that it has seen and done.
void merge(emu::Order& into, const emu::Order& other) {
  for (const auto& [stream, count] : other) into[stream] = std::max(into[stream], count);
}

}  // namespace

namespace emu {

cudaError_t refused_by_capture() {
  const std::scoped_lock lock(shared_state().mutex);
  for (const auto& capture : shared_state().captures) {
    const bool mine = capture->thread == std::this_thread::get_id();
    if (capture->mode == cudaStreamCaptureModeGlobal || (capture->mode == cudaStreamCaptureModeThreadLocal && mine)) {
      return invalidate(*capture, cudaErrorStreamCaptureUnsupported);
    }
  }
  return cudaSuccess;
}

cudaError_t refused_by_capture(cudaStream_t stream) {
  if (stream == nullptr || !stream->capture) return cudaSuccess;
  return invalidate(*stream->capture, cudaErrorStreamCaptureUnsupported);
}

cudaError_t refused_implicitly() {
  const std::scoped_lock lock(shared_state().mutex);
  for (const auto& capture : shared_state().captures) {
    if (capture->origin->flags != cudaStreamNonBlocking) return invalidate(*capture, cudaErrorStreamCaptureImplicit);
  }
  return cudaSuccess;
}

cudaError_t enqueue(cudaStream_t stream, std::function<void()> work) {
  if (stream == nullptr) {
    if (const cudaError_t error = refused_implicitly(); error != cudaSuccess) return error;
  } else if (stream->capture) {
    if (!stream->capture->valid) return cudaErrorStreamCaptureInvalidated;
    stream->capture->work.push_back(std::move(work));
    ++stream->order[stream];
    return cudaSuccess;
  }
  work();
  return cudaSuccess;
}

cudaError_t enqueue_launch(const cudaLaunchConfig_t& config, const void* kernel, std::function<void()> thread) {
  return api_call("cudaLaunchKernelEx", [&] {
    if (config.numAttrs != 0) return cudaErrorNotSupported;
    Launch launch;
    launch.grid = config.gridDim;
    launch.block = config.blockDim;
    launch.dynamic_shared_bytes = config.dynamicSmemBytes;
    launch.dynamic_shared_limit = dynamic_limit(kernel);
    launch.kernel = kernel;
    launch.thread = &execute_thread;
    return enqueue(config.stream, [launch, thread = std::move(thread)]() mutable {
      launch.argument = &thread;
      execute(launch);
    });
  });
}

}  // namespace emu

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute /*attribute*/, int value) {
  return emu::api_call("cudaFuncSetAttribute", [&] {
    if (value < 0 || static_cast<std::size_t>(value) > emu::kMostShared) return cudaErrorInvalidValue;
    const std::scoped_lock lock(shared_state().mutex);
    shared_state().dynamic_limit[kernel] = static_cast<std::size_t>(value);
    return cudaSuccess;
  });
}

// ---- Streams
// ---------------------------------------------------------------------------------------------------------

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  return emu::api_call("cudaStreamCreateWithFlags", [&] {
    if (flags != cudaStreamDefault && flags != cudaStreamNonBlocking) return cudaErrorInvalidValue;
    *stream = new CUstream_st;
    (*stream)->flags = flags;
    return cudaSuccess;
  });
}

cudaError_t cudaStreamCreate(cudaStream_t* stream) { return cudaStreamCreateWithFlags(stream, cudaStreamDefault); }

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return emu::api_call_done_anyway("cudaStreamDestroy", [&] {
    if (stream == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream->capture) {
      stream->capture->valid = false;
      std::erase(stream->capture->joined, stream);
      if (stream->capture->origin == stream) close(stream->capture);
    }
    delete stream;
    return cudaSuccess;
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return emu::api_call("cudaStreamSynchronize",
                       [&] { return stream == nullptr ? emu::refused_implicitly() : emu::refused_by_capture(stream); });
}

cudaError_t cudaDeviceSynchronize() {
  return emu::api_call("cudaDeviceSynchronize", [&] {
    const std::scoped_lock lock(shared_state().mutex);
    if (shared_state().captures.empty()) return cudaSuccess;
    return invalidate(*shared_state().captures.front(), cudaErrorStreamCaptureUnsupported);
  });
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  return emu::api_call("cudaStreamIsCapturing", [&] {
    *status = cudaStreamCaptureStatusNone;
    if (stream != nullptr && stream->capture) {
      *status = stream->capture->valid ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusInvalidated;
    }
    return cudaSuccess;
  });
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  return emu::api_call("cudaStreamBeginCapture", [&] {
    if (stream == nullptr) return cudaErrorStreamCaptureUnsupported;  // never the legacy stream
    if (stream->capture) return cudaErrorIllegalState;
    stream->capture = std::make_shared<emu::Capture>();
    stream->capture->origin = stream;
    stream->capture->mode = mode;
    stream->capture->thread = std::this_thread::get_id();
    stream->order.clear();
    const std::scoped_lock lock(shared_state().mutex);
    shared_state().captures.push_back(stream->capture);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  // A capture has ended even if its end is an error.
  return emu::api_call_done_anyway("cudaStreamEndCapture", [&] {
    *graph = nullptr;
    if (stream == nullptr || !stream->capture) return cudaErrorIllegalState;
    if (stream->capture->origin != stream) return invalidate(*stream->capture, cudaErrorStreamCaptureUnmatched);
    if (stream->capture->mode != cudaStreamCaptureModeRelaxed &&
        stream->capture->thread != std::this_thread::get_id()) {
      return invalidate(*stream->capture, cudaErrorStreamCaptureWrongThread);
    }
    const std::shared_ptr<emu::Capture> capture = std::exchange(stream->capture, nullptr);
    bool joined = true;
    for (cudaStream_t const other : capture->joined) joined = joined && other->order[other] == stream->order[other];
    close(capture);
    stream->order.clear();
    if (!capture->valid) return cudaErrorStreamCaptureInvalidated;
    if (!joined) return cudaErrorStreamCaptureUnjoined;
    *graph = new CUgraph_st{std::move(capture->work)};
    return cudaSuccess;
  });
}

// ---- Events
// ----------------------------------------------------------------------------------------------------------

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  return emu::api_call("cudaEventCreateWithFlags", [&] {
    *event = new CUevent_st;
    (*event)->flags = flags;
    return cudaSuccess;
  });
}

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, cudaEventDefault); }

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return emu::api_call_done_anyway("cudaEventDestroy", [&] {
    if (event == nullptr) return cudaErrorInvalidResourceHandle;
    delete event;
    return cudaSuccess;
  });
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return emu::api_call("cudaEventRecord", [&] {
    if (event == nullptr) return cudaErrorInvalidResourceHandle;
    if (stream == nullptr) {
      if (const cudaError_t error = emu::refused_implicitly(); error != cudaSuccess) return error;
    }
    event->capture = stream == nullptr ? nullptr : stream->capture;
    if (event->capture) {
      if (!event->capture->valid) return cudaErrorStreamCaptureInvalidated;
      event->order = stream->order;
    } else {
      event->time = std::chrono::steady_clock::now();
    }
    event->recorded = true;
    return cudaSuccess;
  });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned /*flags*/) {
  return emu::api_call("cudaStreamWaitEvent", [&] {
    if (event == nullptr) return cudaErrorInvalidResourceHandle;
    const bool captured = stream != nullptr && stream->capture;
    if (!event->recorded || (!event->capture && !captured)) return cudaSuccess;  // what it waits for has been done
    if (!event->capture) return invalidate(*stream->capture, cudaErrorStreamCaptureIsolation);
    if (stream == nullptr) return invalidate(*event->capture, cudaErrorStreamCaptureImplicit);
    if (!captured) {
      stream->capture = event->capture;
      stream->order.clear();
      stream->capture->joined.push_back(stream);
    } else if (stream->capture != event->capture) {
      return invalidate(*stream->capture, cudaErrorStreamCaptureMerge);
    }
    merge(stream->order, event->order);
    return cudaSuccess;
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return emu::api_call("cudaEventSynchronize", [&] {
    if (event == nullptr) return cudaErrorInvalidResourceHandle;
    return event->capture ? invalidate(*event->capture, cudaErrorCapturedEvent) : cudaSuccess;
  });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  return emu::api_call("cudaEventQuery", [&] {
    if (event == nullptr) return cudaErrorInvalidResourceHandle;
    if (event->capture) return invalidate(*event->capture, cudaErrorCapturedEvent);
    return emu::refused_by_capture();
  });
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  return emu::api_call("cudaEventElapsedTime", [&] {
    for (cudaEvent_t const event : {start, end}) {
      if (event == nullptr || !event->recorded || (event->flags & cudaEventDisableTiming) != 0) {
        return cudaErrorInvalidResourceHandle;
      }
      if (event->capture) return cudaErrorCapturedEvent;
    }
    *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
    return cudaSuccess;
  });
}

// ---- Graphs
// ----------------------------------------------------------------------------------------------------------

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long /*flags*/) {
  return emu::api_call("cudaGraphInstantiate", [&] {
    if (graph == nullptr) return cudaErrorInvalidValue;
    *executable = new CUgraphExec_st{std::make_shared<const std::vector<emu::Work>>(graph->work)};
    return cudaSuccess;
  });
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  return emu::api_call("cudaGraphLaunch", [&] {
    if (executable == nullptr) return cudaErrorInvalidValue;
    return emu::enqueue(stream, [work = executable->work] { run_all(*work); });
  });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  return emu::api_call_done_anyway("cudaGraphExecDestroy", [&] {
    if (executable == nullptr) return cudaErrorInvalidValue;
    delete executable;
    return cudaSuccess;
  });
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  return emu::api_call_done_anyway("cudaGraphDestroy", [&] {
    if (graph == nullptr) return cudaErrorInvalidValue;
    delete graph;
    return cudaSuccess;
  });
}

cudaError_t cudaGraphGetNodes(cudaGraph_t graph, cudaGraphNode_t* nodes, std::size_t* count) {
  return emu::api_call("cudaGraphGetNodes", [&] {
    if (graph == nullptr || nodes != nullptr) return cudaErrorInvalidValue;  // the count is all there is
    *count = graph->work.size();
    return cudaSuccess;
  });
}
