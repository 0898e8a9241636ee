// Kernels whose accesses can be counted by hand, compiled as those of the lab are.
#pragma once
#include <cstddef>

namespace counted {

/// Each runs one warp, or as many as `blocks` says; x holds 4096 floats.
void copy(const float* x, float* y, unsigned blocks);
void copy_packs(const float* x, float* y);
void copy_strided(const float* x, float* y);
void copy_misaligned(const float* x, float* y);
void read_one(const float* x, float* y);
/// The first `lanes` lanes only.
void copy_some(const float* x, float* y, int lanes);
/// Lane i goes round i + 1 times.
void ragged_loop(const float* x, float* y);
/// Three rounds of: a load by even lanes; two loads of a loop by all, a third by lane 0; a store.
void nested_loops(const float* x, float* y);
/// Lane i writes word i * pitch of shared memory.
void shared_column(float* y, int pitch);
/// Lane i writes 16 bytes from word 4 i of shared memory on.
void shared_packs(float* y);
/// Works in registers and on the stack.
void no_memory(float* y);

}  // namespace counted
