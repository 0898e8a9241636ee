// v2, the product's kernels: four neighbouring pixels a thread, which keeps its columns while it walks down eight
// rows.
//
// Why: the whole-number divisions behind a column's place are paid once for eight rows; the map's pixels move 16
// bytes at a time.
// Gain: a quarter of the store requests, and an eighth of the threads or fewer; the sectors of the full-size maps
// stay.
// Price: neighbouring lanes now stand four pixels apart, so that each of a thread's sixteen samples spreads over more
// of the coarse map: half as many loaded sectors again, all of them from the cache.
#pragma once
#include "cuda/kernels/fuse_maps.cuh"
#include "cuda/kernels/upsample_bilinear.cuh"
