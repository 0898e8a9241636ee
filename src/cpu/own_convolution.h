// Which of our own kernels a convolution takes, and the packed copies of its filters.
#pragma once
#include <map>

#include "core/dtype.h"
#include "core/tensor.h"
#include "cpu/bf16_convolution.h"
#include "cpu/bf16_winograd.h"
#include "cpu/convolution_problem.h"
#include "cpu/direct_convolution.h"
#include "cpu/winograd.h"

namespace mdd::cpu {

class OwnConvolutions {
 public:
  /// `products`: kBf16 lets factors be rounded to bf16 where that is faster, and maps be bf16 in forward passes.
  explicit OwnConvolutions(Precision products) : rounds_(products == Precision::kBf16) {}

  /// Whether our kernels are the faster choice here.
  [[nodiscard]] bool takes(const ConvolutionProblem& problem) const;

  // Each requires takes(problem).
  void forward(const ConvolutionProblem& problem, const Tensor& x, const Filter& w, const Epilogue& epilogue,
               const Tensor& y);
  void backward_data(const ConvolutionProblem& problem, const Tensor& dy, const Tensor& w, const Tensor& dx,
                     WriteMode mode);
  void backward_weights(const ConvolutionProblem& problem, const Tensor& x, const Tensor& dy, const Tensor& dw);
  void forget_packed() { packed_.clear(); }

 private:
  enum class Packing : std::uint8_t { kWinograd, kBf16Winograd, kDirect, kBf16 };

  /// `w` as `pack` leaves it: a kept copy if it is frozen, else one that lasts until the next call.
  template <class Pack>
  const float* packed(Packing packing, const Filter& w, const Pack& pack);

  [[nodiscard]] bool in_bf16(const ConvolutionProblem& problem) const;
  template <class Value>
  void bf16_winograd(const ConvolutionProblem& problem, const Tensor& x, const Filter& w, const Epilogue& epilogue,
                     const Tensor& y);
  /// A convolution of `direct`'s kind (DirectConvolution or Bf16Convolution), in either direction.
  template <class Direct, class Value>
  void run_direct(Direct& direct, const ConvolutionProblem& problem, const Value* x, const Filter& w,
                  const MapEpilogue<Value>& epilogue, Value* y);

  bool rounds_;
  Winograd winograd_;
  DirectConvolution direct_;
  Bf16Convolution bf16_;
  Bf16Winograd bf16_winograd_;
  FloatBuffer filters_, unrounded_;
  std::map<std::pair<const void*, Packing>, FloatBuffer> packed_;
};

}  // namespace mdd::cpu
