// Counts what kernels do to memory, as the hardware would: by warps.
//
// Device code that is to be counted is compiled with -fsanitize=thread -fsanitize-coverage=trace-pc and linked without
// either's library: g++ then announces every access to memory and every basic block, and access_counter.cpp stands
// where the libraries would (its hooks are __tsan_read4 and the like). Kernels need no change. Packs must stay whole,
// so such code is compiled with -fno-tree-sra; what lies on a thread's stack counts as registers.
//
// Every thread leaves a trace; when a block ends, the traces of a warp's lanes are put side by side (warp_traces.h),
// and the accesses that its lanes make at one place of the code, in the same round of the same loop, are one request.
// So
//   sectors    aligned stretches of 32 bytes of device memory that a request touches, summed over requests: what the
//              first-level cache is asked for (Nsight Compute: l1tex__t_sectors_pipe_lsu_mem_global_op_ld.sum)
//   conflicts  shared memory has 32 banks of 4 bytes; a pass serves one word of each. An access of 4 bytes a lane needs
//              one pass at best, of 8 bytes two, of 16 bytes four (of 8 lanes each); passes beyond these are conflicts
//              (l1tex__data_bank_conflicts_pipe_lsu_mem_shared.sum)
// Caches are not modelled: `loaded_once` and `stored_once` are the sectors that a launch touches at all, what memory
// must move if the caches forget nothing within a launch.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace emu {

struct AccessCounts {
  std::size_t load_requests = 0, store_requests = 0;  ///< to device memory
  std::size_t load_sectors = 0, store_sectors = 0;
  std::size_t loaded_once = 0, stored_once = 0;
  std::size_t load_bytes = 0, store_bytes = 0;  ///< that lanes asked for
  std::size_t shared_requests = 0, shared_conflicts = 0;
  std::size_t basic_blocks = 0, block_lanes = 0;  ///< executed by warps, and by how many lanes in all
};

/// Counts the launches of this thread of the system while it lives; one at a time. Blocks must run in order.
class AccessCounter {
 public:
  AccessCounter();
  ~AccessCounter();
  AccessCounter(const AccessCounter&) = delete;
  AccessCounter& operator=(const AccessCounter&) = delete;

  /// What was counted so far.
  AccessCounts counts();

  // Called by the hooks: `bytes` 0 for a basic block.
  void note(const void* place, std::uintptr_t address, unsigned bytes, bool store);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace emu
