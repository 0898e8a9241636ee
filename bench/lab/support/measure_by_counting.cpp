// The lab without a GPU: the emulator runs every version and counts.
#include "bench/lab/support/counts.h"
#include "bench/lab/support/measure.h"
#include "cuda/runtime/check.h"
#include "tests/emu/emulator.h"

namespace mdd::lab {
namespace {

emu::Statistics all_launches() {
  emu::Statistics sum;
  for (const auto& [kernel, statistics] : emu::launched()) sum += statistics;
  return sum;
}

}  // namespace

double value_of(const Counts& counts, Quantity quantity) {
  switch (quantity) {
    case Quantity::kLaunches:
      return counts.launches;
    case Quantity::kThreads:
      return counts.threads;
    case Quantity::kLoadRequests:
      return static_cast<double>(counts.memory.load_requests);
    case Quantity::kStoreRequests:
      return static_cast<double>(counts.memory.store_requests);
    case Quantity::kLoadSectors:
      return static_cast<double>(counts.memory.load_sectors);
    case Quantity::kStoreSectors:
      return static_cast<double>(counts.memory.store_sectors);
    case Quantity::kTouchedSectors:
      return static_cast<double>(counts.memory.loaded_once + counts.memory.stored_once);
    case Quantity::kSharedRequests:
      return static_cast<double>(counts.memory.shared_requests);
    case Quantity::kBankConflicts:
      return static_cast<double>(counts.memory.shared_conflicts);
    case Quantity::kBarriers:
      return counts.barriers;
    case Quantity::kShuffles:
      return counts.shuffles;
    case Quantity::kError:
      return counts.error;
  }
  return 0.0;
}

const char* name_of(Quantity quantity) {
  static constexpr const char* kNames[] = {"launches",       "threads",        "load requests",   "store requests",
                                           "loaded sectors", "stored sectors", "touched sectors", "shared requests",
                                           "bank conflicts", "barriers",       "shuffles",        "error"};
  return kNames[static_cast<std::size_t>(quantity)];
}

Counts count(const Page& page, const Version& version) {
  page.prepare();
  const emu::Statistics before = all_launches();
  Counts counts;
  {
    emu::AccessCounter counter;
    version.run(nullptr);
    MDDNET_CUDA(cudaDeviceSynchronize());
    counts.memory = counter.counts();
  }
  const emu::Statistics after = all_launches();
  counts.launches = static_cast<double>(after.launches - before.launches);
  counts.threads = static_cast<double>(after.threads - before.threads);
  counts.barriers = static_cast<double>(after.barriers - before.barriers) / 32.0;
  counts.shuffles = static_cast<double>(after.shuffles - before.shuffles) / 32.0;
  counts.error = page.error();
  return counts;
}

bool holds(const Claim& claim, const Counts& before, const Counts& after) {
  const double bound = claim.share * value_of(before, claim.quantity), value = value_of(after, claim.quantity);
  return claim.falls ? value <= bound : value >= bound;
}

Table measure(const Entry& entry) {
  const Page page = entry.make(Scale::kSmall);
  Table table{page.problem,
              {"launches", "threads", "requests", "loaded", "stored", "floor", "memory", "used", "lanes", "shared",
               "conflicts", "barriers", "shuffles"},
              {}};
  for (const Version& version : page.versions) {
    const Counts counts = count(page, version);
    require_within(entry, version, counts.error);
    const emu::AccessCounts& m = counts.memory;
    const auto moved = 32.0 * static_cast<double>(m.load_sectors + m.store_sectors);
    const auto asked = static_cast<double>(m.load_bytes + m.store_bytes);
    const auto requests = static_cast<double>(m.load_requests + m.store_requests);
    table.results.push_back(
        {version.name,
         version.summary,
         counts.error,
         version.tolerance,
         {grouped(counts.launches), grouped(counts.threads), grouped(requests),
          grouped(static_cast<double>(m.load_sectors)), grouped(static_cast<double>(m.store_sectors)),
          fixed(100.0 * page.bytes / moved, 0) + " %",
          fixed(100.0 * page.bytes / (32.0 * value_of(counts, Quantity::kTouchedSectors)), 0) + " %",
          fixed(100.0 * asked / moved, 0) + " %",
          fixed(static_cast<double>(m.block_lanes) / static_cast<double>(m.basic_blocks), 1),
          grouped(static_cast<double>(m.shared_requests)), grouped(static_cast<double>(m.shared_conflicts)),
          grouped(counts.barriers), grouped(counts.shuffles)}});
  }
  return table;
}

std::string machine() { return "Counted on the host SIMT emulator; no GPU, so nothing here is a time."; }

}  // namespace mdd::lab
