#include "cuda/dnn/problem.h"

namespace mdd::cuda {
namespace {

bool is_storage(DType type) { return type == DType::kF32 || type == DType::kF16 || type == DType::kBF16; }

const char* name_of(ConvolutionKind kind) {
  switch (kind) {
    case ConvolutionKind::kForward:
      return "forward";
    case ConvolutionKind::kBackwardData:
      return "backward-data";
    case ConvolutionKind::kBackwardWeights:
      return "backward-weights";
  }
  return "";
}

}  // namespace

void check_problem(const ConvolutionProblem& p, DType filter_type) {
  const ConvolutionGeometry& g = p.geometry;
  require(g.kernel > 0 && g.stride > 0 && g.padding >= 0, "convolution geometry");
  require(p.x.rank() == 4 && p.y.rank() == 4 && p.x.elements() > 0 && p.y.elements() > 0,
          "convolution operands have four dimensions, none empty");
  require(p.x[0] == p.y[0] && g.output(p.x[1]) == p.y[1] && g.output(p.x[2]) == p.y[2], "convolution output extent");
  require(is_storage(p.type) && is_storage(filter_type), "features are f32, f16 or bf16");
  const bool gradient = p.kind == ConvolutionKind::kBackwardWeights;
  require(filter_type == p.type || (gradient && filter_type == DType::kF32), "the filter's type");
  require(p.kind == ConvolutionKind::kForward || !p.has_epilogue(), "only a forward convolution has an epilogue");
}

std::string text(const ConvolutionProblem& p, DType filter_type) {
  const std::string kernel = std::to_string(p.geometry.kernel);
  std::string out = std::string(name_of(p.kind)) + " " + kernel + "x" + kernel + " stride " +
                    std::to_string(p.geometry.stride) + " padding " + std::to_string(p.geometry.padding) + " x " +
                    p.x.text() + " y " + p.y.text() + " ";
  out.append(mdd::name_of(p.type)).append(" filter ").append(mdd::name_of(filter_type));
  if (p.bias) out += " bias";
  if (p.residual) out += " residual";
  if (p.relu) out += " relu";
  return out;
}

}  // namespace mdd::cuda
