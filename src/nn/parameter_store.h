// Named parameters and buffers in flat memory: one buffer each for values, gradients and the two Adam moments, so that
// an optimiser step is one pass and a checkpoint one read. Knows how a tensor lies in memory and how in a file.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <string>

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

class ParameterStore {
 public:
  explicit ParameterStore(Backend& backend) : backend_(&backend) {}

  /// Declares a tensor; the reference stays valid. Requires a new name and that allocate() was not called yet.
  Parameter& declare(const std::string& name, const Shape& shape, Layout layout, Initial initial, bool trained = true);
  /// Reserves the flat buffers (zeroed) and points every view into them. with_gradients: also gradients and moments.
  void allocate(bool with_gradients);
  /// Draws initial values from RandomStream(seed, 0, index, kInitialise): equal on every machine.
  void initialise(std::uint64_t seed);

  [[nodiscard]] Backend& backend() const noexcept { return *backend_; }
  [[nodiscard]] const std::deque<Parameter>& parameters() const noexcept { return parameters_; }
  [[nodiscard]] const Parameter* find(const std::string& name) const;

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
  /// The parameter's shape as a file names it.
  [[nodiscard]] static Shape file_shape(const Parameter& parameter);
  /// The part of a flat buffer (values, moments ...) that belongs to a trained parameter.
  [[nodiscard]] static Tensor slice(const Tensor& flat, const Parameter& parameter);

 private:
  [[nodiscard]] static Tensor flat(const Buffer& buffer, std::int64_t elements) {
    return {buffer.data(), DType::kF32, {elements}};
  }

  Backend* backend_;
  std::deque<Parameter> parameters_;
  std::map<std::string, Parameter*> by_name_;
  std::int64_t trained_elements_ = 0;
  std::int64_t fixed_elements_ = 0;
  Buffer value_buffer_, fixed_buffer_, gradient_buffer_, first_buffer_, second_buffer_;
};

}  // namespace mdd
