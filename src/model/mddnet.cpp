#include "model/mddnet.h"

#include <cmath>

namespace mdd {
namespace {

Architecture resolve(const ModelOptions& options) {
  Architecture a = architecture(options.encoder);
  if (options.bottleneck_width != 0 && a.block == BlockKind::kBottleneck) a.bottleneck_width = options.bottleneck_width;
  return a;
}

}  // namespace

void check_model_options(const ModelOptions& o) {
  const auto reject = [](const std::string& what, const std::string& expected, const std::string& found) {
    fail(ErrorKind::kUsage, what + ": expected " + expected + ", found " + found);
  };
  static_cast<void>(architecture(o.encoder));
  if (o.bottleneck_width != 0 && o.bottleneck_width != 64 && o.bottleneck_width != 128) {
    reject("bottleneck width (--bottleneck-width)", "64 or 128 (0 = the encoder's own)",
           std::to_string(o.bottleneck_width));
  }
  if (o.classes < 1 || o.classes > 10000) reject("classes", "1 to 10000", std::to_string(o.classes));
  if (o.slots < 1 || o.slots > 100000) reject("prototypes per class (--slots)", "1 to 100000", std::to_string(o.slots));
  if (!(o.temperature > 0.0f && std::isfinite(o.temperature)))
    reject("temperature (--temperature)", "more than 0", std::to_string(o.temperature));
  if (!(o.shrinkage >= 0.0f && o.shrinkage < 1.0f))
    reject("shrinkage (--shrinkage)", "0 to below 1", std::to_string(o.shrinkage));
}

MddNet::MddNet(Backend& backend, const ModelOptions& options, bool trainable, StoreForm form)
    : backend_(&backend),
      options_((check_model_options(options), options)),
      architecture_(resolve(options)),
      frozen_(backend, form),
      trained_(backend, form),
      encoder_(frozen_, "encoder.", architecture_),
      bottleneck_(trained_, "bottleneck.", architecture_),
      restoration_(trained_, "restoration.", architecture_) {
  if (options.memory) {
    memory_.emplace(trained_, "memory.", architecture_.embedding(),
                    MemoryParams{options.classes, options.slots, options.temperature, options.shrinkage},
                    options.fusion);
  }
  if (options.identity) identity_.emplace(trained_, "identity.", architecture_);
  require(!trainable || form == StoreForm::kPlain, "a folded model is not trained");
  if (form == StoreForm::kFolded) return;
  frozen_.allocate(false);
  trained_.allocate(trainable);
}

ModelOutput MddNet::forward(Tape& tape, const Features& teacher, bool with_identity) {
  ModelOutput out;
  out.teacher = teacher;
  out.z = bottleneck_.forward(tape, teacher);
  out.zr = out.z;
  if (memory_) {
    const MemoryOutput memory = memory_->forward(tape, out.z);
    out.zr = memory.restored;
    out.mass = memory.mass;
    out.attention = memory.attention;
  }
  out.restored = restoration_.forward(tape, out.zr);
  if (identity_ && with_identity) out.identity = identity_->forward(tape, out.z);
  return out;
}

void MddNet::initialise(std::uint64_t seed) {
  trained_.initialise(seed);
  frozen_.initialise(seed);
}

void MddNet::fold_encoder() {
  backend_->forget_packed_filters();
  encoder_.fold();
}

void MddNet::visit(const std::function<void(ConvolutionUnit&)>& visitor) {
  bottleneck_.visit(visitor);
  if (memory_) memory_->visit(visitor);
  restoration_.visit(visitor);
  if (identity_) identity_->visit(visitor);
}

void MddNet::fold() {
  backend_->forget_packed_filters();
  visit([](ConvolutionUnit& unit) { unit.fold(); });
}

void MddNet::unfold() {
  backend_->forget_packed_filters();
  visit([](ConvolutionUnit& unit) { unit.unfold(); });
}

}  // namespace mdd
