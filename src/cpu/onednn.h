// oneDNN's engine, stream and scratch memory, and the translation of its errors into ours.
#pragma once
#include <dnnl.hpp>
#include <vector>

#include "core/tensor.h"

namespace mdd::cpu {

/// Runs `body`, turning a oneDNN exception into Error(kRuntime) that names the operation.
template <class Body>
auto translate_errors(const char* operation, const Body& body) {
  try {
    return body();
  } catch (const dnnl::error& error) {
    fail(ErrorKind::kRuntime, std::string("oneDNN: ") + operation + ": " + error.what());
  }
}

class OneDnn {
 public:
  OneDnn() : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {}

  [[nodiscard]] const dnnl::engine& engine() const { return engine_; }
  [[nodiscard]] dnnl::stream& stream() { return stream_; }
  /// Attributes of every primitive: its scratch memory comes from us, one buffer for all.
  [[nodiscard]] static dnnl::primitive_attr attributes();
  /// Memory for a primitive's scratchpad; grows to the largest seen, never shrinks.
  [[nodiscard]] dnnl::memory scratchpad(const dnnl::memory::desc& desc) { return in_buffer(desc, scratch_); }
  /// Memory in `buffer`, which grows to what is needed.
  [[nodiscard]] dnnl::memory in_buffer(const dnnl::memory::desc& desc, std::vector<std::byte>& buffer) const;
  /// The elements of `tensor` under a descriptor of the same size and type. Requires that they are f32 or bf16.
  [[nodiscard]] dnnl::memory wrap(const dnnl::memory::desc& desc, const Tensor& tensor) const {
    const bool in_bf16 = desc.data_type() == dnnl::memory::data_type::bf16;
    require(tensor.dtype == (in_bf16 ? DType::kBF16 : DType::kF32), "oneDNN's operands are f32 or bf16");
    return {desc, engine_, tensor.data};
  }
  /// to = from in another layout (a dnnl::memory is a handle).
  void reorder(dnnl::memory from, dnnl::memory to);

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
  std::vector<std::byte> scratch_;
};

/// Row-major C [m, n] = alpha * op(A) * op(B) + beta * C, op transposing when asked.
struct MatrixProduct {
  bool transpose_a = false, transpose_b = false;
  std::int64_t m = 0, n = 0, k = 0;
  float alpha = 1.0f, beta = 0.0f;
};
void multiply(const MatrixProduct& shape, const float* a, const float* b, float* c);

}  // namespace mdd::cpu
