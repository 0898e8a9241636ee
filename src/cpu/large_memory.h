// Memory of the CPU backend: weights, arenas, packed filters.
#pragma once
#include <cstddef>

namespace mdd::cpu {

/// `bytes` uninitialised bytes, aligned to 256, or nullptr if there are none left. Where the system grants huge pages
/// on request, large blocks lie in those: convolutions step through maps and filters by a row at a time, and with pages
/// of 4 KiB every step needs another address translation than the processor holds.
[[nodiscard]] void* allocate_memory(std::size_t bytes) noexcept;
void release_memory(void* address) noexcept;

}  // namespace mdd::cpu
