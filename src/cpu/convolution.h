// Convolutions and transposed convolutions: by our own kernels where they are faster, else by oneDNN, whose primitives
// are built once per shape. Weights are brought into the layout that a kernel prefers on every call, or once if they
// are frozen.
#pragma once
#include <array>
#include <map>
#include <optional>

#include "cpu/convolution_problem.h"
#include "cpu/onednn.h"
#include "cpu/own_convolution.h"

namespace mdd::cpu {

/// A primitive and the layouts that it wants its operands in.
struct ConvolutionPrimitive {
  dnnl::primitive primitive;
  dnnl::memory::desc source, destination, bias;  ///< what is read may be bf16 here and f32 in our tensors
  dnnl::memory::desc weights;                    ///< as the primitive wants them
  dnnl::memory::desc plain_weights;              ///< as they lie in our tensors
  dnnl::memory::desc scratchpad;
};

class Convolutions {
 public:
  /// `products`: kF32, or kBf16 to round the factors of all products that there is a bf16 kernel for (of the gradients
  /// of 3x3 convolutions of stride 1 there is none, Winograd's method does them in f32); forward passes then take maps
  /// of bf16, too.
  Convolutions(OneDnn& onednn, Precision products) : onednn_(&onednn), products_(products), own_(products) {}

  void forward(const ConvolutionProblem& problem, const Tensor& x, const Filter& w, const Epilogue& epilogue,
               const Tensor& y);
  void backward_data(const ConvolutionProblem& problem, const Tensor& dy, const Tensor& w, const Tensor& dx,
                     WriteMode mode);
  void backward_weights(const ConvolutionProblem& problem, const Tensor& x, const Tensor& dy, const Tensor& dw);
  void forget_packed() {
    packed_.clear();
    own_.forget_packed();
  }

 private:
  using Key = std::array<std::int64_t, 15>;
  /// Nothing if the maps are bf16 and oneDNN has no good kernel for that.
  const std::optional<ConvolutionPrimitive>& primitive(const ConvolutionProblem& problem);
  [[nodiscard]] std::optional<ConvolutionPrimitive> build(const ConvolutionProblem& problem) const;
  /// Of bf16 maps, with copies of them in f32.
  void forward_in_f32(ConvolutionProblem problem, const Tensor& x, const Filter& w, Epilogue epilogue, const Tensor& y);
  /// `tensor` as `desc` wants it: itself, or rounded to bf16 in a buffer of ours.
  dnnl::memory factor(const dnnl::memory::desc& desc, const Tensor& tensor, std::vector<std::byte>& buffer);
  dnnl::memory packed_weights(const ConvolutionPrimitive& primitive, const Filter& w);

  OneDnn* onednn_;
  Precision products_;
  OwnConvolutions own_;
  FloatBuffer addend_;  ///< a gradient of oneDNN's that is to be added to another, or a residual in f32
  FloatBuffer wide_source_, wide_result_;  ///< of forward_in_f32
  std::vector<std::byte> rounded_source_, rounded_destination_;
  std::map<Key, std::optional<ConvolutionPrimitive>> primitives_;
  std::map<std::pair<const void*, const ConvolutionPrimitive*>, dnnl::memory> packed_;
};

}  // namespace mdd::cpu
