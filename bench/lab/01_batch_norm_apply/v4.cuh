// v4, the product's kernel: a thread owns its channels for life and strides over positions.
//
// Why: scale and shift then stay in registers, and nobody divides to find a channel. The grid is as large as the
// device, not as the tensor, so that reading them is paid once for many positions.
// Gain: what the vectors took of the loaded sectors, a third, shrinks with the number of positions a thread: to a
// fifth of all that is loaded with the 8 positions of the small problem.
#pragma once
#include "cuda/kernels/batch_norm_apply.cuh"
