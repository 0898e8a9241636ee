// training_state.safetensors: all that a resume needs, and files that are not it.
#include <cmath>
#include <limits>

#include "core/atomic_file.h"
#include "model/tensor_list.h"
#include "support/temporary_folder.h"
#include "train/checkpoint.h"
#include "train/refusal.h"
#include "train/training_problem.h"
#include "weights/safetensors.h"

using namespace mdd;
using namespace mdd::test;

namespace {

/// A state file on disk, and a way to write it again with something changed.
class Fixture {
 public:
  Fixture() {
    for (int i = 0; i < 3; ++i) static_cast<void>(problem.train());
    write_training_state(paths, problem.model, problem.step, {17, "3-abc"});
  }

  using Change =
      std::function<void(std::vector<std::pair<std::string, HostTensor>>&, std::map<std::string, std::string>&)>;
  void rewrite(const Change& change) const {
    std::vector<std::pair<std::string, HostTensor>> tensors;
    std::map<std::string, std::string> metadata;
    {
      const auto archive = weights::open_archive(paths.training_state());
      metadata = archive->metadata();
      for (const weights::TensorInfo& info : archive->tensors())
        tensors.emplace_back(info.name, archive->read(info.name));
    }
    change(tensors, metadata);
    std::vector<weights::NamedTensor> named;
    for (auto& [name, tensor] : tensors) named.push_back({name, tensor.view()});
    weights::write_safetensors(paths.training_state(), named, metadata);
  }
  void change_tensor(const std::string& name, const std::function<void(HostTensor&)>& change) const {
    rewrite([&](auto& tensors, auto&) {
      for (auto& [candidate, tensor] : tensors) {
        if (candidate == name) change(tensor);
      }
    });
  }
  void check_read_refused(std::initializer_list<std::string> texts) {
    TrainingProblem other;
    check_refused(ErrorKind::kData, texts,
                  [&] { static_cast<void>(read_training_state(paths, other.model, other.step)); });
  }

  TemporaryFolder folder;
  RunPaths paths{folder.path()};
  TrainingProblem problem;
};

}  // namespace

TEST_CASE("a state read back continues to the last bit") {
  Fixture f;
  TrainingProblem other(tiny(), {}, 99);
  TensorList encoder{export_tensors(f.problem.model.frozen(), 0)};
  load_encoder(other.model, encoder.source());
  const TrainingPosition position = read_training_state(f.paths, other.model, other.step);
  CHECK(position.step == 17);
  CHECK(position.data_digest == "3-abc");
  CHECK(same_bits(other.values(), f.problem.values()));
  CHECK(same_bits(other.statistics(), f.problem.statistics()));
  CHECK(same_bits(other.moments(), f.problem.moments()));
  CHECK(other.step.optimizer_state() == f.problem.step.optimizer_state());
  const StepReport a = f.problem.train(), b = other.train();
  CHECK(a.total == b.total);
  CHECK(a.steps_taken == b.steps_taken);
  CHECK(same_bits(other.values(), f.problem.values()));
}

TEST_CASE("a broken model never replaces a good checkpoint") {
  Fixture f;
  const std::string good = read_file(f.paths.training_state(), 1 << 30);
  static_cast<void>(f.problem.poke("memory.prototypes", 3, NAN));
  check_refused(ErrorKind::kRuntime, {"memory.prototypes", "not finite", "not replaced"}, [&] {
    write_training_state(f.paths, f.problem.model, f.problem.step, {18, "3-abc"});
  });
  CHECK(read_file(f.paths.training_state(), 1 << 30) == good);
}

TEST_CASE("state files that do not fit are refused by name") {
  Fixture f;
  SUBCASE("missing") {
    std::filesystem::remove(f.paths.training_state());
    f.check_read_refused({"training_state.safetensors"});
  }
  SUBCASE("cut short") {
    std::filesystem::resize_file(f.paths.training_state(), std::filesystem::file_size(f.paths.training_state()) / 2);
    f.check_read_refused({"training_state.safetensors"});
  }
  SUBCASE("no step") {
    f.rewrite([](auto&, auto& metadata) { metadata.erase("step"); });
    f.check_read_refused({"step"});
  }
  SUBCASE("a step that is no number") {
    for (const char* text : {"", "-1", "12x", "1e3", "99999999999999999999"}) {
      f.rewrite([&](auto&, auto& metadata) { metadata["step"] = text; });
      f.check_read_refused({"step", "a whole number", text});
    }
  }
  SUBCASE("no data digest") {
    f.rewrite([](auto&, auto& metadata) { metadata.erase("data"); });
    f.check_read_refused({"data"});
  }
  SUBCASE("another architecture") {
    TrainingProblem other(tiny("tiny_bottleneck"));
    check_refused(ErrorKind::kData, {"training_state.safetensors"},
                  [&] { static_cast<void>(read_training_state(f.paths, other.model, other.step)); });
  }
  SUBCASE("a missing moment") {
    f.rewrite([](auto& tensors, auto&) {
      std::erase_if(tensors, [](const auto& t) { return t.first == "adam.first.memory.prototypes"; });
    });
    f.check_read_refused({"adam.first.memory.prototypes"});
  }
  SUBCASE("a misshapen moment") {
    f.change_tensor("adam.second.memory.prototypes", [](HostTensor& t) { t = HostTensor(DType::kF32, {5}); });
    f.check_read_refused({"shape of tensor adam.second.memory.prototypes", "[3, 4, 64]", "[5]"});
  }
  SUBCASE("a moment that is not a number") {
    f.change_tensor("adam.first.memory.prototypes", [](HostTensor& t) { t.span<float>()[1] = NAN; });
    f.check_read_refused({"adam.first.memory.prototypes", "finite"});
  }
  SUBCASE("a negative second moment") {
    f.change_tensor("adam.second.memory.prototypes", [](HostTensor& t) { t.span<float>()[1] = -1; });
    f.check_read_refused({"adam.second.memory.prototypes", "at least 0"});
  }
  SUBCASE("a weight that is not a number") {
    f.change_tensor("memory.prototypes", [](HostTensor& t) { t.span<float>()[1] = INFINITY; });
    f.check_read_refused({"memory.prototypes", "finite"});
  }
  SUBCASE("counters of another kind") {
    f.change_tensor("adam.counters", [](HostTensor& t) { t = HostTensor(DType::kF32, {kOptimizerStateSize}); });
    f.check_read_refused({"adam.counters", "f64 [8]", "f32"});
  }
  SUBCASE("impossible counters") {
    for (const double value : {-1.0, std::numeric_limits<double>::quiet_NaN()}) {
      f.change_tensor("adam.counters", [&](HostTensor& t) { t.span<double>()[kStepsTaken] = value; });
      f.check_read_refused({"adam.counters"});
    }
  }
}
