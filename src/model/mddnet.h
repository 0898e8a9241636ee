// MDD-Net whole (spec S2 to S5): frozen encoder, one-class bottleneck, class-aware memory, two decoders.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "model/bottleneck.h"
#include "model/decoder.h"
#include "model/memory.h"

namespace mdd {

struct ModelOptions {
  std::string encoder = "wide_resnet50_2";
  std::int64_t bottleneck_width = 0;  ///< 0 = the architecture's own; 64 or 128 for the wide encoder
  std::int64_t classes = 1;
  std::int64_t slots = 50;
  float temperature = 0.1f;
  float shrinkage = 0.0f;
  MemoryFusion fusion = MemoryFusion::kConcat;
  bool memory = true;    ///< false: the restoration decoder gets z itself and there is no class vote
  bool identity = true;  ///< false: plain reverse distillation with one decoder
};

struct ModelOutput {
  Features teacher;    ///< F1, F2, F3 of the input
  Variable z;          ///< [N, S/32, S/32, D]
  Variable zr;         ///< what the restoration decoder got
  Variable mass;       ///< f32 [N, classes]; null without memory
  Variable attention;  ///< f32 [positions, classes * slots]; null without memory
  Features restored;
  Features identity;  ///< null without identity decoder, or when it was not asked for
};

/// Throws Error(kUsage) naming the first option out of range.
void check_model_options(const ModelOptions& options);

class MddNet {
 public:
  /// trainable: also reserves gradients and Adam's moments. Values are undefined until initialised or loaded. A folded
  /// model, for inference alone, reserves its values only when model/state_dict.h has seen that a file has
  /// them all; requires that it is not trainable, and is not initialised.
  MddNet(Backend& backend, const ModelOptions& options, bool trainable, StoreForm form = StoreForm::kPlain);
  MddNet(const MddNet&) = delete;  // its parts point at each other
  MddNet& operator=(const MddNet&) = delete;

  /// Trained layers: everything behind the encoder, given its features.
  /// with_identity = false skips the identity decoder (its losses have weight 0).
  [[nodiscard]] ModelOutput forward(Tape& tape, const Features& teacher, bool with_identity = true);
  [[nodiscard]] Encoder& encoder() { return encoder_; }

  /// Draws initial values of all trained parameters (spec S9), and of the encoder too: replaced by loading weights.
  void initialise(std::uint64_t seed);
  /// Folds the encoder; call after its values changed.
  void fold_encoder();
  /// Folds the trained layers, for inference tapes; call after training or loading. unfold() frees the copies. In a
  /// folded model both only make the backend forget packed filters.
  void fold();
  void unfold();

  [[nodiscard]] const ModelOptions& options() const { return options_; }
  [[nodiscard]] const Architecture& shape() const { return architecture_; }
  [[nodiscard]] StoreForm form() const { return trained_.form(); }
  [[nodiscard]] Backend& backend() { return *backend_; }
  [[nodiscard]] ParameterStore& trained() { return trained_; }
  [[nodiscard]] const ParameterStore& trained() const { return trained_; }
  [[nodiscard]] ParameterStore& frozen() { return frozen_; }
  [[nodiscard]] const ParameterStore& frozen() const { return frozen_; }

 private:
  void visit(const std::function<void(ConvolutionUnit&)>& visitor);

  Backend* backend_;
  ModelOptions options_;
  Architecture architecture_;
  ParameterStore frozen_, trained_;
  Encoder encoder_;
  OneClassBottleneck bottleneck_;
  Decoder restoration_;
  std::optional<ClassAwareMemory> memory_;
  std::optional<Decoder> identity_;
};

}  // namespace mdd
