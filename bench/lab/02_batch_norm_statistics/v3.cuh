// v3, the product's kernels: blocks for slices of the positions as well, in two stages; accesses of 16 bytes; sums of
// differences from a first value instead of sums of squares.
//
// Why: the number of threads follows the size of the tensor, not its channels. Four positions are in flight before
// the first is added. And the digits stay: sets of positions are put together through their means.
// Gain: a quarter of the requests for x, twenty times the threads and an error a hundred times smaller, for a few
// partial results (a sixth of the stores and loads together in a problem as small as the counted one).
#pragma once
#include "cuda/kernels/batch_norm_statistics.cuh"
