// v3, the product's kernels around the same two products: a group of lanes a row for the norms, a block a row for the
// softmax, a block an image and class for the mass.
//
// Why: lanes of a row stand side by side again, in packs of 16 bytes where rows allow it; sums over a group or a
// block go by shuffles.
// Gain: a quarter of the loaded and a fifth of the stored sectors. The product leaves the two products to cuBLASLt; a
// GPU's table has a row with it.
#pragma once
#include "cuda/kernels/class_mass.cuh"
#include "cuda/kernels/memory_rows.cuh"
#include "cuda/kernels/memory_softmax.cuh"
