// A 3x3 convolution, stride 1, padding 1: the versions, their launches, and what they must agree with.
#include "bench/lab/07_convolution/v0.cuh"
#include "bench/lab/07_convolution/v1.cuh"
#include "bench/lab/07_convolution/v2.cuh"
#include "bench/lab/07_convolution/v3.cuh"
#include "bench/lab/support/device_array.h"
#include "bench/lab/support/library.h"
#include "cuda/ops/channel_grid.h"
#include "reference/convolution.h"

namespace mdd::lab {
namespace {

struct Problem {
  convolution_v1::Sizes sizes;
  reference::Array x, w;
  DeviceArray in, filters, out;

  Problem(int images, int side, int channels, int filter_count)
      : sizes{images, side, channels, filter_count},
        x(random_values({images, side, side, channels}, -1.0f, 1.0f, 0)),
        w(random_values({filter_count, 3, 3, channels}, -0.1f, 0.1f, 1)),
        in(x),
        filters(w),
        out(result().elements()) {}

  [[nodiscard]] Shape result() const { return {sizes.images, sizes.side, sizes.side, sizes.filters}; }
  [[nodiscard]] kernels::DirectConvolution direct() const {
    return {3, 1, 1, sizes.images, sizes.side, sizes.side, sizes.channels, sizes.side, sizes.side, sizes.filters};
  }
};

std::vector<Version> versions(const std::shared_ptr<Problem>& p) {
  const float *const x = p->in.data(), *const w = p->filters.data();
  float* const y = p->out.data();
  const convolution_v1::Sizes g = p->sizes;
  const std::int64_t positions = std::int64_t{g.images} * g.side * g.side;
  const auto tiles = [&](int side) {
    return dim3(static_cast<unsigned>((positions + side - 1) / side), static_cast<unsigned>(g.filters / side));
  };
  const cuda::LaunchGeometry direct =
      cuda::channel_grid(positions, g.filters, cuda::streaming_blocks(multiprocessors()));
  const cuda::LaunchGeometry small{tiles(convolution_v1::kTile), dim3(convolution_v1::kTile, convolution_v1::kTile)};
  const cuda::LaunchGeometry large{tiles(convolution_v2::kSide), dim3(convolution_v2::kThreads)};
  std::vector<Version> all{
      {"v0", "the definition: the product's fallback",
       [=](cudaStream_t stream) {
         cuda::launch(stream, direct, kernels::convolution_forward<float>, x, w, y, p->direct());
       }},
      {"v1",
       "implicit GEMM, tiles of 16 x 16",
       [=](cudaStream_t stream) { cuda::launch(stream, small, convolution_v1::forward, x, w, y, g); },
       {falls_to(Quantity::kLoadRequests, 0.08), falls_to(Quantity::kLoadSectors, 0.02)}},
      {"v2",
       "4 x 4 outputs a thread, tiles of 64 x 64",
       [=](cudaStream_t stream) { cuda::launch(stream, large, convolution_v2::forward, x, w, y, g); },
       {falls_to(Quantity::kSharedRequests, 0.3), falls_to(Quantity::kLoadSectors, 0.3),
        grows_to(Quantity::kBankConflicts, 1.5)}},
      {"v3",
       "packs, a pitch of 68, two tiles in turn",
       [=](cudaStream_t stream) { cuda::launch(stream, large, convolution_v3::forward, x, w, y, g); },
       {falls_to(Quantity::kLoadRequests, 0.3), falls_to(Quantity::kSharedRequests, 0.34),
        falls_to(Quantity::kBarriers, 0.51), falls_to(Quantity::kBankConflicts, 0.15)}},
  };
  if (const auto library = library_convolution({p->x.shape, p->result(), 3, x, w, y})) {
    all.push_back({.name = "cuDNN",
                   .summary = "what the product runs",
                   .run = [=](cudaStream_t) { library(); },
                   .tolerance = 1e-4});
  }
  return all;
}

}  // namespace

Page convolution(Scale scale) {
  const bool large = scale == Scale::kLarge;
  const auto p = std::make_shared<Problem>(large ? 16 : 2, large ? 64 : 8, large ? 128 : 32, large ? 128 : 64);
  const auto inputs = static_cast<double>(p->x.size() + p->w.size()), outputs = static_cast<double>(p->out.count());
  return {.problem = "x " + p->x.shape.text() + ", w " + p->w.shape.text(),
          .bytes = 4.0 * (inputs + outputs),
          .flop = 2.0 * 9.0 * p->sizes.channels * outputs,
          .versions = versions(p),
          .prepare = [p] { p->out.poison(); },
          .error = [p] { return relative_error(p->out, reference::image_to_grid({}, p->x, p->w)); }};
}

}  // namespace mdd::lab
