// From six coarse cosine maps to one fused map: the versions, their launches, and what they must agree with.
#include "bench/lab/08_anomaly_map/v0.cuh"
#include "bench/lab/08_anomaly_map/v1.cuh"
#include "bench/lab/08_anomaly_map/v2.cuh"
#include "bench/lab/support/device_array.h"
#include "reference/anomaly_map.h"

namespace mdd::lab {
namespace {

constexpr int kLevels = 3;

struct Problem {
  int images, side;
  std::vector<reference::Array> maps;  ///< TR at strides 4, 8, 16, then RI alike
  std::vector<DeviceArray> coarse, enlarged;
  DeviceArray restored, identity, fused;

  Problem(int image_count, int image_side)
      : images(image_count), side(image_side), restored(pixels()), identity(pixels()), fused(pixels()) {
    for (int i = 0; i < 2 * kLevels; ++i) {
      const int coarse_side = side >> (2 + i % kLevels);
      maps.push_back(random_values({images, coarse_side, coarse_side}, 0.0f, 1.0f, static_cast<std::uint32_t>(i)));
      coarse.emplace_back(maps.back());
      enlarged.emplace_back(pixels());
    }
  }
  [[nodiscard]] std::int64_t pixels() const { return std::int64_t{images} * side * side; }
  [[nodiscard]] int coarse_side(int i) const { return side >> (2 + i % kLevels); }
  /// Of map i: where it is summed, and whether it is the first there.
  [[nodiscard]] float* sum_of(int i) const { return i < kLevels ? restored.data() : identity.data(); }
  [[nodiscard]] static bool is_first(int i) { return i % kLevels == 0; }

  [[nodiscard]] double error() const {
    reference::Array expected(Shape{images, side, side});
    for (const reference::Array& map : maps) {
      const reference::Array large = reference::upsample_bilinear(map, side);
      for (std::int64_t i = 0; i < expected.size(); ++i) expected[i] += large[i];
    }
    return relative_error(fused, expected);
  }
};

void run_v0(const Problem& p, cudaStream_t stream) {
  const std::int64_t pixels = p.pixels();
  const auto each = one_thread_each(pixels);
  for (int i = 0; i < 2 * kLevels; ++i) {
    float* const to = Problem::is_first(i) ? p.sum_of(i) : p.enlarged[static_cast<std::size_t>(i)].data();
    cuda::launch(stream, each, anomaly_map_v0::enlarge, p.coarse[static_cast<std::size_t>(i)].data(), p.coarse_side(i),
                 to, p.side, pixels);
  }
  for (int i = 0; i < 2 * kLevels; ++i) {
    if (Problem::is_first(i)) continue;
    cuda::launch(stream, each, anomaly_map_v0::add, p.enlarged[static_cast<std::size_t>(i)].data(), p.sum_of(i),
                 pixels);
  }
}

void run_v1(const Problem& p, cudaStream_t stream) {
  for (int i = 0; i < 2 * kLevels; ++i) {
    cuda::launch(stream, one_thread_each(p.pixels()), anomaly_map_v1::enlarge,
                 p.coarse[static_cast<std::size_t>(i)].data(), p.coarse_side(i), !Problem::is_first(i), p.sum_of(i),
                 p.side, p.pixels());
  }
}

void run_v2(const Problem& p, cudaStream_t stream) {
  cuda::LaunchGeometry geometry = one_thread_each(p.side / 4, 64);
  const std::int64_t rows = std::int64_t{p.images} * p.side;
  geometry.grid.y = static_cast<unsigned>(
      std::min<std::int64_t>((rows + kernels::kUpsampledRows - 1) / kernels::kUpsampledRows, 65'535));
  for (int i = 0; i < 2 * kLevels; ++i) {
    const auto kernel =
        Problem::is_first(i) ? kernels::upsample_bilinear<4, false> : kernels::upsample_bilinear<4, true>;
    cuda::launch(stream, geometry, kernel, p.coarse[static_cast<std::size_t>(i)].data(), p.sum_of(i),
                 std::int64_t{p.images}, p.coarse_side(i), p.coarse_side(i), p.side, p.side);
  }
}

void fuse(const Problem& p, cudaStream_t stream) {
  cuda::launch(stream, cuda::grid_stride(p.pixels() / 4, 256, std::int64_t{16} * multiprocessors()),
               kernels::fuse_maps<4>, MapFusion::kSum, 0.5f, p.restored.data(), p.identity.data(), p.fused.data(),
               p.pixels());
}

}  // namespace

Page anomaly_map(Scale scale) {
  const bool large = scale == Scale::kLarge;
  const auto p = std::make_shared<Problem>(large ? 64 : 1, 256);
  const auto version = [p](const char* name, const char* summary, void (*run)(const Problem&, cudaStream_t),
                           std::vector<Claim> claims) {
    return Version{name, summary,
                   [p, run](cudaStream_t stream) {
                     run(*p, stream);
                     fuse(*p, stream);
                   },
                   std::move(claims)};
  };
  double coarse = 0.0;
  for (const reference::Array& map : p->maps) coarse += static_cast<double>(map.size());
  const auto pixels = static_cast<double>(p->pixels());
  return {.problem = "maps of strides 4, 8, 16 twice, to " + Shape{p->images, p->side, p->side}.text(),
          .bytes = 4.0 * (coarse + pixels),
          .flop = 6.0 * 10.0 * pixels,
          .versions = {version("v0", "enlarge, add, fuse", run_v0, {}),
                       version("v1", "added as they are enlarged", run_v1,
                               {falls_to(Quantity::kLaunches, 0.64), falls_to(Quantity::kTouchedSectors, 0.63),
                                falls_to(Quantity::kStoreSectors, 0.64), falls_to(Quantity::kLoadSectors, 0.9)}),
                       version("v2", "the product's: packs, eight rows a thread", run_v2,
                               {falls_to(Quantity::kStoreRequests, 0.3), falls_to(Quantity::kThreads, 0.125),
                                grows_to(Quantity::kLoadSectors, 1.4)})},
          .prepare =
              [p] {
                for (const DeviceArray* out : {&p->restored, &p->identity, &p->fused}) out->poison();
                for (const DeviceArray& out : p->enlarged) out.poison();
              },
          .error = [p] { return p->error(); }};
}

}  // namespace mdd::lab
