// The Gaussian blur of anomaly maps: the versions, their launches, and what they must agree with.
#include "bench/lab/05_gaussian_blur/v0.cuh"
#include "bench/lab/05_gaussian_blur/v1.cuh"
#include "bench/lab/05_gaussian_blur/v2.cuh"
#include "bench/lab/05_gaussian_blur/v3.cuh"
#include "bench/lab/05_gaussian_blur/v4.cuh"
#include "bench/lab/support/device_array.h"
#include "reference/anomaly_map.h"

namespace mdd::lab {
namespace {

constexpr float kSigma = 4.0f;

struct Problem {
  int images, side;
  reference::Array x;
  DeviceArray in, between, out;

  Problem(int image_count, int image_side)
      : images(image_count),
        side(image_side),
        x(random_values({images, side, side}, 0.0f, 1.0f, 0)),
        in(x),
        between(x.size()),
        out(x.size()) {}
};

dim3 blocks(int x, int y, int z) {
  return {static_cast<unsigned>(x), static_cast<unsigned>(y), static_cast<unsigned>(z)};
}

std::vector<Version> versions(const std::shared_ptr<Problem>& p) {
  const float* const x = p->in.data();
  float *const between = p->between.data(), *const y = p->out.data();
  const int side = p->side, images = p->images;
  const auto radius = static_cast<int>(gaussian_radius(kSigma));
  const double total = gaussian_total(radius, kSigma);
  const auto scale = static_cast<float>(1.0 / total), square = static_cast<float>(1.0 / total / total);
  const cuda::LaunchGeometry pixels{blocks((side + 31) / 32, (side + 7) / 8, images), dim3(32, 8)};
  const cuda::LaunchGeometry lines{blocks(side / gaussian_blur_v3::kOutputs, side / gaussian_blur_v3::kLines, images),
                                   dim3(gaussian_blur_v3::kThreads)};
  const cuda::LaunchGeometry tiles{
      dim3(static_cast<unsigned>(images * (side / kernels::kBlurOutputs) * (side / kernels::kBlurLines))),
      dim3(kernels::kBlurThreads)};
  return {
      {"v0", "the whole window",
       [=](cudaStream_t stream) {
         cuda::launch(stream, pixels, gaussian_blur_v0::blur, kSigma, square, radius, x, y, side, side);
       }},
      {"v1",
       "rows, then columns",
       [=](cudaStream_t stream) {
         cuda::launch(stream, pixels, gaussian_blur_v1::blur<true>, kSigma, scale, radius, x, between, side, side);
         cuda::launch(stream, pixels, gaussian_blur_v1::blur<false>, kSigma, scale, radius, between, y, side, side);
       },
       {falls_to(Quantity::kLoadRequests, 0.0625), grows_to(Quantity::kStoreSectors, 2)}},
      {"v2",
       "samples and taps in shared memory",
       [=](cudaStream_t stream) {
         cuda::launch(stream, pixels, gaussian_blur_v2::blur<true>, kSigma, total, radius, x, between, side, side);
         cuda::launch(stream, pixels, gaussian_blur_v2::blur<false>, kSigma, total, radius, between, y, side, side);
       },
       {falls_to(Quantity::kLoadRequests, 0.11)}},
      {"v3",
       "a window of registers",
       [=](cudaStream_t stream) {
         cuda::launch(stream, lines, gaussian_blur_v3::blur<true>, kSigma, total, radius, x, between, side, side);
         cuda::launch(stream, lines, gaussian_blur_v3::blur<false>, kSigma, total, radius, between, y, side, side);
       },
       {falls_to(Quantity::kSharedRequests, 0.25), grows_to(Quantity::kStoreSectors, 4)}},
      {"v4",
       "the product's: a pitch of 33",
       [=](cudaStream_t stream) {
         cuda::launch(stream, tiles, kernels::gaussian_blur<true>, kSigma, total, radius, x, between, side, side);
         cuda::launch(stream, tiles, kernels::gaussian_blur<false>, kSigma, total, radius, between, y, side, side);
       },
       {falls_to(Quantity::kBankConflicts, 0), falls_to(Quantity::kStoreSectors, 0.25)}},
  };
}

}  // namespace

Page gaussian_blur(Scale scale) {
  const bool large = scale == Scale::kLarge;
  const auto p = std::make_shared<Problem>(large ? 64 : 1, large ? 256 : 64);
  const auto pixels = static_cast<double>(p->x.size());
  return {.problem = "x, y " + p->x.shape.text() + ", sigma 4, 33 taps",
          .bytes = 8.0 * pixels,
          .flop = 2.0 * 2.0 * 33.0 * pixels,
          .versions = versions(p),
          .prepare =
              [p] {
                p->between.poison();
                p->out.poison();
              },
          .error = [p] { return relative_error(p->out, reference::gaussian_blur(double{kSigma}, p->x)); }};
}

}  // namespace mdd::lab
