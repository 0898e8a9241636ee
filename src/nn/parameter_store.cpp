#include "nn/parameter_store.h"

#include <cmath>

namespace mdd {
namespace {

/// Copies between file order and memory order; both are dense, `gather` reads file and writes memory.
void permute(Layout layout, const Shape& memory, const float* from, float* to, bool to_memory) {
  if (layout == Layout::kPlain) {
    std::copy(from, from + memory.elements(), to);
    return;
  }
  // Memory A,H,W,B against file A,B,H,W, whatever A and B are called.
  const std::int64_t a = memory[0], h = memory[1], w = memory[2], b = memory[3];
  for (std::int64_t i = 0; i < a; ++i) {
    for (std::int64_t p = 0; p < h * w; ++p) {
      for (std::int64_t j = 0; j < b; ++j) {
        const std::int64_t in_memory = (i * h * w + p) * b + j;
        const std::int64_t in_file = (i * b + j) * h * w + p;
        to_memory ? to[in_memory] = from[in_file] : to[in_file] = from[in_memory];
      }
    }
  }
}

float draw(Initial initial, const Shape& shape, RandomStream& stream) {
  switch (initial) {
    case Initial::kZero:
      return 0.0f;
    case Initial::kOne:
      return 1.0f;
    case Initial::kKaimingFanOut: {
      const auto fan_out = static_cast<double>(shape[0] * shape[1] * shape[2]);
      return static_cast<float>(std::sqrt(2.0 / fan_out) * static_cast<double>(stream.normal()));
    }
    case Initial::kTransposedUniform: {
      const auto bound = static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape[3] * shape[1] * shape[2])));
      return stream.uniform(-bound, bound);
    }
    case Initial::kPrototypeUniform: {
      const auto bound = static_cast<float>(1.0 / std::sqrt(static_cast<double>(shape.back())));
      return stream.uniform(-bound, bound);
    }
  }
  return 0.0f;
}

constexpr std::int64_t kAlignedElements = 64;  ///< parameters start on 256 bytes

std::int64_t aligned(std::int64_t elements) {
  return (elements + kAlignedElements - 1) / kAlignedElements * kAlignedElements;
}

}  // namespace

Parameter& ParameterStore::declare(const std::string& name, const Shape& shape, Layout layout, Initial initial,
                                   bool trained) {
  require(!by_name_.contains(name), "parameter names are unique");
  require(value_buffer_.data() == nullptr, "parameters are declared before they are allocated");
  std::int64_t& end = trained ? trained_elements_ : fixed_elements_;
  parameters_.push_back({name, shape, layout, initial, trained, end, {}});
  end += aligned(shape.elements());
  by_name_.emplace(name, &parameters_.back());
  return parameters_.back();
}

void ParameterStore::declare_folded(FoldedConvolution convolution) {
  require(form_ == StoreForm::kFolded, "only a folded store holds folded convolutions");
  folded_.push_back(std::move(convolution));
}

void ParameterStore::allocate(bool with_gradients) {
  require(!with_gradients || form_ == StoreForm::kPlain, "a folded store is not trained");
  const auto reserve = [&](std::int64_t elements) {
    Buffer buffer(*backend_, static_cast<std::size_t>(elements) * sizeof(float));
    if (form_ == StoreForm::kPlain) backend_->fill(flat(buffer, elements), 0.0f);
    return buffer;
  };
  value_buffer_ = reserve(trained_elements_);
  fixed_buffer_ = reserve(fixed_elements_);
  if (with_gradients) {
    gradient_buffer_ = reserve(trained_elements_);
    first_buffer_ = reserve(trained_elements_);
    second_buffer_ = reserve(trained_elements_);
  }
  for (Parameter& p : parameters_) {
    p.view.value = slice(p.trained ? values() : statistics(), p);
    if (p.trained && with_gradients) p.view.gradient = slice(gradients(), p);
  }
}

void ParameterStore::initialise(std::uint64_t seed) {
  std::uint32_t index = 0;
  std::vector<float> values;
  for (const Parameter& p : parameters_) {
    RandomStream stream(seed, 0, index++, Purpose::kInitialise);
    values.resize(static_cast<std::size_t>(p.shape.elements()));
    for (float& value : values) value = draw(p.initial, p.shape, stream);
    backend_->copy_from_host(p.view.value, std::as_bytes(std::span(values)));
  }
}

const Parameter* ParameterStore::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

Tensor ParameterStore::slice(const Tensor& flat, const Parameter& p) {
  require(p.offset + p.shape.elements() <= flat.elements(), "the parameter lies in the flat buffer");
  return {flat.f32() + p.offset, DType::kF32, p.shape};
}

Shape ParameterStore::file_shape(const Parameter& p) {
  if (p.layout == Layout::kPlain) return p.shape;
  return {p.shape[0], p.shape[3], p.shape[1], p.shape[2]};
}

HostTensor ParameterStore::to_file_order(const Parameter& parameter, const Tensor& device_value) const {
  std::vector<float> memory(static_cast<std::size_t>(parameter.shape.elements()));
  backend_->copy_to_host(std::as_writable_bytes(std::span(memory)), device_value);
  HostTensor out(DType::kF32, file_shape(parameter));
  permute(parameter.layout, parameter.shape, memory.data(), out.span<float>().data(), false);
  return out;
}

std::vector<float> ParameterStore::in_memory_order(const Parameter& parameter, const HostTensor& file) {
  require(file.shape == file_shape(parameter), "the file's tensor has the parameter's shape");
  std::vector<float> values = to_f32(file);
  if (parameter.layout == Layout::kPlain) return values;
  std::vector<float> memory(values.size());
  permute(parameter.layout, parameter.shape, values.data(), memory.data(), true);
  return memory;
}

void ParameterStore::from_file_order(const Parameter& parameter, const HostTensor& file,
                                     const Tensor& device_value) const {
  const std::vector<float> memory = in_memory_order(parameter, file);
  backend_->copy_from_host(device_value, std::as_bytes(std::span(memory)));
}

}  // namespace mdd
