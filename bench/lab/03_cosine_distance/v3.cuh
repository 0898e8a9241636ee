// v3, the product's kernels: an image is cut into runs of 4096 elements, a block each, whose sums a second stage puts
// together in f64; accesses of 16 bytes; the gradient has the same runs and computes its two coefficients once a
// thread.
//
// Why: as many blocks as the tensors have runs, not as there are images: every multiprocessor works on the moments.
// The order of the sums depends on the shape alone, so equal input gives equal bits.
// Gain: less than a quarter of the load requests, and the moments are no longer read by every warp of the gradient
// for each element.
// Price: more barriers and shuffles, a block's worth for each run.
#pragma once
#include "cuda/kernels/cosine_flat.cuh"
