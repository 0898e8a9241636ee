#include "cuda/ops/storage.h"
#include "cuda/runtime/launch.h"
#include "tests/tour/squared_distance.cuh"
#include "tests/tour/squared_distance.h"

namespace mdd::tour {
namespace {

// [launcher]
class CudaSquaredDistance final : public SquaredDistance {
 public:
  void forward(const Tensor& a, const Tensor& b, const Tensor& map) override {
    const std::int64_t channels = a.shape.back(), positions = map.elements();
    require(a.shape == b.shape && positions * channels == a.elements(), "squared distance shapes");
    cuda::with_storage(a.dtype, [&](auto zero) {
      using T = decltype(zero);
      const T *const x = cuda::elements_of<T>(a), *const y = cuda::elements_of<T>(b);
      cuda::with_pack<T>(channels, {x, y}, [&](auto pack) {
        const int lanes = kernels::lanes_for(channels / pack);
        cuda::launch(nullptr, cuda::grid_stride(positions * lanes, 256, 1024),
                     kernels::squared_distance<T, decltype(pack)::value>, x, y, positions, channels, lanes, map.f32());
      });
    });
  }

  void backward(const Tensor& a, const Tensor& b, const Tensor& dmap, const Tensor& da, WriteMode mode) override {
    const std::int64_t channels = a.shape.back(), positions = dmap.elements();
    require(a.shape == b.shape && a.shape == da.shape, "squared distance gradient shapes");
    cuda::with_storage(a.dtype, [&](auto zero) {
      using T = decltype(zero);
      const T *const x = cuda::elements_of<T>(a), *const y = cuda::elements_of<T>(b);
      const kernels::Destination<T> to{cuda::elements_of<T>(da), mode == WriteMode::kAccumulate};
      cuda::with_pack<T>(channels, {x, y, to.data}, [&](auto pack) {
        const int lanes = kernels::lanes_for(channels / pack);
        cuda::launch(nullptr, cuda::grid_stride(positions * lanes, 256, 1024),
                     kernels::squared_distance_gradient<T, decltype(pack)::value>, x, y, dmap.f32(), positions,
                     channels, lanes, to);
      });
    });
  }
};
// [end]

}  // namespace

std::unique_ptr<SquaredDistance> make_cuda_squared_distance() { return std::make_unique<CudaSquaredDistance>(); }

}  // namespace mdd::tour
