#include "stand_ins/recording.h"

#include "cuda/runtime/check.h"

namespace emu {

void SeenForms::note(cudaStream_t stream, const std::string& form) {
  if (!forms_.insert(form).second) return;
  cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
  MDDNET_CUDA(cudaStreamIsCapturing(stream, &capture));
  if (capture == cudaStreamCaptureStatusNone) return;
  forms_.erase(form);
  mdd::fail(mdd::ErrorKind::kRuntime, "internal error: recorded before it ran once: " + form);
}

}  // namespace emu
