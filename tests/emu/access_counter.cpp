#include "tests/emu/access_counter.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tests/emu/emulator.h"

namespace emu {
namespace {

constexpr unsigned kLanes = 32;
constexpr std::uintptr_t kSector = 32;
constexpr std::uintptr_t kBanks = 32, kBankBytes = 4;

constinit thread_local AccessCounter* active = nullptr;

/// One instruction of one warp.
struct Request {
  std::array<std::uintptr_t, kLanes> address{};
  unsigned lanes = 0;  ///< that take part, one bit each
  unsigned bytes = 0;
  bool store = false, shared = false;

  [[nodiscard]] bool has(unsigned lane) const { return (lanes >> lane & 1u) != 0; }
};

/// What the lanes of one warp have done at one place of the code.
struct WarpAtPlace {
  std::array<unsigned, kLanes> times{};
  std::vector<Request> requests;
};

/// Passes over shared memory that the request needs, and the fewest that one of its width could.
std::size_t bank_conflicts(const Request& request) {
  const unsigned phases = std::max(1u, request.bytes / static_cast<unsigned>(kBankBytes));
  const unsigned lanes_of_phase = kLanes / std::min(phases, kLanes);
  std::size_t conflicts = 0;
  for (unsigned first = 0; first < kLanes; first += lanes_of_phase) {
    std::array<std::vector<std::uintptr_t>, kBanks> words;
    std::size_t most = 1;
    for (unsigned lane = first; lane < first + lanes_of_phase; ++lane) {
      if (!request.has(lane)) continue;
      for (unsigned part = 0; part < phases; ++part) {
        const std::uintptr_t word = request.address[lane] / kBankBytes + part;
        auto& of_bank = words[word % kBanks];
        if (std::find(of_bank.begin(), of_bank.end(), word) == of_bank.end()) of_bank.push_back(word);
        most = std::max(most, of_bank.size());
      }
    }
    conflicts += most - 1;
  }
  return conflicts;
}

}  // namespace

struct AccessCounter::Implementation {
  AccessCounts counts;
  std::vector<MemoryRange> device = device_allocations();
  std::unordered_map<const void*, std::vector<WarpAtPlace>> places;
  std::unordered_set<std::uintptr_t> loaded, stored;  ///< sectors of this launch
  Progress running;

  [[nodiscard]] bool is_device_memory(std::uintptr_t address) const {
    return std::ranges::any_of(device, [address](const MemoryRange& range) {
      return address - reinterpret_cast<std::uintptr_t>(range.begin) < range.bytes;
    });
  }

  void note(const void* place, std::uintptr_t address, unsigned bytes, bool store) {
    const bool shared = !is_device_memory(address);
    if (shared && !is_shared_memory(reinterpret_cast<const void*>(address))) return;
    const Progress now = progress();
    if (now.launches != running.launches) end_launch();
    if (now.blocks != running.blocks) end_block();
    running = now;
    const unsigned thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    std::vector<WarpAtPlace>& warps = places[place];
    if (warps.size() <= thread / kLanes) warps.resize(thread / kLanes + 1);
    WarpAtPlace& warp = warps[thread / kLanes];
    const unsigned lane = thread % kLanes, time = warp.times[lane]++;
    if (warp.requests.size() <= time) warp.requests.resize(time + 1);
    Request& request = warp.requests[time];
    request.address[lane] = address;
    request.lanes |= 1u << lane;
    request.bytes = bytes;
    request.store = store;
    request.shared = shared;
  }

  void end_block() {
    for (const auto& [place, warps] : places) {
      for (const WarpAtPlace& warp : warps) {
        for (const Request& request : warp.requests) count(request);
      }
    }
    places.clear();
  }

  void end_launch() {
    end_block();
    counts.loaded_once += loaded.size();
    counts.stored_once += stored.size();
    loaded.clear();
    stored.clear();
  }

  void count(const Request& request) {
    const auto lanes = static_cast<std::size_t>(__popc(request.lanes));
    counts.lanes += lanes;
    if (request.shared) {
      ++counts.shared_requests;
      counts.shared_conflicts += bank_conflicts(request);
      return;
    }
    std::vector<std::uintptr_t> sectors;
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
