// A folded layer computes what convolution, batch norm in eval mode, residual and ReLU compute one after the other.
#include <cmath>

#include "model/residual_stage.h"
#include "model/tiny_problem.h"
#include "model/to_array.h"
#include "reference/checker.h"
#include "reference/convolution.h"

using namespace mdd;
using namespace mdd::test;
using reference::Array;

namespace {

constexpr double kTolerance = 1e-5;

/// Random values everywhere, variances and gammas away from 0.
void randomise(ParameterStore& store) {
  std::uint32_t item = 100;
  for (const Parameter& p : store.parameters()) {
    const bool positive = p.name.ends_with("running_var") || p.initial == Initial::kOne;
    const double fan_in =
        p.shape.rank() == 4 ? std::sqrt(static_cast<double>(p.shape[1] * p.shape[2] * p.shape[3])) : 1;
    const auto bound = static_cast<float>(1.5 / fan_in);
    const auto values = random_floats(p.shape.elements(), item++, positive ? 0.3f : -bound, positive ? 2.0f : bound);
    store.backend().copy_from_host(p.view.value, std::as_bytes(std::span(values)));
  }
}

/// Unfolded eval-mode mathematics in float64. `first` is the store's index of the unit's five tensors.
class EvalReference {
 public:
  explicit EvalReference(const ParameterStore& store) : store_(&store) {}

  Array unit(std::size_t first, const ConvolutionGeometry& geometry, const Array& x, const Array* residual,
             bool relu) const {
    const auto tensor = [&](std::size_t i) {
      return to_array(store_->backend(), store_->parameters()[first + i].view.value);
    };
    const Array weights = tensor(0), gamma = tensor(1), beta = tensor(2), mean = tensor(3), variance = tensor(4);
    const bool transposed = store_->parameters()[first].layout == Layout::kTransposedConvolution;
    Array y = transposed ? reference::grid_to_image(geometry, x, weights, 2 * x.shape[1], 2 * x.shape[2])
                         : reference::image_to_grid(geometry, x, weights);
    for (reference::Index i = 0; i < y.size(); ++i) {
      const reference::Index c = i % y.shape.back();
      y[i] = (y[i] - mean[c]) / std::sqrt(variance[c] + 1e-5) * gamma[c] + beta[c];
    }
    return reference::epilogue(std::move(y), nullptr, residual, relu);
  }

 private:
  const ParameterStore* store_;
};

}  // namespace

TEST_CASE("one layer: convolution and transposed convolution, with and without residual and ReLU") {
  const auto backend = make_cpu_backend();
  for (const bool transposed : {false, true}) {
    const ConvolutionGeometry geometry = transposed ? ConvolutionGeometry{2, 2, 0} : ConvolutionGeometry{3, 1, 1};
    ParameterStore store(*backend);
    ConvolutionUnit unit(store, "conv", "bn", {5, 6, geometry, transposed});
    store.allocate(false);
    randomise(store);
    StepArena arena(*backend);
    Tape tape(*backend, arena, false);
    const OnDevice x(*backend, DType::kF32, {2, 4, 3, 5}, random_floats(120, 1, -1, 1));
    const Shape out = transposed ? Shape{2, 8, 6, 6} : Shape{2, 4, 3, 6};
    const OnDevice skip(*backend, DType::kF32, out, random_floats(out.elements(), 2, -1, 1));
    CHECK_THROWS_AS(static_cast<void>(unit.forward(tape, x.variable(), nullptr, false)), Error);  // not folded yet
    backend->forget_packed_filters();
    unit.fold();
    for (const bool relu : {false, true}) {
      for (const bool residual : {false, true}) {
        CAPTURE(transposed);
        CAPTURE(relu);
        CAPTURE(residual);
        const Variable y = unit.forward(tape, x.variable(), residual ? skip.variable() : nullptr, relu);
        const Array skipped = to_array(*backend, skip.tensor());
        const Array expected =
            EvalReference(store).unit(0, geometry, to_array(*backend, x.tensor()), residual ? &skipped : nullptr, relu);
        CHECK(y->value.shape == expected.shape);
        CHECK(reference::relative_error(to_array(*backend, y->value), expected) <= kTolerance);
      }
    }
    unit.unfold();
    CHECK_THROWS_AS(static_cast<void>(unit.forward(tape, x.variable(), nullptr, false)), Error);
  }
}

TEST_CASE("whole stages: every kind of block, up, down and level") {
  const auto backend = make_cpu_backend();
  for (const BlockKind block : {BlockKind::kBasic, BlockKind::kBottleneck}) {
    for (const Resampling resampling : {Resampling::kNone, Resampling::kDown, Resampling::kUp}) {
      CAPTURE(static_cast<int>(block));
      CAPTURE(static_cast<int>(resampling));
      ParameterStore store(*backend);
      ResidualStage stage(store, "layer1", {block, 8, 4, 2, resampling, 128});
      store.allocate(false);
      randomise(store);
      // A stage visits its units in the order in which they were declared, five tensors each.
      std::map<const ConvolutionUnit*, std::size_t> first;
      stage.visit([&](ConvolutionUnit& unit) { first.emplace(&unit, 5 * first.size()); });
      REQUIRE(5 * first.size() == store.parameters().size());
      backend->forget_packed_filters();
      stage.visit([](ConvolutionUnit& unit) { unit.fold(); });

      StepArena arena(*backend);
      Tape tape(*backend, arena, false);
      const OnDevice x(*backend, DType::kF32, {2, 4, 6, 8}, random_floats(384, 7, -1, 1));
      const Variable folded = stage.forward(trained_runner(tape), x.variable());

      const EvalReference reference_net(store);
      const Variable unfolded = stage.forward(
          [&](ConvolutionUnit& unit, const Variable& in, const Variable& residual, bool relu) {
            const std::size_t at = first.at(&unit);
            const Parameter& weights = store.parameters()[at];
            const bool transposed = weights.layout == Layout::kTransposedConvolution;
            // The strided ones of a stage that goes down: its first 3x3 and its shortcut.
            const bool strided = resampling == Resampling::kDown && weights.name.starts_with("layer1.0.") &&
                                 (weights.name.ends_with("downsample.0.weight") ||
                                  weights.name.ends_with(block == BlockKind::kBasic ? "conv1.weight" : "conv2.weight"));
            const std::int64_t kernel = weights.shape[1];
            const ConvolutionGeometry geometry =
                transposed ? ConvolutionGeometry{2, 2, 0} : ConvolutionGeometry{kernel, strided ? 2 : 1, kernel / 2};
            Array skip;
            if (residual) skip = to_array(*backend, residual->value);
            const Array y =
                reference_net.unit(at, geometry, to_array(*backend, in->value), residual ? &skip : nullptr, relu);
            const Variable out = tape.features(y.shape, false);
            const std::vector<float> values(y.values.begin(), y.values.end());
            backend->copy_from_host(out->value, std::as_bytes(std::span(values)));
            return out;
          },
          x.variable());
      CHECK(reference::relative_error(to_array(*backend, folded->value), to_array(*backend, unfolded->value)) <=
            kTolerance);
    }
  }
}

TEST_CASE("folding follows the weights: old copies are not used") {
  TinyProblem problem(tiny());
  const auto run = [&] {
    problem.model.fold();
    Tape tape(*problem.backend, problem.arena, false);
    return fetch(*problem.backend, problem.model.forward(tape, problem.teacher()).restored[0]->value);
  };
  const std::vector<float> before = run();
  CHECK(run() == before);
  problem.model.trained().initialise(99);
  CHECK(run() != before);
  problem.model.unfold();
  Tape tape(*problem.backend, problem.arena, false);
  CHECK_THROWS_AS(static_cast<void>(problem.model.forward(tape, problem.teacher())), Error);
}
