// Which of our own kernels a convolution in f32 takes, and the packed copies of its filters.
#pragma once
#include <map>

#include "core/tensor.h"
#include "cpu/convolution_problem.h"
#include "cpu/direct_convolution.h"
#include "cpu/winograd.h"

namespace mdd::cpu {

class OwnConvolutions {
 public:
  /// Whether our kernels are the faster choice here.
  [[nodiscard]] static bool takes(const ConvolutionProblem& problem);

  // Each requires takes(problem).
  void forward(const ConvolutionProblem& problem, const Tensor& x, const Filter& w, const Epilogue& epilogue,
               const Tensor& y);
  void backward_data(const ConvolutionProblem& problem, const Tensor& dy, const Tensor& w, const Tensor& dx,
                     WriteMode mode);
  void backward_weights(const ConvolutionProblem& problem, const Tensor& x, const Tensor& dy, const Tensor& dw);
  void forget_packed() { packed_.clear(); }

 private:
  enum class Packing : std::uint8_t { kWinograd, kDirect };

  /// `w` as `pack` leaves it: a kept copy if it is frozen, else one that lasts until the next call.
  template <class Pack>
  const float* packed(Packing packing, const Filter& w, const Pack& pack);

  Winograd winograd_;
  DirectConvolution direct_;
  FloatBuffer filters_;
  std::map<std::pair<const void*, Packing>, FloatBuffer> packed_;
};

}  // namespace mdd::cpu
