// <cuda_runtime.h> of the host SIMT emulator: the part of CUDA that the kernels and launchers of this project use, for
// g++ on a machine without a GPU and without a CUDA toolkit. See tests/emu/README.md.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>

// The qualifiers mean nothing to g++. A __constant__ array belongs to its translation unit, as under nvcc.
#define __global__
#define __device__
#define __host__
#define __constant__ [[maybe_unused]] static
#define __launch_bounds__(...)
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(bytes) __attribute__((aligned(bytes)))

#include "emulated/types.h"
// the types come first
#include "emulated/device.h"
#include "emulated/device_math.h"
#include "emulated/host.h"
