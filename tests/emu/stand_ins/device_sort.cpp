// cuda/sort/device_sort.h by the standard library, in the order of a radix sort of the keys' bits.
#include "cuda/sort/device_sort.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <vector>

#include "cuda/runtime/check.h"

namespace mdd::cuda {
namespace {

/// Grows with the key; NaN lies beyond the infinities on the side of its sign.
std::uint32_t order_of(float key) {
  const auto bits = std::bit_cast<std::uint32_t>(key == 0.0f ? 0.0f : key);
  return (bits >> 31) != 0 ? ~bits : bits | 0x80000000u;
}

}  // namespace

void sort_descending(void* scratch, std::size_t& scratch_bytes, const float* keys_in, float* keys_out,
                     const std::int32_t* values_in, std::int32_t* values_out, std::int64_t count, cudaStream_t stream) {
  require(count >= 0 && count <= INT32_MAX, "fewer than 2^31 pairs are sorted");
  const std::size_t wanted = 256 + static_cast<std::size_t>(count);
  if (scratch == nullptr) {
    scratch_bytes = wanted;
    return;
  }
  require(scratch_bytes >= wanted, "as much scratch as was asked for");
  MDDNET_CUDA(emu::enqueue(stream, [=] {
    std::fill_n(static_cast<std::byte*>(scratch), wanted, std::byte{0xee});
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return order_of(keys_in[a]) > order_of(keys_in[b]); });
    for (std::size_t i = 0; i < order.size(); ++i) {
      keys_out[i] = keys_in[order[i]];
      values_out[i] = values_in[order[i]];
    }
  }));
}

}  // namespace mdd::cuda
