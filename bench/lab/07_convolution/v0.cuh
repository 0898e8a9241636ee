// v0, the definition: a thread makes one output from all taps and channels. It is the kernel with which the product
// does convolutions that cuDNN has no engine for.
//
//   y[n,p,q,k] = sum_{r,s,c} x[n, p + r - 1, q + s - 1, c] w[k,r,s,c]
//
// A warp runs along the filters: x is one word for all of its lanes, but w is 32 words that lie a filter apart, each
// in a sector of its own.
// Why it is slow: two loads for every multiply-add, and 33 sectors for 32 of them.
#pragma once
#include "cuda/kernels/convolution_direct.cuh"
