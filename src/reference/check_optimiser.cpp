// Cases of Adam: steps, clipping, skipped steps.
#include <limits>

#include "reference/checker.h"
#include "reference/optimiser.h"

namespace mdd::reference {
namespace {

/// A run of Adam on the backend beside one of the reference.
class AdamCheck {
 public:
  AdamCheck(Checker& check, Index size, float clip_norm, float loss_scale = 1.0f)
      : check_(check),
        params_{.clip_norm = clip_norm, .loss_scale = loss_scale},
        expected_(params_, check.random(Shape{size})),
        w_(check.device(expected_.w)),
        m_(check.device(Array(Shape{size}))),
        v_(check.device(Array(Shape{size}))),
        loss_(check.poisoned(Shape{1})),
        state_(check.device(Array(Shape{kOptimizerStateSize}), DType::kF64)) {}

  void set_learning_rate(double rate) {
    expected_.learning_rate = rate;
    Array values = state_.download();
    values[kLearningRate] = rate;
    state_.upload(values);
  }

  void step(const std::string& name, const Array& gradient, double loss) {
    const DeviceArray device_gradient = check_.device(gradient);
    loss_.upload(Array(Shape{1}, loss));
    expected_.step(gradient, loss);
    check_.backend().adam_prepare(params_, device_gradient, loss_, state_);
    check_.backend().adam_step(params_, state_, device_gradient, w_, m_, v_);
    check_.compare(name + ": w", w_, expected_.w, kElementwise);
    check_.compare(name + ": m", m_, expected_.m, kSum);
    check_.compare(name + ": v", v_, expected_.v, kSum);
    compare_state(name);
  }

  /// A step that must be skipped and leave every bit in place.
  void skip(const std::string& name, const Array& gradient, double loss) {
    const auto w = w_.download_bytes(), m = m_.download_bytes(), v = v_.download_bytes();
    step(name, gradient, loss);
    check_.expect(name + ": weights and moments keep their bits",
                  w == w_.download_bytes() && m == m_.download_bytes() && v == v_.download_bytes());
  }

 private:
  void compare_state(const std::string& name) {
    const Array state = state_.download();
    const auto counter = [&](Index index, Index value) { return state[index] == static_cast<double>(value); };
    check_.expect(name + ": counters", counter(kStepsTaken, expected_.steps_taken) &&
                                           counter(kSkippedInARow, expected_.skipped_in_a_row) &&
                                           counter(kSkippedTotal, expected_.skipped_total));
    check_.compare(name + ": gradient scale", Array(Shape{1}, state[kGradientScale]),
                   Array(Shape{1}, expected_.gradient_scale), kSum);
    if (expected_.gradient_scale > 0.0) {
      check_.compare(name + ": gradient norm", Array(Shape{1}, state[kGradientNorm]),
                     Array(Shape{1}, expected_.gradient_norm), kSum);
    }
    check_.expect(name + ": learning rate is left alone", state[kLearningRate] == expected_.learning_rate);
  }

  Checker& check_;
  AdamParams params_;
  Adam expected_;
  DeviceArray w_, m_, v_, loss_, state_;
};

void check_steps(Checker& check, Index size, float clip_norm, float loss_scale = 1.0f) {
  AdamCheck adam(check, size, clip_norm, loss_scale);
  const auto gradient = [&](float largest) {
    return check.random(Shape{size}, -largest * loss_scale, largest * loss_scale);
  };
  adam.set_learning_rate(0.005);
  adam.step("step 1", gradient(1.0f), 0.7);
  adam.step("step 2", gradient(1.0f), 0.5);
  adam.set_learning_rate(0.0005);
  adam.step("step 3", gradient(0.01f), 0.4);
}

void check_skips(Checker& check) {
  const Index size = 1037;
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  AdamCheck adam(check, size, 5.0f);
  adam.set_learning_rate(0.005);
  adam.step("step 1", check.random(Shape{size}), 1.0);
  Array broken = check.random(Shape{size});
  broken[size - 1] = nan;
  adam.skip("NaN in the gradient", broken, 1.0);
  broken[size - 1] = -infinity;
  adam.skip("infinity in the gradient", broken, 1.0);
  adam.skip("NaN loss", check.random(Shape{size}), nan);
  adam.skip("infinite loss", check.random(Shape{size}), infinity);
  adam.step("recovery", check.random(Shape{size}), 1.0);
}

}  // namespace

void check_optimiser(Checker& check) {
  check.run("adam", "1 weight, no clipping", [&] { check_steps(check, 1, 0.0f); });
  check.run("adam", "1037 weights, clipped", [&] { check_steps(check, 1037, 5.0f); });
  check.run("adam", "1037 weights, clip not reached", [&] { check_steps(check, 1037, 1000.0f); });
  check.run("adam", "1037 weights, no clipping", [&] { check_steps(check, 1037, 0.0f); });
  check.run("adam", "70001 weights, clipped", [&] { check_steps(check, 70001, 5.0f); });
  check.run("adam", "1037 weights, gradients times 1024, clipped", [&] { check_steps(check, 1037, 5.0f, 1024.0f); });
  check.run("adam", "1037 weights, gradients times 1024, clip not reached",
            [&] { check_steps(check, 1037, 1000.0f, 1024.0f); });
  check.run("adam", "zero gradient", [&] {
    AdamCheck adam(check, 17, 5.0f);
    adam.set_learning_rate(0.005);
    adam.step("step 1", Array(Shape{17}), 0.0);
  });
  check.run("adam", "skipped steps", [&] { check_skips(check); });
}

}  // namespace mdd::reference
