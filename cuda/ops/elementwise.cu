// Launchers of kernels/elementwise.cuh and kernels/bias_residual_relu.cuh.
#include "cuda/kernels/bias_residual_relu.cuh"
#include "cuda/kernels/elementwise.cuh"
#include "cuda/ops/channel_grid.h"
#include "cuda/ops/elementwise.h"
#include "cuda/ops/storage.h"

namespace mdd::cuda {
namespace {

LaunchGeometry flat_grid(std::int64_t elements, int pack, int multiprocessors) {
  return grid_stride((elements + pack - 1) / pack, 256, streaming_blocks(multiprocessors));
}

template <class T>
void fill_with(cudaStream_t stream, int multiprocessors, T* to, std::int64_t elements, T value) {
  with_pack<T>(0, {to}, [&](auto pack) {
    launch(stream, flat_grid(elements, pack, multiprocessors), kernels::fill<T, pack()>, to, value, elements);
  });
}

}  // namespace

void fill_elements(cudaStream_t stream, int multiprocessors, const Tensor& to, float value) {
  if (to.dtype == DType::kF64) {
    fill_with(stream, multiprocessors, to.as<double>(), to.elements(), static_cast<double>(value));
  } else {
    fill_with(stream, multiprocessors, to.f32(), to.elements(), value);
  }
}

void cast_elements(cudaStream_t stream, int multiprocessors, const Tensor& from, const Tensor& to) {
  const std::int64_t elements = from.elements();
  require(elements == to.elements(), "cast keeps the number of elements");
  with_storage(from.dtype, [&](auto from_zero) {
    with_storage(to.dtype, [&](auto to_zero) {
      using From = decltype(from_zero);
      using To = decltype(to_zero);
      using Narrow = std::conditional_t<sizeof(From) < sizeof(To), From, To>;
      const From* source = elements_of<From>(from);
      To* target = elements_of<To>(to);
      with_pack<Narrow>(0, {source, target}, [&](auto pack) {
        launch(stream, flat_grid(elements, pack, multiprocessors), kernels::cast<From, To, pack()>, source, target,
               elements);
      });
    });
  });
}

void add_elements(cudaStream_t stream, int multiprocessors, const Tensor& a, const Tensor& b, const Tensor& y) {
  const std::int64_t elements = y.elements();
  require(a.elements() == elements && b.elements() == elements, "operands of a sum have one shape");
  with_storage(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* first = elements_of<T>(a);
    const T* second = elements_of<T>(b);
    T* out = elements_of<T>(y);
    with_pack<T>(0, {first, second, out}, [&](auto pack) {
      launch(stream, flat_grid(elements, pack, multiprocessors), kernels::add<T, pack()>, first, second, out, elements);
    });
  });
}

void bias_residual_relu(cudaStream_t stream, int multiprocessors, const Tensor& sums, const Epilogue& epilogue,
                        const Tensor& y) {
  const std::int64_t channels = y.shape.back();
  const std::int64_t positions = y.elements() / channels;
  require(sums.shape == y.shape && (!epilogue.residual.defined() || epilogue.residual.shape == y.shape) &&
              (!epilogue.bias.defined() || epilogue.bias.elements() == channels),
          "epilogue shapes");
  const float* bias = epilogue.bias.defined() ? epilogue.bias.f32() : nullptr;
  with_storage(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* in = elements_of<T>(sums);
    const T* skip = epilogue.residual.defined() ? elements_of<T>(epilogue.residual) : nullptr;
    T* out = elements_of<T>(y);
    with_pack<T>(channels, {in, skip, out}, [&](auto pack) {
      launch(stream, channel_grid(positions, channels / pack, streaming_blocks(multiprocessors)),
             kernels::bias_residual_relu<T, pack()>, in, bias, skip, epilogue.relu, out, positions, channels);
    });
  });
}

}  // namespace mdd::cuda
