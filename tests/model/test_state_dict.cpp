// TensorList in and out under their checkpoint names, and everything that can be wrong with a file's list of them.
#include <cmath>
#include <functional>

#include "model/tensor_list.h"
#include "model/tiny_problem.h"

using namespace mdd;
using namespace mdd::test;

namespace {

class Fixture {
 public:
  Fixture() : model(*backend, tiny(), true), other(*backend, tiny(), true) {
    model.initialise(1);
    other.initialise(2);
  }
  TensorList checkpoint() {
    TensorList out{export_tensors(model.frozen(), 0)};
    for (auto& tensor : export_tensors(model.trained(), 1234)) out.list.push_back(std::move(tensor));
    return out;
  }
  /// The encoder under torchvision's names.
  TensorList torchvision() {
    TensorList out;
    for (auto& [name, tensor] : export_tensors(model.frozen(), 0)) {
      out.list.emplace_back(name.substr(std::string("encoder.").size()), std::move(tensor));
    }
    return out;
  }
  [[nodiscard]] std::vector<float> frozen(const MddNet& m) const {
    std::vector<float> out = fetch(*backend, m.frozen().values());
    const std::vector<float> fixed = fetch(*backend, m.frozen().statistics());
    out.insert(out.end(), fixed.begin(), fixed.end());
    return out;
  }

  std::unique_ptr<Backend> backend = make_cpu_backend();
  MddNet model, other;
};

void check_refused(std::initializer_list<const char*> texts, const std::function<void()>& call) {
  try {
    call();
    FAIL_CHECK("nothing was refused");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kData);
    const std::string message = error.what();
    CHECK_MESSAGE(message.starts_with("some.safetensors: "), message);
    for (const char* text : texts) CHECK_MESSAGE(message.find(text) != std::string::npos, message);
  }
}

}  // namespace

TEST_CASE("a checkpoint goes out and in without losing a bit") {
  Fixture f;
  // Values that a careless conversion would change.
  const Parameter& p = *f.model.trained().find("memory.prototypes");
  std::vector<float> odd = fetch(*f.backend, p.view.value);
  odd[0] = -0.0f;
  odd[1] = 1e-42f;
  odd[2] = 3.4e38f;
  f.backend->copy_from_host(p.view.value, std::as_bytes(std::span(odd)));
  TensorList tensors = f.checkpoint();
  load_checkpoint_tensors(f.other, tensors.source());
  const auto again = export_tensors(f.other.trained(), 1234);
  const auto first = export_tensors(f.model.trained(), 1234);
  REQUIRE(again.size() == first.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    CAPTURE(first[i].first);
    CHECK(again[i].first == first[i].first);
    CHECK(again[i].second.shape == first[i].second.shape);
    CHECK(again[i].second.bytes == first[i].second.bytes);
  }
  CHECK(f.frozen(f.other) == f.frozen(f.model));
}

TEST_CASE("a checkpoint holds what PyTorch expects: one counter for every batch norm") {
  Fixture f;
  TensorList tensors = f.checkpoint();
  int counters = 0, norms = 0;
  for (const auto& [name, tensor] : tensors.list) {
    norms += name.ends_with(".running_var") ? 1 : 0;
    if (!name.ends_with(".num_batches_tracked")) continue;
    ++counters;
    CHECK(tensor.dtype == DType::kI64);
    CHECK(tensor.shape == Shape{});
    CHECK(tensor.span<std::int64_t>()[0] == (name.starts_with("encoder.") ? 0 : 1234));
  }
  CHECK(counters == norms);
  CHECK(norms > 20);
  std::erase_if(tensors.list, [](const auto& t) { return t.first.ends_with(".num_batches_tracked"); });
  CHECK_NOTHROW(load_checkpoint_tensors(f.other, tensors.source()));  // optional on the way in
}

TEST_CASE("what is wrong with a checkpoint is named") {
  Fixture f;
  TensorList tensors = f.checkpoint();
  const auto load = [&] { load_checkpoint_tensors(f.other, tensors.source()); };
  SUBCASE("missing") {
    tensors.erase("restoration.layer2.0.bn1.weight");
    check_refused({"missing tensor restoration.layer2.0.bn1.weight", "[16]"}, load);
  }
  SUBCASE("missing in the encoder") {
    tensors.erase("encoder.layer3.0.conv1.weight");
    check_refused({"missing tensor encoder.layer3.0.conv1.weight"}, load);
  }
  SUBCASE("surplus") {
    tensors.add("bottleneck.layer4.7.conv1.weight", {3, 3});
    check_refused({"surplus tensor bottleneck.layer4.7.conv1.weight"}, load);
  }
  SUBCASE("integers where weights belong") {
    const std::string name = "restoration.layer2.0.bn1.weight";
    tensors.erase(name);
    tensors.list.emplace_back(name, HostTensor(DType::kI32, {16}));
    check_refused({"type of tensor restoration.layer2.0.bn1.weight", "f32", "i32"}, load);
  }
  SUBCASE("surplus, of no part of the model") {
    tensors.add("optimizer.state", {3});
    check_refused({"surplus tensor optimizer.state"}, load);
  }
  SUBCASE("surplus layer4 inside a checkpoint") {
    tensors.add("encoder.layer4.0.conv1.weight", {3});
    check_refused({"surplus tensor encoder.layer4.0.conv1.weight"}, load);
  }
  SUBCASE("misshapen") {
    tensors.at("memory.prototypes") = HostTensor(DType::kF32, {3, 5, 64});
    check_refused({"shape of tensor memory.prototypes", "expected [3, 4, 64]", "found [3, 5, 64]"}, load);
  }
  SUBCASE("the right number of elements in another shape") {
    tensors.at("memory.prototypes") = HostTensor(DType::kF32, {4, 3, 64});
    check_refused({"shape of tensor memory.prototypes"}, load);
  }
  SUBCASE("not a number") {
    tensors.at("identity.layer1.0.conv2.weight").span<float>()[17] = NAN;
    check_refused({"tensor identity.layer1.0.conv2.weight", "finite", "nan"}, load);
  }
  SUBCASE("infinite") {
    tensors.at("encoder.bn1.bias").span<float>()[0] = -INFINITY;
    check_refused({"tensor encoder.bn1.bias", "finite"}, load);
  }
  SUBCASE("negative variance") {
    tensors.at("bottleneck.reduce2.bn.running_var").span<float>()[3] = -0.5f;
    check_refused({"tensor bottleneck.reduce2.bn.running_var", "at least 0", "-0.5"}, load);
  }
  SUBCASE("a negative mean is no error") {
    tensors.at("bottleneck.reduce2.bn.running_mean").span<float>()[3] = -0.5f;
    CHECK_NOTHROW(load());
  }
}

TEST_CASE("an error in the list of tensors changes nothing") {
  Fixture f;
  TensorList tensors = f.checkpoint();
  tensors.erase("identity.layer3.0.bn2.bias");
  const std::vector<float> before = fetch(*f.backend, f.other.trained().values());
  CHECK_THROWS_AS(load_checkpoint_tensors(f.other, tensors.source()), Error);
  CHECK(fetch(*f.backend, f.other.trained().values()) == before);
}

TEST_CASE("encoder weights under torchvision's names: layer4 and fc are passed over, counters optional") {
  Fixture f;
  TensorList tensors = f.torchvision();
  tensors.add("layer4.0.conv1.weight", {512, 256, 3, 3});
  tensors.add("fc.weight", {1000, 512});
  tensors.add("fc.bias", {1000});
  CHECK(f.frozen(f.other) != f.frozen(f.model));
  load_encoder(f.other, tensors.source());
  CHECK(f.frozen(f.other) == f.frozen(f.model));

  std::erase_if(tensors.list, [](const auto& t) { return t.first.ends_with(".num_batches_tracked"); });
  CHECK_NOTHROW(load_encoder(f.other, tensors.source()));
  tensors.add("head.weight", {10, 512});
  check_refused({"surplus tensor head.weight"}, [&] { load_encoder(f.other, tensors.source()); });
  tensors.erase("head.weight");
  tensors.erase("bn1.running_mean");
  check_refused({"missing tensor bn1.running_mean"}, [&] { load_encoder(f.other, tensors.source()); });
}

TEST_CASE("encoder weights of another architecture are refused") {
  Fixture f;
  MddNet bottleneck(*f.backend, tiny("tiny_bottleneck"), false);
  TensorList tensors = f.torchvision();
  CHECK_THROWS_AS(load_encoder(bottleneck, tensors.source()), Error);
}

TEST_CASE("the encoder comes out of a checkpoint of ours as well, and nothing else does") {
  Fixture f;
  TensorList tensors = f.checkpoint();
  const std::vector<float> trained = fetch(*f.backend, f.other.trained().values());
  load_encoder(f.other, tensors.source());
  CHECK(f.frozen(f.other) == f.frozen(f.model));
  CHECK(fetch(*f.backend, f.other.trained().values()) == trained);
}

TEST_CASE("loading folds the encoder: its features follow the file") {
  Fixture f;
  const OnDevice images = random_images(*f.backend, 1, 64, 3);
  StepArena arena(*f.backend);
  Tape tape(*f.backend, arena, false);
  f.model.fold_encoder();
  f.other.fold_encoder();
  const auto features = [&](MddNet& m) {
    return fetch(*f.backend, m.encoder().forward(tape, images.variable())[2]->value);
  };
  const std::vector<float> expected = features(f.model);
  CHECK(features(f.other) != expected);
  TensorList tensors = f.torchvision();
  load_encoder(f.other, tensors.source());
  CHECK(features(f.other) == expected);
}
