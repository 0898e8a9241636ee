// Loops over blocks of fixed size: the partition, and with it every rounding, does not depend on the thread count.
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <omp.h>
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

/// Calls work(task, thread) for every task below `count`. Each thread has a stretch of its own, the same for the same
/// count, so that it finds in its caches what it wrote before; who is through helps the others. `work` must not throw.
template <class Work>
void parallel_tasks(std::int64_t count, const Work& work) {
  struct alignas(64) Stretch {  // a cache line each: threads count theirs without disturbing others
    std::atomic<std::int64_t> next;
    std::int64_t end;
  };
  const std::int64_t threads = std::min<std::int64_t>(omp_get_max_threads(), count);
  std::vector<Stretch> stretches(static_cast<std::size_t>(threads));
  for (std::int64_t t = 0; t < threads; ++t) {
    Stretch& stretch = stretches[static_cast<std::size_t>(t)];
    stretch.next.store(t * count / threads, std::memory_order_relaxed);
    stretch.end = (t + 1) * count / threads;
  }
#pragma omp parallel num_threads(static_cast <int>(threads)) if (threads > 1)
  {
    const std::int64_t self = omp_get_thread_num();
    for (std::int64_t other = 0; other < threads; ++other) {
      Stretch& stretch = stretches[static_cast<std::size_t>((self + other) % threads)];
      for (;;) {
        const std::int64_t task = stretch.next.fetch_add(1, std::memory_order_relaxed);
        if (task >= stretch.end) break;
        work(task, self);
      }
    }
  }
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
