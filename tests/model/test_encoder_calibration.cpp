// An encoder without trained weights: calibrate() gives every layer the statistics of the images that it saw.
#include <cmath>

#include "model/tensor_list.h"
#include "model/tiny_problem.h"

using namespace mdd;
using namespace mdd::test;

namespace {

/// Mean and variance of every channel of features.
std::pair<std::vector<double>, std::vector<double>> moments(Backend& backend, const Tensor& features) {
  const std::vector<float> values = fetch(backend, features);
  const auto channels = static_cast<std::size_t>(features.shape.back());
  const double rows = static_cast<double>(values.size() / channels);
  std::vector<double> mean(channels), variance(channels);
  for (std::size_t i = 0; i < values.size(); ++i) mean[i % channels] += static_cast<double>(values[i]) / rows;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double d = static_cast<double>(values[i]) - mean[i % channels];
    variance[i % channels] += d * d / rows;
  }
  return {mean, variance};
}

/// The encoder's layers, built a second time from the same pieces so that a test can look between them.
struct OpenEncoder {
  OpenEncoder(Backend& backend, MddNet& model)
      : store(backend), stem(store, "encoder.conv1", "encoder.bn1", stem_of(model)) {
    const Architecture& a = model.shape();
    for (std::int64_t s = 0; s < 3; ++s) {
      stages.emplace_back(
          store, "encoder.layer" + std::to_string(s + 1),
          StageShape{a.block, s == 0 ? a.base : a.channels(s - 1), a.base << s, a.blocks[static_cast<std::size_t>(s)],
                     s == 0 ? Resampling::kNone : Resampling::kDown, a.width_per_group});
    }
    store.allocate(false);
    TensorList tensors{export_tensors(model.frozen(), 0)};
    import_tensors(store, "", tensors.source(), "", [](const std::string&) { return false; });
    stem.fold();
    for (ResidualStage& stage : stages) stage.visit([](ConvolutionUnit& unit) { unit.fold(); });
  }
  static ConvolutionUnitShape stem_of(const MddNet& model) { return {3, model.shape().base, {7, 2, 3}, false}; }

  ParameterStore store;
  ConvolutionUnit stem;
  std::vector<ResidualStage> stages;
};

}  // namespace

TEST_CASE("after calibration every pre-activation has mean 0 and variance 1 over the images") {
  for (const char* encoder : {"tiny_basic", "tiny_bottleneck"}) {
    CAPTURE(encoder);
    const auto backend = make_cpu_backend();
    MddNet model(*backend, tiny(encoder), false);
    model.initialise(1);
    StepArena arena(*backend);
    Tape tape(*backend, arena, false);
    const OnDevice images = random_images(*backend, 6, 64, 4);
    model.encoder().calibrate(tape, images.variable());

    backend->forget_packed_filters();
    OpenEncoder open(*backend, model);
    int units = 0;
    double worst_mean = 0, worst_variance = 0;
    const UnitRunner looking = [&](ConvolutionUnit& unit, const Variable& x, const Variable& residual, bool relu) {
      const Variable normalised = unit.forward_folded(tape, x, nullptr, false);
      const auto [mean, variance] = moments(*backend, normalised->value);
      for (const double m : mean) worst_mean = std::max(worst_mean, std::fabs(m));
      for (const double v : variance) worst_variance = std::max(worst_variance, std::fabs(v - 1.0));
      ++units;
      return unit.forward_folded(tape, x, residual, relu);
    };
    Variable x = looking(open.stem, images.variable(), nullptr, true);
    const Variable pooled = tape.features({6, 16, 16, 8}, false);
    backend->max_pool_forward({}, x->value, pooled->value);
    x = pooled;
    std::vector<Variable> features;
    for (ResidualStage& stage : open.stages) features.push_back(x = stage.forward(looking, x));
    CHECK(units == (std::string(encoder) == "tiny_basic" ? 9 : 16));
    CHECK(worst_mean < 1e-3);
    CHECK(worst_variance < 2e-2);  // running variances are unbiased: (n - 1) / n at n = 96 positions

    const Features direct = model.encoder().forward(tape, images.variable());
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(fetch(*backend, direct[i]->value) == fetch(*backend, features[i]->value));
    }
  }
}

TEST_CASE("calibration is repeatable and follows the images") {
  const auto backend = make_cpu_backend();
  MddNet model(*backend, tiny(), false);
  model.initialise(1);
  StepArena arena(*backend);
  Tape tape(*backend, arena, false);
  const OnDevice images = random_images(*backend, 2, 64, 4), others = random_images(*backend, 2, 64, 5);
  const auto calibrated = [&](const OnDevice& on) {
    model.encoder().calibrate(tape, on.variable());
    return fetch(*backend, model.frozen().statistics());
  };
  const std::vector<float> first = calibrated(images);
  CHECK(calibrated(images) == first);
  CHECK(calibrated(others) != first);
  CHECK(calibrated(images) == first);
}
