#include "cli/encoder_choice.h"

#include "core/error.h"
#include "model/architecture.h"
#include "weights/bundled.h"
#include "weights/encoder_guess.h"

namespace mdd::cli {
namespace {

constexpr const char* kRandom = "random";

std::string bundled() { return std::string(weights::kBundledName); }
std::string bundled_encoder() { return std::string(weights::kBundledEncoder); }

const char* bundled_note() {
  return "encoder: the bundled resnet18, trained on generated pictures only; ImageNet weights do better "
         "(weights/fetch.sh, then --weights)";
}

std::string encoder_of(const std::string& weights) {
  if (weights == kRandom || weights == bundled()) return bundled_encoder();
  std::string guess = weights::guess_encoder(*weights::open_archive(weights));
  if (guess.empty()) {
    fail_data(weights, "encoder of this file", "resnet18, resnet34, resnet50 or wide_resnet50_2 (say --encoder)",
              "tensors of none of them");
  }
  return guess;
}

}  // namespace

EncoderChoice choose_encoder(const std::string& encoder, const std::string& weights) {
  if (!encoder.empty()) static_cast<void>(architecture(encoder));
  if (weights.empty()) {
    if (encoder.empty() || encoder == bundled_encoder()) return {bundled_encoder(), bundled(), bundled_note()};
    fail(ErrorKind::kUsage, "--weights: expected a file with weights of " + encoder +
                                " (weights/fetch.sh gets one) or random, found nothing; the bundled encoder is " +
                                bundled_encoder());
  }
  if (weights == bundled() && !encoder.empty() && encoder != bundled_encoder()) {
    fail(ErrorKind::kUsage, "--weights bundled: expected --encoder " + bundled_encoder() + ", found " + encoder);
  }
  if (!encoder.empty()) return {encoder, weights, weights == bundled() ? bundled_note() : ""};
  const std::string found = encoder_of(weights);
  return {found, weights, weights == bundled() ? bundled_note() : "encoder: " + found + ", as the weights are"};
}

}  // namespace mdd::cli
