// Named parameters and buffers in flat memory: one buffer each for values, gradients and the two Adam moments, so that
// an optimiser step is one pass and a checkpoint one read. Knows how a tensor lies in memory and how in a file. A store
// for inference alone keeps a convolution folded: its batch norm has become part of its weights and a bias.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "autograd/functions.h"
#include "core/rng.h"

namespace mdd {

/// Order of a tensor's axes in memory, against the file's (PyTorch's).
enum class Layout : std::uint8_t {
  kPlain,                  ///< the same
  kConvolution,            ///< file O,I,H,W; memory O,H,W,I
  kTransposedConvolution,  ///< file I,O,H,W; memory I,H,W,O
};

/// Initial values (spec S9).
enum class Initial : std::uint8_t { kZero, kOne, kKaimingFanOut, kTransposedUniform, kPrototypeUniform };

struct Parameter {
  std::string name;  ///< as in a checkpoint
  Shape shape;       ///< in memory
  Layout layout = Layout::kPlain;
  Initial initial = Initial::kZero;
  bool trained = true;  ///< false: a buffer, e.g. running statistics
  std::int64_t offset = 0;
  ParameterView view;  ///< defined after ParameterStore::allocate
};

/// How a store keeps a convolution and the batch norm behind it.
enum class StoreForm : std::uint8_t {
  kPlain,   ///< both, as a checkpoint names them: for training, and for inference through folded copies
  kFolded,  ///< one convolution with a bias, for inference alone
};

/// A convolution of a folded store, and the name of the batch norm that went into it.
struct FoldedConvolution {
  const Parameter *weight = nullptr, *bias = nullptr;
  std::string norm;
};

class ParameterStore {
 public:
  explicit ParameterStore(Backend& backend, StoreForm form = StoreForm::kPlain) : backend_(&backend), form_(form) {}

  /// Declares a tensor; the reference stays valid. Requires a new name and that allocate() was not called yet.
  Parameter& declare(const std::string& name, const Shape& shape, Layout layout, Initial initial, bool trained = true);
  /// Says that these two are a folded convolution. Requires a folded store.
  void declare_folded(FoldedConvolution convolution);
  /// Reserves the flat buffers and points every view into them. They are zeroed, except in a folded store, whose values
  /// are all loaded. with_gradients: also gradients and moments; requires a plain store then.
  void allocate(bool with_gradients);
  /// Draws initial values from RandomStream(seed, 0, index, kInitialise): equal on every machine.
  void initialise(std::uint64_t seed);

  [[nodiscard]] Backend& backend() const noexcept { return *backend_; }
  [[nodiscard]] const std::deque<Parameter>& parameters() const noexcept { return parameters_; }
  [[nodiscard]] const Parameter* find(const std::string& name) const;
  [[nodiscard]] StoreForm form() const noexcept { return form_; }
  /// Empty in a plain store.
  [[nodiscard]] const std::vector<FoldedConvolution>& folded() const noexcept { return folded_; }

  /// The flat trained values, gradients, first and second moments, f32.
  [[nodiscard]] Tensor values() const { return flat(value_buffer_, trained_elements_); }
  [[nodiscard]] Tensor gradients() const { return flat(gradient_buffer_, trained_elements_); }
  [[nodiscard]] Tensor first_moments() const { return flat(first_buffer_, trained_elements_); }
  [[nodiscard]] Tensor second_moments() const { return flat(second_buffer_, trained_elements_); }

  /// The flat buffer of everything that is not trained: running statistics.
  [[nodiscard]] Tensor statistics() const { return flat(fixed_buffer_, fixed_elements_); }

  /// One tensor (the value, or any flat-buffer view with the parameter's shape) in the file's order and back.
  [[nodiscard]] HostTensor to_file_order(const Parameter& parameter, const Tensor& device_value) const;
  void from_file_order(const Parameter& parameter, const HostTensor& file, const Tensor& device_value) const;
  /// The elements of a file's tensor as they lie in memory. Requires the parameter's file_shape.
  [[nodiscard]] static std::vector<float> in_memory_order(const Parameter& parameter, const HostTensor& file);
  /// The parameter's shape as a file names it.
  [[nodiscard]] static Shape file_shape(const Parameter& parameter);
  /// The part of a flat buffer (values, moments ...) that belongs to a trained parameter.
  [[nodiscard]] static Tensor slice(const Tensor& flat, const Parameter& parameter);

 private:
  [[nodiscard]] static Tensor flat(const Buffer& buffer, std::int64_t elements) {
    return {buffer.data(), DType::kF32, {elements}};
  }

  Backend* backend_;
  StoreForm form_;
  std::vector<FoldedConvolution> folded_;
  std::deque<Parameter> parameters_;
  std::map<std::string, Parameter*> by_name_;
  std::int64_t trained_elements_ = 0;
  std::int64_t fixed_elements_ = 0;
  Buffer value_buffer_, fixed_buffer_, gradient_buffer_, first_buffer_, second_buffer_;
};

}  // namespace mdd
