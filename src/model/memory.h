// The class-aware memory (spec S4): K prototypes for each of C classes; a query reads a mixture of all of them, and how
// much of the mixture belongs to each class is the class vote.
#pragma once
#include <optional>

#include "nn/convolution_unit.h"

namespace mdd {

/// What the restoration decoder gets: [z ; read] through a 1x1 convolution, the read alone, or their sum.
enum class MemoryFusion : std::uint8_t { kConcat, kReplace, kAdd };

struct MemoryOutput {
  Variable restored;   ///< what the restoration decoder gets, shaped like z
  Variable mass;       ///< f32 [N, classes], sums to 1 over classes
  Variable attention;  ///< f32 [positions, classes * slots]
};

class ClassAwareMemory {
 public:
  ClassAwareMemory(ParameterStore& store, const std::string& prefix, std::int64_t channels, const MemoryParams& params,
                   MemoryFusion fusion);
  [[nodiscard]] MemoryOutput forward(Tape& tape, const Variable& z);
  void visit(const std::function<void(ConvolutionUnit&)>& visitor);

 private:
  MemoryParams params_;
  MemoryFusion fusion_;
  Parameter* prototypes_;
  std::optional<ConvolutionUnit> fuse_;
};

}  // namespace mdd
