// Loops over blocks of fixed size: the partition, and with it every rounding, does not depend on the thread count.
#pragma once
#include <algorithm>
#include <cstdint>
#include <exception>
#include <vector>

namespace mdd::cpu {

/// Calls body(block index, begin, end) for consecutive blocks of `block` out of `count`, in parallel. What a body
/// throws (bad_alloc) reaches the caller: OpenMP itself lets nothing through.
template <class Body>
void parallel_blocks(std::int64_t count, std::int64_t block, const Body& body) {
  const std::int64_t blocks = (count + block - 1) / block;
  std::exception_ptr error;
#pragma omp parallel for schedule(static) if (blocks > 1)
  for (std::int64_t i = 0; i < blocks; ++i) {
    try {
      body(i, i * block, std::min(count, (i + 1) * block));
    } catch (...) {
#pragma omp critical
      error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
}

/// Sum of body(begin, end) over blocks, added in block order.
template <class Body>
double sum_blocks(std::int64_t count, std::int64_t block, const Body& body) {
  std::vector<double> partial(static_cast<std::size_t>((count + block - 1) / block));
  parallel_blocks(count, block, [&](std::int64_t i, std::int64_t begin, std::int64_t end) {
    partial[static_cast<std::size_t>(i)] = body(begin, end);
  });
  double total = 0.0;
  for (const double value : partial) total += value;
  return total;
}

/// Elements per block of a streaming loop: a few hundred kilobytes, larger than the cost of starting a block.
inline constexpr std::int64_t kStreamBlock = std::int64_t{1} << 16;

/// Rows per block such that a block holds about kStreamBlock elements.
[[nodiscard]] inline std::int64_t rows_per_block(std::int64_t columns) {
  return std::max<std::int64_t>(1, kStreamBlock / std::max<std::int64_t>(1, columns));
}

}  // namespace mdd::cpu
