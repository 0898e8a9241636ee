#include "model/memory.h"

namespace mdd {

ClassAwareMemory::ClassAwareMemory(ParameterStore& store, const std::string& prefix, std::int64_t channels,
                                   const MemoryParams& params, MemoryFusion fusion)
    : params_(params),
      fusion_(fusion),
      prototypes_(&store.declare(prefix + "prototypes", {params.classes, params.slots, channels}, Layout::kPlain,
                                 Initial::kPrototypeUniform)) {
  if (fusion == MemoryFusion::kConcat) {
    fuse_.emplace(store, prefix + "fuse_conv", prefix + "fuse_bn",
                  ConvolutionUnitShape{2 * channels, channels, {1, 1, 0}, false});
  }
}

MemoryOutput ClassAwareMemory::forward(Tape& tape, const Variable& z) {
  const MemoryReading reading = memory_read(tape, params_, z, prototypes_->view);
  Variable restored = reading.read;
  if (fusion_ == MemoryFusion::kAdd) restored = add(tape, z, reading.read);
  if (fusion_ == MemoryFusion::kConcat) {
    restored = fuse_->forward(tape, concatenate(tape, std::array{z, reading.read}), nullptr, true);
  }
  return {restored, reading.mass, reading.attention};
}

void ClassAwareMemory::visit(const std::function<void(ConvolutionUnit&)>& visitor) {
  if (fuse_) visitor(*fuse_);
}

}  // namespace mdd
