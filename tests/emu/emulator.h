// The engine of the host SIMT emulator: executes a grid of CUDA threads inside the calling thread of the system.
//
// Blocks run one after another, their threads as fibers. A thread that never waits is an ordinary function call on a
// reused stack; one that waits at a barrier or a warp operation keeps its stack until the others have arrived.
#pragma once
#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/emu/include/cuda_runtime.h"

namespace emu {

/// A mistake of the device code or of a launch: "kernel NAME: FILE:LINE: ...". Leaves through the launch.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The order of the threads inside a block and of the blocks in every later launch of this thread of the system.
/// 0, the default: in order. Any other seed: one of many orders that the hardware may take, always the same one.
void set_schedule_seed(unsigned seed);

struct Statistics {
  std::size_t launches = 0;
  std::size_t threads = 0;   ///< CUDA threads executed
  std::size_t barriers = 0;  ///< arrivals at __syncthreads
  std::size_t shuffles = 0;  ///< shuffles, votes and warp barriers, counted by lane

  Statistics& operator+=(const Statistics& other) {
    launches += other.launches;
    threads += other.threads;
    barriers += other.barriers;
    shuffles += other.shuffles;
    return *this;
  }
};

/// What has been launched since the program started, by the kernel's name with its template arguments, for example
/// "mdd::kernels::batch_norm_apply<float, true>". Names need an executable that exports its symbols (ENABLE_EXPORTS).
std::map<std::string, Statistics> launched();
std::string kernel_name(const void* kernel);

/// Kernels (__global__ functions in FOLDER/*.cuh) that were never launched. Where the template has a `class T`, it must
/// have been launched for float, __half and __nv_bfloat16; a missing one is listed as "kernel<__half>".
std::vector<std::string> missing_kernels(const std::string& folder);

/// The next call of this name returns `error` and does nothing, after `passed_first` calls that work as usual.
void fail_next(const char* call, cudaError_t error, int passed_first = 0);
/// The same for the call after `passed_first` calls of any name, except those that give something back.
void fail_any(cudaError_t error, int passed_first);
/// Forgets what was to fail and has not; returns how much that was.
std::size_t forget_failures();
/// For stand-ins of libraries: the error that this call is to return, or cudaSuccess.
cudaError_t injected_error(const char* call);

/// Device memory that is allocated now, over all threads of the system.
std::size_t device_bytes_in_use();

struct MemoryRange {
  const void* begin;
  std::size_t bytes;
};
/// The allocations of device memory, by address.
std::vector<MemoryRange> device_allocations();
/// Whether the address lies in shared memory of the block that is running, in this thread of the system.
bool is_shared_memory(const void* address);
/// How many launches, and how many blocks of all of them, this thread of the system has begun; for device code.
struct Progress {
  std::size_t launches = 0, blocks = 0;
};
Progress progress();

inline constexpr std::size_t kDefaultShared = 48 * 1024;  ///< bytes of shared memory that any launch may have
inline constexpr std::size_t kMostShared = 227 * 1024;    ///< what cudaFuncSetAttribute can raise it to

struct Launch {
  dim3 grid, block;
  std::size_t dynamic_shared_bytes = 0;
  std::size_t dynamic_shared_limit = kDefaultShared;  ///< raised by cudaFuncSetAttribute
  const void* kernel = nullptr;
  void (*thread)(const void* argument) = nullptr;  ///< what every CUDA thread calls
  const void* argument = nullptr;
};

/// Executes the launch. Throws Error for a mistake, and passes on what the device code throws.
void execute(const Launch& launch);

/// Adds to launched().
void count_launch(const void* kernel, const Statistics& statistics);

}  // namespace emu
