// A recorded sequence of operations as a CUDA graph: one launch instead of hundreds.
#pragma once
#include <functional>

#include "cuda/runtime/context.h"
#include "ops/backend.h"

namespace mdd::cuda {

class StepGraph final : public Recording {
 public:
  /// Captures what `work` puts on the context's stream. If `work` throws, the capture is ended and nothing remains. The
  /// graph is stale once `generation`, which outlives it, has another value.
  StepGraph(Context& context, const std::uint64_t& generation, const std::function<void()>& work);
  void replay() override;
  [[nodiscard]] bool stale() const noexcept override { return *generation_ != captured_generation_; }

 private:
  Context* context_;
  const std::uint64_t* generation_;
  std::uint64_t captured_generation_;
  GraphExecutable executable_;
};

}  // namespace mdd::cuda
