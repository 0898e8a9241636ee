#include "tests/emu/access_counter.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "tests/emu/emulator.h"
#include "tests/emu/warp_traces.h"

namespace emu {
namespace {

constexpr std::uintptr_t kSector = 32;
constexpr std::uintptr_t kBanks = 32, kBankBytes = 4;

constinit thread_local AccessCounter* active = nullptr;

/// Passes over shared memory beyond those that an access of this width needs.
std::size_t bank_conflicts(const Step& request) {
  const unsigned phases = std::max(1u, request.bytes / static_cast<unsigned>(kBankBytes));
  const unsigned lanes_of_phase = kLanes / phases;
  std::size_t conflicts = 0;
  for (unsigned first = 0; first < kLanes; first += lanes_of_phase) {
    std::array<std::uintptr_t, kLanes> words{};
    auto end = words.begin();
    for (unsigned lane = first; lane < first + lanes_of_phase; ++lane) {
      for (unsigned part = 0; request.has(lane) && part < phases; ++part) {
        *end++ = request.address[lane] / kBankBytes + part;
      }
    }
    std::sort(words.begin(), end);
    std::array<unsigned char, kBanks> of_bank{};
    unsigned char most = 1;
    for (auto word = words.begin(), last = std::unique(words.begin(), end); word != last; ++word) {
      most = std::max(most, ++of_bank[*word % kBanks]);
    }
    conflicts += most - 1u;
  }
  return conflicts;
}

}  // namespace

struct AccessCounter::Implementation {
  AccessCounts counts;
  std::vector<MemoryRange> device = device_allocations();
  std::vector<WarpTraces> warps;                      ///< of the block that is running
  ControlFlow flow;                                   ///< of the kernels so far
  std::unordered_set<std::uintptr_t> loaded, stored;  ///< sectors of this launch
  std::vector<std::uintptr_t> sectors;                ///< of a request
  Progress running;

  [[nodiscard]] bool is_device_memory(std::uintptr_t address) const {
    return std::ranges::any_of(device, [address](const MemoryRange& range) {
      return address - reinterpret_cast<std::uintptr_t>(range.begin) < range.bytes;
    });
  }

  void note(const void* place, std::uintptr_t address, unsigned bytes, bool store) {
    const Progress now = progress();
    if (now.blocks == 0) return;  // host code
    const bool shared = bytes > 0 && !is_device_memory(address);
    if (shared && !is_shared_memory(reinterpret_cast<const void*>(address))) return;
    if (now.launches != running.launches) end_launch();
    if (now.blocks != running.blocks) end_block();
    running = now;
    const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    if (warps.size() <= thread / kLanes) warps.resize(thread / kLanes + 1);
    warps[thread / kLanes][thread % kLanes].push_back(
        {reinterpret_cast<std::uintptr_t>(place), address, bytes, store, shared});
  }

  void end_block() {
    for (const WarpTraces& warp : warps) learn(flow, warp);
    for (WarpTraces& warp : warps) {
      for (const Step& step : steps_of(flow, warp)) count(step);
      for (std::vector<Event>& trace : warp) trace.clear();
    }
  }

  void end_launch() {
    end_block();
    counts.loaded_once += loaded.size();
    counts.stored_once += stored.size();
    loaded.clear();
    stored.clear();
  }

  void count(const Step& request) {
    const auto lanes = static_cast<std::size_t>(__popc(request.lanes));
    if (request.bytes == 0) {
      ++counts.basic_blocks;
      counts.block_lanes += lanes;
      return;
    }
    if (request.shared) {
      ++counts.shared_requests;
      counts.shared_conflicts += bank_conflicts(request);
      return;
    }
    sectors.clear();
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      if (!request.has(lane)) continue;
      const std::uintptr_t last = (request.address[lane] + request.bytes - 1) / kSector;
      for (std::uintptr_t sector = request.address[lane] / kSector; sector <= last; ++sector) sectors.push_back(sector);
    }
    std::sort(sectors.begin(), sectors.end());
    sectors.erase(std::unique(sectors.begin(), sectors.end()), sectors.end());
    (request.store ? stored : loaded).insert(sectors.begin(), sectors.end());
    (request.store ? counts.store_requests : counts.load_requests) += 1;
    (request.store ? counts.store_sectors : counts.load_sectors) += sectors.size();
    (request.store ? counts.store_bytes : counts.load_bytes) += lanes * request.bytes;
  }
};

AccessCounter::AccessCounter() : implementation_(std::make_unique<Implementation>()) {
  if (active != nullptr) throw Error("two access counters at once");
  active = this;
}

AccessCounter::~AccessCounter() { active = nullptr; }

AccessCounts AccessCounter::counts() {
  implementation_->end_launch();
  return implementation_->counts;
}

void AccessCounter::note(const void* place, std::uintptr_t address, unsigned bytes, bool store) {
  implementation_->note(place, address, bytes, store);
}

}  // namespace emu

// ---- What g++ calls
// ---------------------------------------------------------------------------------------------------

#define ACCESS_HOOK(name, bytes, store)                                                                      \
  void name(void* address) {                                                                                 \
    if (emu::active == nullptr) return;                                                                      \
    emu::active->note(__builtin_return_address(0), reinterpret_cast<std::uintptr_t>(address), bytes, store); \
  }
#define ACCESS_HOOKS(bytes)                               \
  ACCESS_HOOK(__tsan_read##bytes, bytes, false)           \
  ACCESS_HOOK(__tsan_write##bytes, bytes, true)           \
  ACCESS_HOOK(__tsan_unaligned_read##bytes, bytes, false) \
  ACCESS_HOOK(__tsan_unaligned_write##bytes, bytes, true)

extern "C" {
ACCESS_HOOKS(1)
ACCESS_HOOKS(2)
ACCESS_HOOKS(4)
ACCESS_HOOKS(8)
ACCESS_HOOKS(16)
void __tsan_init() {}
void __sanitizer_cov_trace_pc() {
  if (emu::active != nullptr) emu::active->note(__builtin_return_address(0), 0, 0, false);
}
void __tsan_vptr_update(void** /*address*/, void* /*value*/) {}
// Reference counts of the launching code. Atomics of device code are not counted: a kernel that uses others than this
// does not link.
int __tsan_atomic32_fetch_add(volatile int* address, int value, int /*order*/) {
  return __atomic_fetch_add(address, value, __ATOMIC_ACQ_REL);
}
// Larger objects move in several accesses of up to 16 bytes: counted as such.
void __tsan_read_range(void* address, unsigned long bytes) {
  if (emu::active == nullptr) return;
  for (unsigned long at = 0; at < bytes; at += 16) {
    emu::active->note(__builtin_return_address(0), reinterpret_cast<std::uintptr_t>(address) + at,
                      static_cast<unsigned>(std::min(bytes - at, 16UL)), false);
  }
}
void __tsan_write_range(void* address, unsigned long bytes) {
  if (emu::active == nullptr) return;
  for (unsigned long at = 0; at < bytes; at += 16) {
    emu::active->note(__builtin_return_address(0), reinterpret_cast<std::uintptr_t>(address) + at,
                      static_cast<unsigned>(std::min(bytes - at, 16UL)), true);
  }
}
}
