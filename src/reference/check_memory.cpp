// Cases of the class-aware memory and the class loss.
#include <algorithm>

#include "reference/checker.h"
#include "reference/memory.h"

namespace mdd::reference {
namespace {

struct Case {
  Index n, h, w, d, classes, slots;
  bool shrinkage;

  [[nodiscard]] Shape z() const { return {n, h, w, d}; }
  [[nodiscard]] Shape prototypes() const { return {classes * slots, d}; }
  [[nodiscard]] Shape attention() const { return {n * h * w, classes * slots}; }
  [[nodiscard]] std::string text() const {
    return "z " + z().text() + ", " + std::to_string(classes) + " classes of " + std::to_string(slots) +
           (shrinkage ? " slots, shrunk" : " slots");
  }
};

constexpr Case kCases[] = {{1, 1, 1, 1, 1, 1, false},  {1, 1, 2, 5, 1, 3, false},  {2, 2, 3, 17, 3, 5, false},
                           {3, 2, 1, 33, 2, 7, false}, {1, 3, 3, 64, 5, 5, false}, {1, 1, 2, 5, 1, 3, true},
                           {2, 2, 3, 17, 3, 5, true},  {1, 3, 2, 7, 2, 16, true}};

/// A threshold that shrinks about half of the attention and that no value is near: the middle of the widest gap.
float threshold_between(const Array& softmax) {
  std::vector<double> sorted = softmax.values;
  std::sort(sorted.begin(), sorted.end());
  std::size_t best = sorted.size() / 4;
  for (std::size_t i = best; i + 1 < sorted.size() - sorted.size() / 4; ++i) {
    if (sorted[i + 1] - sorted[i] > sorted[best + 1] - sorted[best]) best = i;
  }
  return static_cast<float>(0.5 * (sorted[best] + sorted[best + 1]));
}

/// The state on the device, poisoned; `shared` keeps softmax and attention in one tensor.
struct DeviceState {
  DeviceArray softmax, attention, query_inverse_norm, memory_inverse_norm;
  bool shared;

  DeviceState(Checker& check, const Case& c, bool shares)
      : softmax(check.poisoned(c.attention())),
        attention(check.poisoned(c.attention())),
        query_inverse_norm(check.poisoned(Shape{c.n * c.h * c.w})),
        memory_inverse_norm(check.poisoned(Shape{c.classes * c.slots})),
        shared(shares) {}
  [[nodiscard]] MemoryState view() const {
    return {softmax, shared ? softmax : attention, query_inverse_norm, memory_inverse_norm};
  }
};

class MemoryCheck {
 public:
  MemoryCheck(Checker& check, const Case& c)
      : check_(check),
        case_(c),
        z_(check.random_feature(c.z())),
        prototypes_(check.random_feature(c.prototypes())),
        device_z_(check.feature(z_)),
        device_prototypes_(check.device(prototypes_)) {
    params_.classes = c.classes;
    params_.slots = c.slots;
    if (c.shrinkage) params_.shrinkage = threshold_between(memory_read(params_, z_, prototypes_).softmax);
  }

  void run(bool shared) {
    const DeviceState state(check_, case_, shared);
    check_forward(state);
    if (!check_.has_gradients()) return;
    const Array dread = check_.random_feature(case_.z()), dmass = check_.random(Shape{case_.n, case_.classes});
    check_backward(state, &dread, &dmass, "dread and dmass");
    check_backward(state, &dread, nullptr, "dread");
    check_backward(state, nullptr, &dmass, "dmass");
  }

 private:
  void check_forward(const DeviceState& state) {
    const MemoryRead expected = memory_read(params_, z_, prototypes_);
    const DeviceArray read = check_.poisoned_feature(case_.z()), mass = check_.poisoned(Shape{case_.n, case_.classes});
    check_.backend().memory_read_forward(params_, device_z_, device_prototypes_, state.view(), read, mass);
    check_.compare("query norms", state.query_inverse_norm, expected.query_inverse_norm, kSum);
    check_.compare("memory norms", state.memory_inverse_norm, expected.memory_inverse_norm, kSum);
    check_.compare("softmax", state.softmax, expected.softmax, kSum);
    if (!state.shared) check_.compare("attention", state.attention, expected.attention, kSum);
    check_.compare("read", read, expected.read, check_.feature_product_tolerance(kSum));
    check_.compare("mass", mass, expected.mass, kSum);
  }

  void check_backward(const DeviceState& state, const Array* dread, const Array* dmass, const std::string& upstream) {
    const auto f = [&](const Array& z, const Array& prototypes) {
      const MemoryRead out = memory_read(params_, z, prototypes);
      return (dread != nullptr ? dot(*dread, out.read) : 0.0) + (dmass != nullptr ? dot(*dmass, out.mass) : 0.0);
    };
    const Array dz = numeric_gradient(
        z_, [&](const Array& z) { return f(z, prototypes_); }, 1e-6);
    const Array dprototypes = numeric_gradient(
        prototypes_, [&](const Array& p) { return f(z_, p); }, 1e-6);
    // With one class all mass is its own and the gradient of mass is zero: what remains then is rounding of this size.
    const double scale = (dread != nullptr ? norm(*dread) : 0.0) + (dmass != nullptr ? norm(*dmass) : 0.0);
    const DeviceArray device_dread = check_.feature(dread != nullptr ? *dread : Array(case_.z()));
    const DeviceArray device_dmass = check_.device(dmass != nullptr ? *dmass : Array(Shape{case_.n, case_.classes}));
    const Tensor dread_tensor = dread != nullptr ? device_dread.tensor() : Tensor{};
    const Tensor dmass_tensor = dmass != nullptr ? device_dmass.tensor() : Tensor{};
    // The attention and its gradient are factors of these products: f32, but rounded to what products are computed in.
    const double tolerance = check_.feature_product_tolerance(kSensitiveGradient);
    for (const WriteMode mode : {WriteMode::kOverwrite, WriteMode::kAccumulate}) {
      const bool accumulate = mode == WriteMode::kAccumulate;
      Array expected = check_.random_feature(case_.z());
      const DeviceArray device_dz = accumulate ? check_.feature(expected) : check_.poisoned_feature(case_.z());
      for (Index i = 0; i < dz.size(); ++i) expected[i] = dz[i] + (accumulate ? expected[i] : 0.0);
      const DeviceArray device_dprototypes = check_.poisoned(case_.prototypes());
      check_.backend().memory_read_backward(params_, device_z_, device_prototypes_, state.view(), dread_tensor,
                                            dmass_tensor, device_dz, mode, device_dprototypes);
      const std::string suffix = " from " + upstream + (accumulate ? ", accumulated" : "");
      check_.compare("dz" + suffix, device_dz, expected, tolerance, scale);
      check_.compare("dprototypes" + suffix, device_dprototypes, dprototypes, tolerance, scale);
    }
  }

  Checker& check_;
  const Case& case_;
  MemoryParams params_;
  Array z_, prototypes_;
  DeviceArray device_z_, device_prototypes_;
};

/// A zero query has cosine 0 with everything: it reads the mean prototype.
void check_zero_query(Checker& check) {
  const Case c{1, 2, 2, 7, 2, 3, false};
  Array z = check.random_feature(c.z());
  for (Index d = 0; d < c.d; ++d) z(0, 1, 0, d) = 0.0;
  const Array prototypes = check.random_feature(c.prototypes());
  MemoryParams params;
  params.classes = c.classes;
  params.slots = c.slots;
  const MemoryRead expected = memory_read(params, z, prototypes);
  const DeviceState state(check, c, false);
  const DeviceArray device_z = check.feature(z), device_prototypes = check.device(prototypes);
  const DeviceArray read = check.poisoned_feature(c.z()), mass = check.poisoned(Shape{c.n, c.classes});
  check.backend().memory_read_forward(params, device_z, device_prototypes, state.view(), read, mass);
  check.compare("read", read, expected.read, check.feature_product_tolerance(kSum));
  check.compare("mass", mass, expected.mass, kSum);
}

void check_class_loss(Checker& check, Index images, Index classes) {
  const Array mass = check.random(Shape{images, classes}, 0.05f, 1.0f);
  const Array labels = check.random_integers(Shape{images}, static_cast<std::uint32_t>(classes));
  std::vector<Index> indices;
  for (const double label : labels.values) indices.push_back(static_cast<Index>(label));
  const DeviceArray device_mass = check.device(mass), device_labels = check.device(labels, DType::kI32);
  const DeviceArray loss = check.poisoned(Shape{1}), dmass = check.poisoned(mass.shape);
  check.backend().class_loss_forward(device_mass, device_labels, loss);
  check.compare("loss", loss, Array(Shape{1}, class_loss(mass, indices)), kSum, 1.0);
  const float weight = 0.3f;
  check.backend().class_loss_backward(device_mass, device_labels, weight, dmass);
  const auto f = [&](const Array& m) { return static_cast<double>(weight) * class_loss(m, indices); };
  check.compare("dmass", dmass, numeric_gradient(mass, f), kGradient);
}

}  // namespace

void check_memory(Checker& check) {
  for (const Case& c : kCases) {
    check.run("memory read", c.text(), [&] { MemoryCheck(check, c).run(false); });
    if (!c.shrinkage) {
      check.run("memory read", c.text() + ", one attention tensor", [&] { MemoryCheck(check, c).run(true); });
    }
  }
  check.run("memory read", "a zero query", [&] { check_zero_query(check); });
  for (const auto& [images, classes] : {std::pair<Index, Index>{1, 1}, {3, 5}, {16, 15}}) {
    check.run("class loss", "mass [" + std::to_string(images) + ", " + std::to_string(classes) + "]",
              [&, n = images, c = classes] { check_class_loss(check, n, c); });
  }
}

}  // namespace mdd::reference
