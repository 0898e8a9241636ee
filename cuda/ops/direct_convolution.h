// Convolutions by our own plain kernels: for problems that cuDNN has no engine for, and as the check of those it has.
#pragma once
#include <cuda_runtime.h>

#include "ops/params.h"

namespace mdd::cuda {

/// x [N,H,W,C], w [K,R,R,C] and y [N,P,Q,K] of one storage type, P = geometry.output(H); dw f32. Any size, any
/// alignment; results are overwritten; the same input gives the same bits. A transposed convolution is the same three
/// with roles exchanged: its forward is backward_data, its backward-data forward.
void direct_convolution_forward(cudaStream_t stream, int multiprocessors, const ConvolutionGeometry& geometry,
                                const Tensor& x, const Tensor& w, const Tensor& y);
void direct_convolution_backward_data(cudaStream_t stream, int multiprocessors, const ConvolutionGeometry& geometry,
                                      const Tensor& dy, const Tensor& w, const Tensor& dx);
void direct_convolution_backward_weights(cudaStream_t stream, int multiprocessors, const ConvolutionGeometry& geometry,
                                         const Tensor& x, const Tensor& dy, const Tensor& dw);

}  // namespace mdd::cuda
