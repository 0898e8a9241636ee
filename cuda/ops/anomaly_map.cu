// From cosine maps to the anomaly map and the image score (spec S8).
#include <limits>

#include "cuda/implementation.h"
#include "cuda/kernels/fuse_maps.cuh"
#include "cuda/kernels/gaussian_blur.cuh"
#include "cuda/kernels/image_scores.cuh"
#include "cuda/kernels/upsample_bilinear.cuh"
#include "cuda/ops/storage.h"

namespace mdd::cuda {
namespace {

constexpr std::int64_t kLargestGrid = std::numeric_limits<std::int32_t>::max();

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

void CudaBackend::upsample_bilinear(const Tensor& map, const Tensor& out, WriteMode mode) {
  TraceRange range("upsample_bilinear");
  require(map.shape[0] == out.shape[0], "a map an image");
  const float* in = map.f32();
  float* const target = out.f32();
  if (out.elements() == 0) return;
  const std::int64_t images = out.shape[0], out_height = out.shape[1], out_width = out.shape[2];
  with_pack<float>(out_width, {target}, [&](auto pack) {
    constexpr int kPack = decltype(pack)::value;
    LaunchGeometry geometry = grid_stride(out_width / kPack, 64, kLargestGrid);
    const std::int64_t row_groups = ceil_divide(images * out_height, kernels::kUpsampledRows);
    geometry.grid.y = static_cast<unsigned>(std::min<std::int64_t>(row_groups, 65'535));
    const auto start = [&](auto kernel) {
      launch(geometry, kernel, in, target, images, static_cast<int>(map.shape[1]), static_cast<int>(map.shape[2]),
             static_cast<int>(out_height), static_cast<int>(out_width));
    };
    if (mode == WriteMode::kAccumulate) return start(kernels::upsample_bilinear<kPack, true>);
    start(kernels::upsample_bilinear<kPack, false>);
  });
}

void CudaBackend::fuse_maps(MapFusion fusion, float weight, const Tensor& tr, const Tensor& ri, const Tensor& fused) {
  TraceRange range("fuse_maps");
  const std::int64_t elements = fused.elements();
  require(tr.elements() == ri.elements() && tr.elements() == elements, "maps of one size");
  const float* a = tr.f32();
  const float* b = ri.f32();
  float* const out = fused.f32();
  with_pack<float>(elements, {a, b, out}, [&](auto pack) {
    constexpr int kPack = decltype(pack)::value;
    launch(streaming(elements / kPack), kernels::fuse_maps<kPack>, fusion, weight, a, b, out, elements);
  });
}

void CudaBackend::gaussian_blur(float sigma, const Tensor& x, const Tensor& y) {
  TraceRange range("gaussian_blur");
  require(x.shape == y.shape && sigma >= 0.0f, "blur shapes");
  const float* in = x.f32();
  float* const out = y.f32();
  if (sigma == 0.0f) return copy(x, y);
  const std::int64_t images = x.shape[0], height = x.shape[1], width = x.shape[2];
  const std::int64_t radius = gaussian_radius(sigma);
  require(radius <= height && radius <= width, "the blur's radius fits the image");
  if (x.elements() == 0) return;
  const double total = gaussian_total(radius, sigma);
  float* const between = scratch<float>(x.elements());
  const auto start = [&](auto kernel, std::int64_t length, std::int64_t lines, const float* from, float* to) {
    const std::int64_t tiles =
        images * ceil_divide(length, kernels::kBlurOutputs) * ceil_divide(lines, kernels::kBlurLines);
    require(tiles <= kLargestGrid, "fewer than 2^31 tiles of 2048 pixels");
    launch({dim3(static_cast<unsigned>(tiles)), dim3(kernels::kBlurThreads)}, kernel, sigma, total,
           static_cast<int>(radius), from, to, static_cast<int>(height), static_cast<int>(width));
  };
  start(kernels::gaussian_blur<true>, width, height, in, between);
  start(kernels::gaussian_blur<false>, height, width, between, out);
}

void CudaBackend::image_scores(ScoreRule rule, const Tensor& maps, const Tensor& scores) {
  TraceRange range("image_scores");
  const std::int64_t images = maps.shape[0];
  require(scores.elements() == images, "a score an image");
  const float* in = maps.f32();
  float* const out = scores.f32();
  if (images == 0) return;
  const std::int64_t pixels = maps.elements() / images;
  require(pixels >= 1 && pixels <= std::numeric_limits<std::uint32_t>::max() && images <= kLargestGrid,
          "maps of 1 .. 2^32 - 1 pixels");
  const LaunchGeometry geometry{dim3(static_cast<unsigned>(images)), dim3(kernels::kScoreThreads)};
  if (rule == ScoreRule::kMaximum) return launch(geometry, kernels::largest_values, in, out, pixels);
  launch(geometry, kernels::mean_of_largest, in, out, pixels, scored_pixels(rule, pixels));
}

}  // namespace mdd::cuda
