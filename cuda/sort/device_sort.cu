// CUB's radix sort: four passes of 8 bits over the keys, 2 * (keys + values) bytes moved in each. The templates are
// instantiated here and nowhere else: they take longer to compile than everything around them.
#include <cub/device/device_radix_sort.cuh>

#include "cuda/runtime/check.h"
#include "cuda/sort/device_sort.h"

namespace mdd::cuda {

void sort_descending(void* scratch, std::size_t& scratch_bytes, const float* keys_in, float* keys_out,
                     const std::int32_t* values_in, std::int32_t* values_out, std::int64_t count, cudaStream_t stream) {
  require(count >= 0 && count <= INT32_MAX, "fewer than 2^31 pairs are sorted");
  MDDNET_CUDA(cub::DeviceRadixSort::SortPairsDescending(scratch, scratch_bytes, keys_in, keys_out, values_in,
                                                        values_out, static_cast<std::int32_t>(count), 0,
                                                        static_cast<int>(8 * sizeof(float)), stream));
}

}  // namespace mdd::cuda
