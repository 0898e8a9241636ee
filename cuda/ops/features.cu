// Small operations on feature maps: kernels/max_pool.cuh, kernels/channel_copies.cuh and sums.
#include <numeric>

#include "cuda/implementation.h"
#include "cuda/kernels/channel_copies.cuh"
#include "cuda/kernels/max_pool.cuh"
#include "cuda/ops/channel_grid.h"
#include "cuda/ops/elementwise.h"
#include "cuda/ops/storage.h"
#include "ops/preconditions.h"

namespace mdd::cuda {
namespace {

/// Puts `count` copies between [positions, ..] matrices on the stream, in one launch.
template <class T>
void copy_channels(cudaStream_t stream, int multiprocessors, const kernels::ChannelCopies<T>& copies, unsigned count,
                   std::int64_t positions, bool accumulate) {
  constexpr int kWide = 16 / static_cast<int>(sizeof(T));
  int common = kWide, widest = 0;
  bool aligned = true;
  for (unsigned i = 0; i < count; ++i) {
    const kernels::ChannelCopy<T>& copy = copies.part[i];
    common = std::gcd(common, std::gcd(copy.width, std::gcd(copy.from_pitch, copy.to_pitch)));
    widest = std::max(widest, copy.width);
    with_pack<T>(0, {copy.from, copy.to}, [&](auto pack) { aligned = aligned && pack == kWide; });
  }
  with_pack<T>(aligned ? common : 1, {}, [&](auto pack) {
    LaunchGeometry geometry =
        channel_grid(positions, (widest + pack - 1) / pack, streaming_blocks(multiprocessors) / count);
    geometry.grid.z = count;
    launch(stream, geometry, kernels::channel_copies<T, pack()>, copies, positions, accumulate);
  });
}

kernels::PoolShape pool_shape(const PoolParams& params, const Tensor& x, const Tensor& y) {
  const auto extent = [](std::int64_t value) { return static_cast<int>(value); };
  return {extent(params.kernel), extent(params.stride), extent(params.padding), extent(x.shape[1]),
          extent(x.shape[2]),    extent(y.shape[1]),    extent(y.shape[2]),     extent(x.shape[3])};
}

/// Of a kernel that makes `to` [N,H,W,C]: a block's row of threads for every row, `pack` channels a thread.
LaunchGeometry pool_grid(const Tensor& to, int pack) {
  const std::int64_t groups = to.shape[3] / pack;
  const dim3 block = channel_block(groups);
  const auto blocks = [](std::int64_t items, unsigned each) {
    return static_cast<unsigned>((items + each - 1) / each);
  };
  return {dim3(blocks(to.shape[0] * to.shape[1], 1), blocks(groups, block.x), blocks(to.shape[2], block.y)), block};
}

}  // namespace

void CudaBackend::max_pool_forward(const PoolParams& params, const Tensor& x, const Tensor& y) {
  const TraceRange range("max_pool_forward");
  require_pooling(params, x, y);
  const kernels::PoolShape shape = pool_shape(params, x, y);
  with_storage(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* in = elements_of<T>(x);
    T* out = elements_of<T>(y);
    with_pack<T>(x.shape[3], {in, out},
                 [&](auto pack) { launch(pool_grid(y, pack), kernels::max_pool<T, pack()>, in, out, shape); });
  });
}

void CudaBackend::max_pool_backward(const PoolParams& params, const Tensor& x, const Tensor& y, const Tensor& dy,
                                    const Tensor& dx, WriteMode mode) {
  const TraceRange range("max_pool_backward");
  require_pooling_gradient(params, x, y, dy, dx);
  const kernels::PoolShape shape = pool_shape(params, x, y);
  with_storage(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* in = elements_of<T>(x);
    const T* out = elements_of<T>(y);
    const T* upstream = elements_of<T>(dy);
    const kernels::Destination<T> to{elements_of<T>(dx), mode == WriteMode::kAccumulate};
    with_pack<T>(x.shape[3], {in, out, upstream, to.data}, [&](auto pack) {
      launch(pool_grid(x, pack), kernels::max_pool_gradient<T, pack()>, in, out, upstream, to, shape);
    });
  });
}

void CudaBackend::concatenate_channels(std::span<const Tensor> parts, const Tensor& y) {
  const TraceRange range("concatenate_channels");
  const std::int64_t channels = y.shape.back();
  const std::int64_t positions = y.elements() / channels;
  std::int64_t total = 0;
  for (const Tensor& part : parts) {
    require(part.dtype == y.dtype && part.elements() == positions * part.shape.back(), "parts fill the channels");
    total += part.shape.back();
  }
  require(total == channels, "parts fill the channels");
  with_storage(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* target = elements_of<T>(y);
    for (std::size_t first = 0; first < parts.size(); first += kernels::kMaxChannelCopies) {
      const std::size_t count = std::min<std::size_t>(parts.size() - first, kernels::kMaxChannelCopies);
      kernels::ChannelCopies<T> copies{};
      for (std::size_t i = 0; i < count; ++i) {
        const Tensor& part = parts[first + i];
        const int width = static_cast<int>(part.shape.back());
        copies.part[i] = {elements_of<T>(part), target, width, width, static_cast<int>(channels)};
        target += width;
      }
      copy_channels(context_.stream(), context_.multiprocessors(), copies, static_cast<unsigned>(count), positions,
                    false);
    }
  });
}

void CudaBackend::slice_channels(const Tensor& y, std::int64_t first, const Tensor& part, WriteMode mode) {
  const TraceRange range("slice_channels");
  const std::int64_t channels = y.shape.back();
  const std::int64_t width = part.shape.back();
  const std::int64_t positions = y.elements() / channels;
  require(part.elements() == positions * width && first >= 0 && first + width <= channels, "the slice lies inside");
  with_storage(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    kernels::ChannelCopies<T> copies{};
    copies.part[0] = {elements_of<T>(y) + first, elements_of<T>(part), static_cast<int>(width),
                      static_cast<int>(channels), static_cast<int>(width)};
    copy_channels(context_.stream(), context_.multiprocessors(), copies, 1, positions, mode == WriteMode::kAccumulate);
  });
}

void CudaBackend::add(const Tensor& a, const Tensor& b, const Tensor& y) {
  const TraceRange range("add");
  add_elements(context_.stream(), context_.multiprocessors(), a, b, y);
}

}  // namespace mdd::cuda
