// The rule that the libraries' sides of the backend keep: what is recorded ran once before.
#pragma once
#include <cuda_runtime.h>
#include <set>
#include <string>

namespace emu {

/// The forms of one library's work that have run on a stream.
class SeenForms {
 public:
  /// Notes the form; throws mdd::Error(kRuntime) if it is new and the stream is being recorded.
  void note(cudaStream_t stream, const std::string& form);

 private:
  std::set<std::string> forms_;
};

}  // namespace emu
