// Cosine distances over whole images and per position, with their gradients.
#include "cuda/implementation.h"
#include "cuda/kernels/cosine_flat.cuh"
#include "cuda/kernels/cosine_map.cuh"
#include "cuda/ops/storage.h"

namespace mdd::cuda {
namespace {

/// A whole image, cut into the runs that blocks work on.
struct Images {
  std::int64_t images, count;
  int runs;
  explicit Images(const Shape& shape)
      : images(shape[0]),
        count(shape.elements() / images),
        runs(static_cast<int>((count + kernels::kCosineRun - 1) / kernels::kCosineRun)) {}
  [[nodiscard]] LaunchGeometry geometry() const { return {dim3(static_cast<unsigned>(images * runs)), dim3(256)}; }
};

template <class T>
kernels::Destination<T> destination(const Tensor& to, WriteMode mode) {
  return {to.defined() ? elements_of<T>(to) : nullptr, mode == WriteMode::kAccumulate};
}

}  // namespace

void CudaBackend::cosine_flat_forward(const Tensor& a, const Tensor& b, const Tensor& moments, const Tensor& loss,
                                      WriteMode mode) {
  const TraceRange range("cosine_flat_forward");
  require(a.shape == b.shape, "cosine of like shapes");
  const Images sizes(a.shape);
  require(moments.elements() == 3 * sizes.images, "three moments an image");
  float* const to_moments = moments.f32();
  float* const to_loss = loss.f32();
  auto* const partial = scratch<cosine::Moments<double>>(sizes.images * sizes.runs);
  with_storage(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* const left = elements_of<T>(a);
    const T* const right = elements_of<T>(b);
    with_pack<T>(sizes.count, {left, right}, [&](auto pack) {
      launch(sizes.geometry(), kernels::cosine_flat_moments<T, decltype(pack)::value>, left, right, sizes.count,
             sizes.runs, partial);
    });
  });
  launch({dim3(1), dim3(512)}, kernels::cosine_flat_loss, partial, sizes.images, sizes.runs, to_moments, to_loss,
         mode == WriteMode::kAccumulate);
}

void CudaBackend::cosine_flat_backward(const Tensor& a, const Tensor& b, const Tensor& moments, float weight,
                                       const Tensor& da, WriteMode mode) {
  const TraceRange range("cosine_flat_backward");
  require(a.shape == b.shape && a.shape == da.shape, "cosine of like shapes");
  const Images sizes(a.shape);
  require(moments.elements() == 3 * sizes.images, "three moments an image");
  const float share = -weight / static_cast<float>(sizes.images);
  with_storage(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* const left = elements_of<T>(a);
    const T* const right = elements_of<T>(b);
    const kernels::Destination<T> to = destination<T>(da, mode);
    with_pack<T>(sizes.count, {left, right, to.data}, [&](auto pack) {
      launch(sizes.geometry(), kernels::cosine_flat_gradient<T, decltype(pack)::value>, left, right, moments.f32(),
             share, sizes.count, sizes.runs, to);
    });
  });
}

void CudaBackend::cosine_map_forward(const Tensor& a, const Tensor& b, const Tensor& map) {
  const TraceRange range("cosine_map_forward");
  const std::int64_t channels = a.shape.back(), positions = map.elements();
  require(a.shape == b.shape && positions * channels == a.elements(), "cosine map shapes");
  with_storage(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* const left = elements_of<T>(a);
    const T* const right = elements_of<T>(b);
    with_pack<T>(channels, {left, right}, [&](auto pack) {
      const int lanes = kernels::lanes_for(channels / pack);
      launch(streaming(positions * lanes), kernels::cosine_map<T, decltype(pack)::value>, left, right, positions,
             channels, lanes, map.f32());
    });
  });
}

void CudaBackend::cosine_map_backward(const Tensor& a, const Tensor& b, const Tensor& dmap, const Tensor& da,
                                      WriteMode a_mode, const Tensor& db, WriteMode b_mode) {
  const TraceRange range("cosine_map_backward");
  const std::int64_t channels = a.shape.back(), positions = dmap.elements();
  require(a.shape == b.shape && positions * channels == a.elements(), "cosine map shapes");
  require((!da.defined() || da.shape == a.shape) && (!db.defined() || db.shape == a.shape), "cosine map gradients");
  with_storage(a.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* const left = elements_of<T>(a);
    const T* const right = elements_of<T>(b);
    const kernels::Destination<T> to_a = destination<T>(da, a_mode), to_b = destination<T>(db, b_mode);
    with_pack<T>(channels, {left, right, to_a.data, to_b.data}, [&](auto pack) {
      const int lanes = kernels::lanes_for(channels / pack);
      launch(streaming(positions * lanes), kernels::cosine_map_gradient<T, decltype(pack)::value>, left, right,
             dmap.f32(), positions, channels, lanes, to_a, to_b);
    });
  });
}

}  // namespace mdd::cuda
