// The one seam between nvcc and the host emulator (tests/emu). Everything else that kernels use - threadIdx, barriers,
// shuffles, the 16-bit types - has the same name on both sides: the emulator brings a <cuda_runtime.h> of its own.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#ifdef __CUDACC__
/// An array of `count` elements in the block's shared memory; count is a compile-time constant.
#define MDDNET_SHARED(type, name, count) __shared__ type name[count]
/// The shared memory that the launch asked for, as elements of `type`, 16-byte aligned. Once per kernel.
#define MDDNET_DYNAMIC_SHARED(type, name)                              \
  extern __shared__ __align__(16) unsigned char mddnet_shared_bytes[]; \
  type* const name = reinterpret_cast<type*>(mddnet_shared_bytes)
#else
#define MDDNET_SHARED(type, name, count) auto& name = ::emu::shared<type[count]>(__FILE__, __LINE__)
#define MDDNET_DYNAMIC_SHARED(type, name) type* const name = static_cast<type*>(::emu::dynamic_shared())
#endif
