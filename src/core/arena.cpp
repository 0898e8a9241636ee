#include "core/arena.h"

#include <algorithm>
#include <iterator>

namespace mdd {

void StepArena::add_chunk(std::size_t bytes) {
  Chunk chunk;
  chunk.buffer = Buffer(*resource_, bytes);
  chunk.free.emplace(0, bytes);
  chunks_.push_back(std::move(chunk));
  ++generation_;
}

Tensor StepArena::allocate(DType dtype, const Shape& shape) {
  Tensor tensor{nullptr, dtype, shape};
  const std::size_t bytes = std::max(kAlignment, (tensor.bytes() + kAlignment - 1) / kAlignment * kAlignment);
  for (int attempt = 0; attempt < 2; ++attempt) {
    for (Chunk& chunk : chunks_) {
      const auto hole = std::find_if(chunk.free.begin(), chunk.free.end(),
                                     [&](const auto& candidate) { return candidate.second >= bytes; });
      if (hole == chunk.free.end()) continue;
      const auto [offset, size] = *hole;
      if (size > bytes) chunk.free.emplace(offset + bytes, size - bytes);
      auto entry = chunk.free.extract(hole);
      entry.mapped() = bytes;
      chunk.live.insert(std::move(entry));
      tensor.data = static_cast<std::byte*>(chunk.buffer.data()) + offset;
      live_bytes_ += bytes;
      peak_bytes_ = std::max(peak_bytes_, live_bytes_);
      return tensor;
    }
    // Half again as much as is held now, so that a first step of unknown size needs few chunks.
    add_chunk(std::max({bytes, first_chunk_bytes_, reserved_bytes() / 2}));
  }
  fail(ErrorKind::kRuntime, "internal error: a fresh arena chunk was too small");
}

void StepArena::release(const Tensor& tensor) noexcept {
  for (Chunk& chunk : chunks_) {
    const auto* base = static_cast<const std::byte*>(chunk.buffer.data());
    const auto* address = static_cast<const std::byte*>(tensor.data);
    if (address < base || address >= base + chunk.buffer.bytes()) continue;
    auto entry = chunk.live.extract(static_cast<std::size_t>(address - base));
    if (entry.empty()) return;
    live_bytes_ -= entry.mapped();
    auto hole = chunk.free.insert(std::move(entry)).position;
    if (const auto next = std::next(hole); next != chunk.free.end() && hole->first + hole->second == next->first) {
      hole->second += next->second;
      chunk.free.erase(next);
    }
    if (hole != chunk.free.begin()) {
      const auto previous = std::prev(hole);
      if (previous->first + previous->second == hole->first) {
        previous->second += hole->second;
        chunk.free.erase(hole);
      }
    }
    return;
  }
}

void StepArena::reset() {
  require(live_bytes_ == 0, "the arena is empty between steps");
  if (chunks_.size() <= 1) return;
  // The first merge aims at the peak and an eighth for fragmentation; should that not do, later merges keep it all.
  const std::size_t total = reserved_bytes();
  const std::size_t aim = merged_ ? total : std::min(total, peak_bytes_ + peak_bytes_ / 8);
  merged_ = true;
  chunks_.clear();
  add_chunk(aim);
}

std::size_t StepArena::reserved_bytes() const noexcept {
  std::size_t total = 0;
  for (const Chunk& chunk : chunks_) total += chunk.buffer.bytes();
  return total;
}

}  // namespace mdd
