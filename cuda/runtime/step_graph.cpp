#include "cuda/runtime/step_graph.h"

namespace mdd::cuda {

StepGraph::StepGraph(Context& context, const std::uint64_t& generation, const std::function<void()>& work)
    : context_(&context), generation_(&generation), captured_generation_(generation) {
  require(!context.recording(), "recordings do not nest");
  // Thread-local: what other threads do with the device (a loader's pinned memory) is no part of this capture.
  MDDNET_CUDA(cudaStreamBeginCapture(context.stream(), cudaStreamCaptureModeThreadLocal));
  Graph graph;
  try {
    work();
  } catch (...) {
    static_cast<void>(cudaStreamEndCapture(context.stream(), graph.out()));
    static_cast<void>(cudaGetLastError());
    throw;
  }
  MDDNET_CUDA(cudaStreamEndCapture(context.stream(), graph.out()));
  MDDNET_CUDA(cudaGraphInstantiate(executable_.out(), graph.get(), 0));
}

void StepGraph::replay() {
  require(!stale(), "a recording is replayed only while what it relies on is there");
  MDDNET_CUDA(cudaGraphLaunch(executable_.get(), context_->stream()));
}

}  // namespace mdd::cuda
