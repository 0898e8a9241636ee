#include "pretrain/dense_classifier.h"

namespace mdd {
namespace {

constexpr const char* kPrefix = "heads.";

}  // namespace

DenseClassifier::DenseClassifier(Backend& backend, const std::string& encoder, std::int64_t labels)
    : architecture_(architecture(encoder)), store_(backend), encoder_(store_, "", architecture_) {
  for (std::size_t level = 0; level < kHeads; ++level) {
    const std::int64_t channels = architecture_.channels(static_cast<std::int64_t>(level));
    heads_[level] = &store_.declare(kPrefix + std::to_string(level) + ".weight", {labels, 1, 1, channels},
                                    Layout::kConvolution, Initial::kKaimingFanOut);
  }
  store_.allocate(true);
}

std::array<Variable, kHeads> DenseClassifier::forward(Tape& tape, const Variable& images) {
  const Features features = encoder_.forward_trained(tape, images);
  std::array<Variable, kHeads> logits;
  for (std::size_t level = 0; level < kHeads; ++level) {
    const std::int64_t stride = level == 0 ? 2 : 1;
    logits[level] = convolution(tape, {1, stride, 0}, features[level], heads_[level]->view);
  }
  return logits;
}

bool is_head(const std::string& parameter) { return parameter.starts_with(kPrefix); }

}  // namespace mdd
