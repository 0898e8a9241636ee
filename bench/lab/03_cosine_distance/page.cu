// loss = mean_n 1 - cos(a_n, b_n) and its gradient: the versions, their launches, and what they must agree with.
#include "bench/lab/03_cosine_distance/v0.cuh"
#include "bench/lab/03_cosine_distance/v1.cuh"
#include "bench/lab/03_cosine_distance/v2.cuh"
#include "bench/lab/03_cosine_distance/v3.cuh"
#include "bench/lab/support/device_array.h"
#include "reference/losses.h"

namespace mdd::lab {
namespace {

struct Problem {
  int images;
  std::int64_t count;  ///< elements of an image
  reference::Array a, b;
  DeviceArray of_a, of_b, moments, loss, part, gradient;
  DeviceDoubles partial;

  Problem(int image_count, std::int64_t elements)
      : images(image_count),
        count(elements),
        a(random_values({images, count}, -1.0f, 1.0f, 0)),
        b(random_values({images, count}, -0.5f, 1.0f, 1)),
        of_a(a),
        of_b(b),
        moments(3 * images),
        loss(1),
        part(a.size()),
        gradient(a.size()),
        partial(3 * images * ((count + kernels::kCosineRun - 1) / kernels::kCosineRun)) {}

  /// d loss / d a, from the moments.
  [[nodiscard]] reference::Array expected_gradient() const {
    const reference::Array m = reference::cosine_moments(a, b);
    reference::Array out(a.shape);
    for (std::int64_t i = 0; i < out.size(); ++i) {
      const std::int64_t n = i / count;
      const double lengths = std::sqrt(m(n, 0)) * std::sqrt(m(n, 1));
      out[i] = (m(n, 2) / m(n, 0) * a[i] - b[i]) / (lengths * images);
    }
    return out;
  }
  [[nodiscard]] double error() const {
    const reference::Array expected(Shape{1}, reference::cosine_flat(a, b));
    return std::max(relative_error(loss, expected), relative_error(gradient, expected_gradient()));
  }
};

std::vector<Version> versions(const std::shared_ptr<Problem>& p) {
  const float *const a = p->of_a.data(), *const b = p->of_b.data();
  float *const moments = p->moments.data(), *const loss = p->loss.data();
  float *const part = p->part.data(), *const gradient = p->gradient.data();
  const int images = p->images;
  const std::int64_t count = p->count;
  const cuda::LaunchGeometry block_an_image{dim3(static_cast<unsigned>(images)), dim3(cosine_distance_v0::kThreads)};
  const cuda::LaunchGeometry one{dim3(1), dim3(1)}, elements = one_thread_each(p->a.size());
  cuda::LaunchGeometry of_images = one_thread_each(count);
  of_images.grid.y = static_cast<unsigned>(images);
  const auto runs = static_cast<int>((count + kernels::kCosineRun - 1) / kernels::kCosineRun);
  const cuda::LaunchGeometry of_runs{dim3(static_cast<unsigned>(images * runs)), dim3(256)};
  auto* const partial = reinterpret_cast<cosine::Moments<double>*>(p->partial.data());
  return {
      {"v0", "three dots, three kernels for the gradient",
       [=](cudaStream_t stream) {
         cuda::launch(stream, block_an_image, cosine_distance_v0::dot, a, a, count, 0, moments);
         cuda::launch(stream, block_an_image, cosine_distance_v0::dot, b, b, count, 1, moments);
         cuda::launch(stream, block_an_image, cosine_distance_v0::dot, a, b, count, 2, moments);
         cuda::launch(stream, one, cosine_distance_v0::loss, moments, images, loss);
         cuda::launch(stream, of_images, cosine_distance_v0::own_part, a, moments, count, images, gradient);
         cuda::launch(stream, of_images, cosine_distance_v0::other_part, b, moments, count, images, part);
         cuda::launch(stream, elements, cosine_distance_v0::add, part, gradient, p->a.size());
       }},
      {"v1",
       "one walk for the moments, one for the gradient",
       [=](cudaStream_t stream) {
         cuda::launch(stream, block_an_image, cosine_distance_v1::moments, a, b, count, moments);
         cuda::launch(stream, one, cosine_distance_v0::loss, moments, images, loss);
         cuda::launch(stream, of_images, cosine_distance_v1::gradient, a, b, moments, count, images, gradient);
       },
       {falls_to(Quantity::kLaunches, 0.43), falls_to(Quantity::kTouchedSectors, 0.46),
        falls_to(Quantity::kLoadSectors, 0.5), falls_to(Quantity::kStoreSectors, 0.34)}},
      {"v2",
       "sums by shuffles",
       [=](cudaStream_t stream) {
         cuda::launch(stream, block_an_image, cosine_distance_v2::moments, a, b, count, moments);
         cuda::launch(stream, one, cosine_distance_v0::loss, moments, images, loss);
         cuda::launch(stream, of_images, cosine_distance_v1::gradient, a, b, moments, count, images, gradient);
       },
       {falls_to(Quantity::kBarriers, 0.25), falls_to(Quantity::kSharedRequests, 0.34),
        falls_to(Quantity::kLoadSectors, 1.0)}},
      {"v3",
       "the product's: runs, packs, f64 at the end",
       [=](cudaStream_t stream) {
         cuda::launch(stream, of_runs, kernels::cosine_flat_moments<float, 4>, a, b, count, runs, partial);
         cuda::launch(stream, {dim3(1), dim3(512)}, kernels::cosine_flat_loss, partial, images, runs, moments, loss,
                      false);
         cuda::launch(stream, of_runs, kernels::cosine_flat_gradient<float, 4>, a, b, moments,
                      -1.0f / static_cast<float>(images), count, runs, kernels::Destination<float>{gradient, false});
       },
       {falls_to(Quantity::kLoadRequests, 0.25), falls_to(Quantity::kLoadSectors, 0.86)}},
  };
}

}  // namespace

Page cosine_distance(Scale scale) {
  const bool large = scale == Scale::kLarge;
  const auto p = std::make_shared<Problem>(large ? 16 : 2, large ? 64 * 64 * 256 : 32 * 32 * 64);
  const auto elements = static_cast<double>(p->a.size());
  return {.problem = "a, b, da " + p->a.shape.text(),
          .bytes = 5.0 * 4.0 * elements,
          .flop = 10.0 * elements,
          .versions = versions(p),
          .prepare =
              [p] {
                for (const DeviceArray* out : {&p->moments, &p->loss, &p->part, &p->gradient}) out->poison();
              },
          .error = [p] { return p->error(); }};
}

}  // namespace mdd::lab
