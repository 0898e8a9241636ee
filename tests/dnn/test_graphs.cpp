// Every convolution of every encoder's model becomes an operation graph that cuDNN accepts. No device is needed.
#include <doctest/doctest.h>

#include "convolution_recorder.h"
#include "cuda/dnn/graph.h"
#include "train/training_step.h"

using namespace mdd;
using namespace mdd::cuda;

namespace {

constexpr std::int64_t kSide = 256, kBatch = 16;

/// What one training step (two encoder passes in one, training forward, backward) and one inference batch ask for.
std::map<std::string, ConvolutionProblem> convolutions_of(const std::string& encoder) {
  test::ConvolutionRecorder recorder;
  const auto input = [&](DType type, const Shape& shape) {
    return Tape::constant({recorder.allocate(static_cast<std::size_t>(shape.elements()) * size_of(type)), type, shape});
  };
  ModelOptions options;
  options.encoder = encoder;
  MddNet model(recorder, options, true);
  model.fold_encoder();
  model.fold();
  {
    TrainingStep step(model, {}, {});
    Tape tape = step.tape(true);
    static_cast<void>(step.forward(tape, {input(DType::kF32, {2 * kBatch, kSide, kSide, 3}),
                                          input(DType::kU8, {kBatch, kSide, kSide}), input(DType::kI32, {kBatch})}));
    tape.backward();
  }
  StepArena arena(recorder);
  Tape tape(recorder, arena, false);
  const Features teacher = model.encoder().forward(tape, input(DType::kF32, {kBatch, kSide, kSide, 3}));
  static_cast<void>(model.forward(tape, teacher));
  return recorder.problems();
}

void check_graph(const ConvolutionProblem& problem, DType filter_type) {
  CAPTURE(text(problem, filter_type));
  const OperationGraph graph = build_graph(problem, filter_type);
  CHECK(engine_count(graph) > 0);
}

}  // namespace

TEST_CASE("cuDNN knows the form of every convolution that the models ask for") {
  for (const char* encoder : {"resnet18", "resnet34", "resnet50", "wide_resnet50_2"}) {
    CAPTURE(encoder);
    bool fused = false, grown = false;
    for (auto& [name, problem] : convolutions_of(encoder)) {
      fused = fused || (problem.bias && problem.residual && problem.relu);
      grown = grown || (problem.kind == ConvolutionKind::kBackwardData && problem.geometry.kernel == 2);
      for (const DType type : {DType::kF32, DType::kF16, DType::kBF16}) {
        ConvolutionProblem stored = problem;
        stored.type = type;
        check_graph(stored, type);
        if (problem.kind == ConvolutionKind::kBackwardWeights) check_graph(stored, DType::kF32);
      }
    }
    CHECK(fused);
    CHECK(grown);
  }
}

TEST_CASE("A residual does not cost the engines that compute in f32 without tensor cores") {
  ConvolutionProblem problem{.x = {16, 64, 64, 64}, .y = {16, 64, 64, 64}, .bias = true, .relu = true};
  const std::int64_t without = engine_count(build_graph(problem, DType::kF32));
  problem.residual = true;
  CHECK(engine_count(build_graph(problem, DType::kF32)) == without);
}

TEST_CASE("A problem that does not fit together is refused before cuDNN sees it") {
  const ConvolutionProblem good{.kind = ConvolutionKind::kForward,
                                .geometry = {3, 2, 1},
                                .x = {2, 16, 16, 8},
                                .y = {2, 8, 8, 32},
                                .type = DType::kF16,
                                .bias = true,
                                .relu = true};
  CHECK(engine_count(build_graph(good, DType::kF16)) > 0);
  const auto refused = [&](const auto& spoil, DType filter_type = DType::kF16) {
    ConvolutionProblem bad = good;
    spoil(bad);
    CHECK_THROWS_AS(static_cast<void>(build_graph(bad, filter_type)), Error);
  };
  refused([](ConvolutionProblem& p) { p.y = {2, 9, 8, 32}; });
  refused([](ConvolutionProblem& p) { p.y = {3, 8, 8, 32}; });
  refused([](ConvolutionProblem& p) { p.x = {2, 16, 16}; });
  refused([](ConvolutionProblem& p) { p.y = {2, 8, 8, 0}; });
  refused([](ConvolutionProblem& p) { p.geometry.stride = 0; });
  refused([](ConvolutionProblem& p) { p.type = DType::kU8; }, DType::kU8);
  refused([](ConvolutionProblem& p) { p.kind = ConvolutionKind::kBackwardData; });  // with an epilogue
  refused([](ConvolutionProblem&) {}, DType::kF32);                                 // only a gradient may be wider
}

TEST_CASE("What cuDNN refuses is an error that says where and why") {
  Descriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  const std::array<std::int64_t, 4> extents{1, -3, 1, 1};
  std::string message;
  try {
    tensor.set_all(CUDNN_ATTR_TENSOR_DIMENSIONS, extents);
    tensor.finalize();
  } catch (const Error& error) {
    message = error.what();
    CHECK(error.kind() == ErrorKind::kRuntime);
  }
  CHECK(message.find("CUDNN_STATUS_BAD_PARAM") != std::string::npos);
  CHECK(message.find("test_graphs.cpp:") != std::string::npos);
  CHECK(message.find('\n') == std::string::npos);
}

TEST_CASE("Different problems have different names") {
  const ConvolutionProblem plain{.geometry = {1, 1, 0}, .x = {1, 4, 4, 8}, .y = {1, 4, 4, 8}};
  std::vector<std::string> names{text(plain, DType::kF32), text(plain, DType::kBF16)};
  const auto add = [&](const auto& change) {
    ConvolutionProblem other = plain;
    change(other);
    names.push_back(text(other, DType::kF32));
  };
  add([](ConvolutionProblem& p) { p.kind = ConvolutionKind::kBackwardData; });
  add([](ConvolutionProblem& p) { p.kind = ConvolutionKind::kBackwardWeights; });
  add([](ConvolutionProblem& p) { p.geometry.kernel = 3; });
  add([](ConvolutionProblem& p) { p.geometry.stride = 2; });
  add([](ConvolutionProblem& p) { p.geometry.padding = 1; });
  add([](ConvolutionProblem& p) { p.x = {1, 4, 48, 8}; });
  add([](ConvolutionProblem& p) { p.y = {1, 4, 4, 9}; });
  add([](ConvolutionProblem& p) { p.type = DType::kBF16; });
  add([](ConvolutionProblem& p) { p.bias = true; });
  add([](ConvolutionProblem& p) { p.residual = true; });
  add([](ConvolutionProblem& p) { p.relu = true; });
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) CHECK(names[i] != names[j]);
    CHECK(names[i].find_first_of("\t\n") == std::string::npos);
  }
}
