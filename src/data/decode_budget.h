// Bounds what decoding one untrusted image may allocate: a file of a few bytes can ask a decoder for gigabytes.
#pragma once
#include <cstddef>

namespace mdd::data {

/// While alive, no single allocation of the decoder on this thread may exceed `bytes`; without one the bound is 1 MiB,
/// which is ample for reading headers. Objects do not nest.
class DecodeBudget {
 public:
  explicit DecodeBudget(std::size_t bytes) noexcept;
  ~DecodeBudget();
  DecodeBudget(const DecodeBudget&) = delete;
  DecodeBudget& operator=(const DecodeBudget&) = delete;
};

/// malloc and realloc that return null beyond the budget; the decoder reports that as out of memory. What malloc gives
/// is zero: of a damaged file the decoder may read what it has not written, and nothing may come of that but the same
/// image every time.
[[nodiscard]] void* budgeted_malloc(std::size_t bytes) noexcept;
[[nodiscard]] void* budgeted_realloc(void* block, std::size_t bytes) noexcept;

}  // namespace mdd::data
