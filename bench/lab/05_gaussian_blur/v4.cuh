// v4, the product's kernel: lines 33 words apart instead of 32, results through the tile, any radius and any size.
//
// Why: with 33 words from position to position, lanes along a row and lanes across lines both meet 32 different
// banks. The results go back into the tile, so that a warp stores neighbouring pixels along rows as well; v3's lanes
// each store into a line of their own.
// Gain: no bank conflicts, and an eighth of the stored sectors of the pass along rows, for two barriers.
#pragma once
#include "cuda/kernels/gaussian_blur.cuh"
