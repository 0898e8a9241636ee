// Flat buffers, initial values, and the order of axes in files.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "model/tiny_problem.h"

using namespace mdd;
using namespace mdd::test;

namespace {

struct Statistics {
  double mean = 0, deviation = 0, low = 0, high = 0;
};

Statistics statistics_of(const std::vector<float>& values) {
  Statistics s;
  for (const float v : values) s.mean += static_cast<double>(v);
  s.mean /= static_cast<double>(values.size());
  for (const float v : values) s.deviation += std::pow(static_cast<double>(v) - s.mean, 2);
  s.deviation = std::sqrt(s.deviation / static_cast<double>(values.size()));
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  s.low = static_cast<double>(*low);
  s.high = static_cast<double>(*high);
  return s;
}

std::vector<float> all_values(const ParameterStore& store) {
  std::vector<float> out = fetch(store.backend(), store.values());
  const std::vector<float> fixed = fetch(store.backend(), store.statistics());
  out.insert(out.end(), fixed.begin(), fixed.end());
  return out;
}

}  // namespace

TEST_CASE("views lie in the flat buffers, aligned, and never overlap") {
  const auto backend = make_cpu_backend();
  const MddNet model(*backend, tiny("tiny_bottleneck"), true);
  for (const ParameterStore* store : {&model.trained(), &model.frozen()}) {
    const bool trainable = store == &model.trained();
    std::vector<std::pair<const float*, const float*>> ranges;
    for (const Parameter& p : store->parameters()) {
      CAPTURE(p.name);
      const Tensor flat = p.trained ? store->values() : store->statistics();
      const float* begin = p.view.value.f32();
      CHECK(reinterpret_cast<std::uintptr_t>(begin) % 256 == 0);
      CHECK(begin >= flat.f32());
      CHECK(begin + p.shape.elements() <= flat.f32() + flat.elements());
      CHECK(p.view.value.shape == p.shape);
      ranges.emplace_back(begin, begin + p.shape.elements());
      CHECK(p.view.gradient.defined() == (p.trained && trainable));
      if (!p.view.gradient.defined()) continue;
      CHECK(p.view.gradient.f32() - store->gradients().f32() == p.offset);
      CHECK(begin - store->values().f32() == p.offset);
    }
    std::sort(ranges.begin(), ranges.end());
    for (std::size_t i = 1; i < ranges.size(); ++i) CHECK(ranges[i - 1].second <= ranges[i].first);
  }
}

TEST_CASE("the gaps between views stay 0: they take part in the optimiser's norm") {
  TinyProblem problem(tiny());
  static_cast<void>(problem.differentiate());
  const ParameterStore& store = problem.model.trained();
  for (const Tensor& flat : {store.values(), store.gradients()}) {
    std::vector<float> rest = fetch(*problem.backend, flat);
    std::int64_t named = 0;
    for (const Parameter& p : store.parameters()) {
      if (!p.trained) continue;
      named += p.shape.elements();
      std::fill_n(rest.begin() + p.offset, p.shape.elements(), 0.0f);
    }
    CHECK(named < flat.elements());
    CHECK(std::all_of(rest.begin(), rest.end(), [](float v) { return v == 0.0f; }));
  }
}

TEST_CASE("initial values have the distributions of spec S9") {
  const auto backend = make_cpu_backend();
  ParameterStore store(*backend);
  const Parameter& conv = store.declare("conv", {128, 3, 3, 64}, Layout::kConvolution, Initial::kKaimingFanOut);
  const Parameter& up =
      store.declare("up", {96, 2, 2, 64}, Layout::kTransposedConvolution, Initial::kTransposedUniform);
  const Parameter& memory = store.declare("memory", {10, 50, 100}, Layout::kPlain, Initial::kPrototypeUniform);
  const Parameter& one = store.declare("one", {77}, Layout::kPlain, Initial::kOne);
  const Parameter& zero = store.declare("zero", {77}, Layout::kPlain, Initial::kZero, false);
  store.allocate(false);
  store.initialise(5);
  const auto read = [&](const Parameter& p) { return statistics_of(fetch(*backend, p.view.value)); };

  const double deviation = std::sqrt(2.0 / (128 * 9));
  CHECK(read(conv).deviation == doctest::Approx(deviation).epsilon(0.02));
  CHECK(std::fabs(read(conv).mean) < 0.02 * deviation);
  CHECK(read(conv).high > 3.5 * deviation);  // a normal's tail, no bound
  CHECK(read(conv).low < -3.5 * deviation);
  const double up_bound = 1.0 / std::sqrt(64.0 * 4.0);
  CHECK(read(up).low >= -up_bound);
  CHECK(read(up).high <= up_bound);
  CHECK(read(up).high > 0.999 * up_bound);
  CHECK(read(up).deviation == doctest::Approx(up_bound / std::sqrt(3.0)).epsilon(0.02));
  CHECK(read(memory).low >= -0.1);
  CHECK(read(memory).high <= 0.1);
  CHECK(read(memory).deviation == doctest::Approx(0.1 / std::sqrt(3.0)).epsilon(0.02));
  CHECK(read(one).low == 1.0);
  CHECK(read(one).high == 1.0);
  CHECK(read(zero).low == 0.0);
  CHECK(read(zero).high == 0.0);
}

TEST_CASE("the seed decides every initial value, and no two tensors are alike") {
  const auto backend = make_cpu_backend();
  MddNet a(*backend, tiny(), false), b(*backend, tiny(), true);
  a.initialise(7);
  b.initialise(7);
  CHECK(all_values(a.trained()) == all_values(b.trained()));
  CHECK(all_values(a.frozen()) == all_values(b.frozen()));
  b.initialise(8);
  CHECK(all_values(a.trained()) != all_values(b.trained()));
  const auto restoration = fetch(*backend, a.trained().find("restoration.layer1.0.conv2.weight")->view.value);
  const auto identity = fetch(*backend, a.trained().find("identity.layer1.0.conv2.weight")->view.value);
  CHECK(restoration != identity);
}

TEST_CASE("files keep PyTorch's order of axes") {
  const auto backend = make_cpu_backend();
  ParameterStore store(*backend);
  const Parameter& conv = store.declare("conv", {2, 3, 3, 4}, Layout::kConvolution, Initial::kZero);
  const Parameter& up = store.declare("up", {2, 2, 2, 3}, Layout::kTransposedConvolution, Initial::kZero);
  store.allocate(false);
  CHECK(ParameterStore::file_shape(conv) == Shape{2, 4, 3, 3});
  CHECK(ParameterStore::file_shape(up) == Shape{2, 3, 2, 2});
  for (const Parameter* p : {&conv, &up}) {
    CAPTURE(p->name);
    HostTensor file(DType::kF32, ParameterStore::file_shape(*p));
    std::iota(file.span<float>().begin(), file.span<float>().end(), 1.0f);
    store.from_file_order(*p, file, p->view.value);
    const std::vector<float> memory = fetch(*backend, p->view.value);
    const std::int64_t h = p->shape[1], w = p->shape[2], last = p->shape[3];
    for (std::int64_t i = 0; i < p->shape[0]; ++i) {
      for (std::int64_t y = 0; y < h; ++y) {
        for (std::int64_t x = 0; x < w; ++x) {
          for (std::int64_t c = 0; c < last; ++c) {
            const auto in_memory = static_cast<std::size_t>(((i * h + y) * w + x) * last + c);
            const auto in_file = static_cast<std::size_t>(((i * last + c) * h + y) * w + x);
            CHECK(memory[in_memory] == file.span<float>()[in_file]);
          }
        }
      }
    }
    CHECK(store.to_file_order(*p, p->view.value).bytes == file.bytes);
  }
  HostTensor wrong(DType::kF32, {2, 3, 3, 4});
  CHECK_THROWS_AS(store.from_file_order(conv, wrong, conv.view.value), Error);
}

TEST_CASE("names are unique and declared in time") {
  const auto backend = make_cpu_backend();
  ParameterStore store(*backend);
  store.declare("a", {3}, Layout::kPlain, Initial::kZero);
  CHECK_THROWS_AS(store.declare("a", {3}, Layout::kPlain, Initial::kZero), Error);
  store.allocate(false);
  CHECK_THROWS_AS(store.declare("b", {3}, Layout::kPlain, Initial::kZero), Error);
  CHECK(store.find("a") == &store.parameters()[0]);
  CHECK(store.find("b") == nullptr);
}
