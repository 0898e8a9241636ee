// Trains an encoder from nothing: on generated pictures only, as a classifier of every cell of its feature maps.
#pragma once
#include <array>
#include <atomic>
#include <filesystem>
#include <functional>
#include <string>

#include "ops/backend.h"
#include "pretrain/pretraining_batches.h"

namespace mdd {

struct PretrainOptions {
  std::string encoder = "resnet18";
  std::int64_t steps = 20000;
  double learning_rate = 0.002;   ///< reached after `warmup` steps, then falling to 0 along half a cosine
  std::int64_t warmup = 200;      ///< steps
  std::int64_t save_every = 500;  ///< steps
  PretrainingData data;           ///< batch, side, seed
  int workers = 1;                ///< threads that render
  std::filesystem::path out;      ///< the encoder: safetensors, f16, torchvision's names
  bool resume = false;            ///< continue from out + ".state"
  const std::atomic<bool>* stop = nullptr;
};

struct PretrainRecord {
  std::int64_t step = 0;               ///< 1 is the first
  std::array<float, kHeads> losses{};  ///< cross entropy of each head, in nats
  double gradient_norm = 0;
  double learning_rate = 0;
  double images_per_second = 0;
};

/// Of step `index`, counted from 0.
[[nodiscard]] double pretraining_rate(const PretrainOptions& options, std::int64_t index);

/// Runs to the last step, writing `out` and `out`.state every save_every steps and at the end. Returns the number of
/// steps done in all. Throws Error(kUsage) for options out of range, if `out` exists and resume is off, or if a resume
/// would change an option; Error(kData) for a broken state; Error(kRuntime) if a step is not finite ten times in a row,
/// with the last files kept; Error(kInterrupted) after a stop, with both files written.
std::int64_t pretrain(Backend& backend, const PretrainOptions& options,
                      const std::function<void(const PretrainRecord&)>& on_step);

}  // namespace mdd
