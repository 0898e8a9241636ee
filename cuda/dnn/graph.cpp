#include "cuda/dnn/graph.h"

#include <array>
#include <vector>

namespace mdd::cuda {
namespace {

constexpr std::int64_t kFirstVirtual = 100;  ///< ids of intermediate values, which nothing is bound to

cudnnDataType_t data_type(DType type) {
  if (type == DType::kF16) return CUDNN_DATA_HALF;
  return type == DType::kBF16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
}

/// A dense tensor whose memory order is outermost, rows, columns, channels. cuDNN wants the extents in the order
/// outermost, channels, rows, columns whatever the layout: the strides tell it.
Descriptor tensor(std::int64_t id, const Shape& shape, cudnnDataType_t type, bool is_virtual = false) {
  const std::int64_t rows = shape[1], columns = shape[2], channels = shape[3];
  const std::array<std::int64_t, 4> extents{shape[0], channels, rows, columns};
  const std::array<std::int64_t, 4> strides{rows * columns * channels, 1, columns * channels, channels};
  Descriptor out(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  out.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
  out.set(CUDNN_ATTR_TENSOR_DATA_TYPE, type);
  out.set_all(CUDNN_ATTR_TENSOR_DIMENSIONS, extents);
  out.set_all(CUDNN_ATTR_TENSOR_STRIDES, strides);
  out.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kOperandAlignment);
  out.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, is_virtual);
  out.finalize();
  return out;
}

Descriptor convolution(const ConvolutionGeometry& g) {
  const std::array<std::int64_t, 2> stride{g.stride, g.stride}, padding{g.padding, g.padding}, dilation{1, 1};
  Descriptor out(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  out.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2});
  out.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
  out.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
  out.set_all(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, stride);
  out.set_all(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, padding);
  out.set_all(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, padding);
  out.set_all(CUDNN_ATTR_CONVOLUTION_DILATIONS, dilation);
  out.finalize();
  return out;
}

/// The attributes of the three convolution operations: the same six under three sets of names.
struct ConvolutionNames {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t convolution, x, w, y, alpha, beta;
};

ConvolutionNames names_of(ConvolutionKind kind) {
  switch (kind) {
    case ConvolutionKind::kBackwardData:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    case ConvolutionKind::kBackwardWeights:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
    case ConvolutionKind::kForward:
      break;
  }
  return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
}

/// Collects the operations of one graph. Parts live until the graph is gone; operations refer to them.
class Builder {
 public:
  Builder(const ConvolutionProblem& problem, DType filter_type) : problem_(&problem), filter_type_(filter_type) {}

  OperationGraph build() {
    const ConvolutionProblem& p = *problem_;
    const ConvolutionNames names = names_of(p.kind);
    const Descriptor& conv = keep(convolution(p.geometry));
    const Descriptor& x = keep(tensor(kTensorX, p.x, data_type(p.type)));
    const Descriptor& w = keep(tensor(kTensorW, p.filter(), data_type(filter_type_)));
    int left = (p.bias ? 1 : 0) + (p.residual ? 1 : 0) + (p.relu ? 1 : 0);
    const Descriptor* y = &result(left);
    Descriptor operation(names.operation);
    operation.set(names.convolution, conv);
    operation.set(names.x, x);
    operation.set(names.w, w);
    operation.set(names.y, *y);
    operation.set(names.alpha, 1.0f);
    operation.set(names.beta, 0.0f);
    operation.finalize();
    operations_.push_back(std::move(operation));
    // Residual, then bias: the engines without tensor cores, which exact f32 needs, know the sums only in this order.
    if (p.residual) y = &pointwise(CUDNN_POINTWISE_ADD, *y, &keep(residual()), --left);
    if (p.bias) y = &pointwise(CUDNN_POINTWISE_ADD, *y, &keep(bias()), --left);
    if (p.relu) y = &pointwise(CUDNN_POINTWISE_RELU_FWD, *y, nullptr, --left);
    return finish();
  }

 private:
  Descriptor bias() const { return tensor(kTensorBias, {1, 1, 1, problem_->y[3]}, CUDNN_DATA_FLOAT); }
  Descriptor residual() const { return tensor(kTensorResidual, problem_->y, data_type(problem_->type)); }

  /// Where an operation writes that `left` others follow: y itself after the last one.
  const Descriptor& result(int left) {
    return left == 0 ? keep(tensor(kTensorY, problem_->y, data_type(problem_->type)))
                     : keep(tensor(kFirstVirtual + left, problem_->y, CUDNN_DATA_FLOAT, true));
  }

  const Descriptor& pointwise(cudnnPointwiseMode_t mode, const Descriptor& x, const Descriptor* other, int left) {
    Descriptor what(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    what.set(CUDNN_ATTR_POINTWISE_MODE, mode);
    what.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
    what.finalize();
    const Descriptor& y = result(left);
    Descriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, keep(std::move(what)));
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x);
    if (other != nullptr) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *other);
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
    operation.finalize();
    operations_.push_back(std::move(operation));
    return y;
  }

  OperationGraph finish() {
    Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    graph.set_all(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations_);
    graph.finalize();
    for (Descriptor& operation : operations_) parts_.push_back(std::move(operation));
    return {std::move(graph), std::move(parts_)};
  }

  const Descriptor& keep(Descriptor part) { return parts_.emplace_back(std::move(part)); }

  const ConvolutionProblem* problem_;
  DType filter_type_;
  std::deque<Descriptor> parts_;  ///< a deque: references to its elements stay valid as it grows
  std::vector<Descriptor> operations_;
};

}  // namespace

OperationGraph build_graph(const ConvolutionProblem& problem, DType filter_type) {
  check_problem(problem, filter_type);
  return Builder(problem, filter_type).build();
}

std::int64_t engine_count(const OperationGraph& graph) {
  return graph.graph.read<std::int64_t>(CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT);
}

}  // namespace mdd::cuda
