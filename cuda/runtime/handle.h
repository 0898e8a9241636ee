// Owners of the runtime's objects.
#pragma once
#include <utility>

#include "cuda/runtime/check.h"

namespace mdd::cuda {

/// Owns a Value that kDestroy gives back; movable, empty by default.
template <class Value, auto kDestroy>
class Handle {
 public:
  Handle() = default;
  explicit Handle(Value value) noexcept : value_(value) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept : value_(std::exchange(other.value_, Value{})) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  void reset() noexcept {
    if (value_ != Value{}) static_cast<void>(kDestroy(value_));
    value_ = Value{};
  }
  [[nodiscard]] Value get() const noexcept { return value_; }
  /// Where a creating call writes.
  [[nodiscard]] Value* out() noexcept {
    reset();
    return &value_;
  }

 private:
  Value value_{};
};

using Stream = Handle<cudaStream_t, cudaStreamDestroy>;
using Event = Handle<cudaEvent_t, cudaEventDestroy>;
using Graph = Handle<cudaGraph_t, cudaGraphDestroy>;
using GraphExecutable = Handle<cudaGraphExec_t, cudaGraphExecDestroy>;
using PinnedMemory = Handle<void*, cudaFreeHost>;
using DeviceMemory = Handle<void*, cudaFree>;

}  // namespace mdd::cuda
