// Launchers of kernels/convolution_direct.cuh.
#include "cuda/kernels/convolution_direct.cuh"
#include "cuda/ops/channel_grid.h"
#include "cuda/ops/direct_convolution.h"
#include "cuda/ops/storage.h"

namespace mdd::cuda {
namespace {

constexpr unsigned kAcross = 32;  ///< threads along the elements of a filter

unsigned blocks(std::int64_t items, unsigned each) { return static_cast<unsigned>((items + each - 1) / each); }

kernels::DirectConvolution description(const ConvolutionGeometry& geometry, const Shape& x, const Shape& y,
                                       const Shape& w) {
  require(x.rank() == 4 && y.rank() == 4 && x[0] == y[0] && y[1] == geometry.output(x[1]) &&
              y[2] == geometry.output(x[2]) && w == Shape({y[3], geometry.kernel, geometry.kernel, x[3]}),
          "convolution shapes");
  const auto extent = [](std::int64_t value) { return static_cast<int>(value); };
  return {extent(geometry.kernel),
          extent(geometry.stride),
          extent(geometry.padding),
          extent(x[0]),
          extent(x[1]),
          extent(x[2]),
          extent(x[3]),
          extent(y[1]),
          extent(y[2]),
          extent(y[3])};
}

/// Threads for the elements of `output` [N,.,.,channels].
LaunchGeometry element_grid(const Shape& output, int multiprocessors) {
  return channel_grid(output[0] * output[1] * output[2], output[3], streaming_blocks(multiprocessors));
}

template <class T, int kFilters>
void backward_weights(cudaStream_t stream, const kernels::DirectConvolution& convolution, const Tensor& x,
                      const Tensor& dy, const Tensor& dw) {
  const dim3 grid(1, blocks(dw.elements() / dw.shape[0], kAcross), blocks(dw.shape[0], kFilters));
  launch(stream, {grid, dim3(kAcross, kernels::kChannelThreads / kAcross)},
         kernels::convolution_backward_weights<T, kFilters>, elements_of<T>(x), elements_of<T>(dy), dw.f32(),
         convolution);
}

}  // namespace

void direct_convolution_forward(cudaStream_t stream, int multiprocessors, const ConvolutionGeometry& geometry,
                                const Tensor& x, const Tensor& w, const Tensor& y) {
  const auto convolution = description(geometry, x.shape, y.shape, w.shape);
  with_storage(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(stream, element_grid(y.shape, multiprocessors), kernels::convolution_forward<T>, elements_of<T>(x),
           elements_of<T>(w), elements_of<T>(y), convolution);
  });
}

void direct_convolution_backward_data(cudaStream_t stream, int multiprocessors, const ConvolutionGeometry& geometry,
                                      const Tensor& dy, const Tensor& w, const Tensor& dx) {
  const auto convolution = description(geometry, dx.shape, dy.shape, w.shape);
  with_storage(dy.dtype, [&](auto zero) {
    using T = decltype(zero);
    launch(stream, element_grid(dx.shape, multiprocessors), kernels::convolution_backward_data<T>, elements_of<T>(dy),
           elements_of<T>(w), elements_of<T>(dx), convolution);
  });
}

void direct_convolution_backward_weights(cudaStream_t stream, int multiprocessors, const ConvolutionGeometry& geometry,
                                         const Tensor& x, const Tensor& dy, const Tensor& dw) {
  const auto convolution = description(geometry, x.shape, dy.shape, dw.shape);
  // Several filters a block, unless that would leave most of the device without work.
  const bool few = dw.elements() < std::int64_t{8} * kAcross * multiprocessors;
  with_storage(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    few ? backward_weights<T, 1>(stream, convolution, x, dy, dw)
        : backward_weights<T, 8>(stream, convolution, x, dy, dw);
  });
}

}  // namespace mdd::cuda
