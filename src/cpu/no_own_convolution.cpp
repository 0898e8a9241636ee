// Stands in for own_convolution.cpp on processors that our kernels are not written for: oneDNN does everything there.
#include "core/error.h"
#include "cpu/own_convolution.h"

namespace mdd::cpu {

bool OwnConvolutions::takes(const ConvolutionProblem&) const { return false; }

void OwnConvolutions::forward(const ConvolutionProblem&, const Tensor&, const Filter&, const Epilogue&, const Tensor&) {
  require(false, "convolution kernels of our own");
}

void OwnConvolutions::backward_data(const ConvolutionProblem&, const Tensor&, const Tensor&, const Tensor&, WriteMode) {
  require(false, "convolution kernels of our own");
}

void OwnConvolutions::backward_weights(const ConvolutionProblem&, const Tensor&, const Tensor&, const Tensor&) {
  require(false, "convolution kernels of our own");
}

}  // namespace mdd::cpu
