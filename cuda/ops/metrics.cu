// Counting and ranking scores (spec S10).
#include "cuda/implementation.h"
#include "cuda/kernels/pixel_metrics.cuh"
#include "cuda/kernels/score_histogram.cuh"
#include "cuda/ops/storage.h"
#include "cuda/runtime/handle.h"
#include "cuda/sort/device_sort.h"
#include "ops/preconditions.h"

namespace mdd::cuda {
namespace {

/// Hands out consecutive parts of a region, each 256-byte aligned. Without a region it only adds up their sizes.
class Division {
 public:
  explicit Division(std::byte* region) : region_(region) {}
  template <class T>
  [[nodiscard]] T* take(std::int64_t elements) {
    std::byte* const part = region_ == nullptr ? nullptr : region_ + bytes_;
    bytes_ += (static_cast<std::size_t>(elements) * sizeof(T) + 255) / 256 * 256;
    return reinterpret_cast<T*>(part);
  }
  [[nodiscard]] std::int64_t bytes() const { return static_cast<std::int64_t>(bytes_); }

 private:
  std::byte* region_;
  std::size_t bytes_ = 0;
};

/// Everything that ranking keeps while it runs.
struct RankingMemory {
  float* scores;
  std::int32_t* areas;
  std::byte* sort;
  kernels::RankingTiles tiles;
  RankingMemory(Division& memory, std::int64_t count, std::int64_t tile_count, std::size_t sort_bytes)
      : scores(memory.take<float>(count)),
        areas(memory.take<std::int32_t>(count)),
        sort(memory.take<std::byte>(static_cast<std::int64_t>(sort_bytes))),
        tiles{memory.take<kernels::Reached>(tile_count),
              memory.take<kernels::Reached>(tile_count),
              memory.take<unsigned long long>(tile_count),
              memory.take<double>(tile_count),
              memory.take<double>(tile_count),
              memory.take<double>(tile_count),
              memory.take<kernels::Reached>(1)} {}
};

}  // namespace

void CudaBackend::score_histogram(const Tensor& scores, const Tensor& labels, float low, float high,
                                  const Tensor& counts) {
  TraceRange range("score_histogram");
  const std::int64_t bins = require_histogram(scores, labels, low, high, counts), count = scores.elements();
  const float* score = scores.f32();
  const auto* label = labels.as<std::uint8_t>();
  auto* const out = static_cast<unsigned long long*>(counts.data);
  constexpr std::int64_t kSharedBytes = 48 << 10;  // what every device gives without being asked
  const std::int64_t shared_bytes = 2 * bins * static_cast<std::int64_t>(sizeof(unsigned));
  with_pack<float>(count, {score, label}, [&](auto pack) {
    constexpr int kPack = decltype(pack)::value;
    LaunchGeometry geometry = streaming(count / kPack);
    if (shared_bytes > kSharedBytes) {
      return launch(geometry, kernels::score_histogram_global<kPack>, score, label, low, high, bins, count, out);
    }
    geometry.shared_bytes = static_cast<std::size_t>(shared_bytes);
    launch(geometry, kernels::score_histogram_shared<kPack>, score, label, low, high, bins, count, out);
  });
}

void CudaBackend::pixel_metrics(const OverlapParams& params, const Tensor& scores, const Tensor& areas,
                                const Tensor& metrics) {
  TraceRange range("pixel_metrics");
  require_pixel_metrics(params, scores, areas, metrics);
  const std::int64_t count = scores.elements();
  const std::int64_t tile_count =
      std::max<std::int64_t>(1, (count + kernels::kRankingTile - 1) / kernels::kRankingTile);
  std::size_t sort_bytes = 0;
  const auto sort = [&](std::byte* memory, float* sorted, std::int32_t* sorted_areas) {
    if (count == 0) return;
    sort_descending(memory, sort_bytes, scores.f32(), sorted, areas.as<std::int32_t>(), sorted_areas, count,
                    context_.stream());
  };
  sort(nullptr, nullptr, nullptr);
  sort_bytes = std::max<std::size_t>(sort_bytes, 1);
  Division sizes(nullptr);
  static_cast<void>(RankingMemory(sizes, count, tile_count, sort_bytes));
  // Not scratch memory, which would stay: a class may have hundreds of megabytes of pixels.
  const DeviceMemory region(context_.allocate(static_cast<std::size_t>(sizes.bytes())));
  Division parts(static_cast<std::byte*>(region.get()));
  const RankingMemory memory(parts, count, tile_count, sort_bytes);
  sort(memory.sort, memory.scores, memory.areas);
  const LaunchGeometry tiles{dim3(static_cast<unsigned>(tile_count)), dim3(kernels::kRankingThreads)};
  const LaunchGeometry one{dim3(1), dim3(kernels::kRankingThreads)};
  launch(tiles, kernels::count_ranking_tiles, memory.scores, memory.areas, count, memory.tiles);
  launch(one, kernels::scan_ranking_tiles, tile_count, memory.tiles);
  launch(tiles, kernels::rank_tiles, memory.scores, memory.areas, count, params.limit, memory.tiles);
  launch(one, kernels::finish_ranking, memory.scores, count, tile_count, params.components, params.limit, memory.tiles,
         metrics.as<double>());
  context_.synchronize();  // before the memory goes
}

}  // namespace mdd::cuda
