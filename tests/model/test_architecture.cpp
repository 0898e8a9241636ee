// Names, shapes and sizes of every encoder and of what mirrors it. Nothing is allocated: declaring is enough.
#include <cmath>
#include <map>

#include "model/tiny_problem.h"

using namespace mdd;
using namespace mdd::test;

namespace {

using Shapes = std::map<std::string, Shape>;

/// torchvision's state_dict up to layer3, written down from its definition of ResNet.
class TorchvisionResNet {
 public:
  TorchvisionResNet(bool bottleneck, const std::vector<std::int64_t>& blocks, std::int64_t width_per_group) {
    unit("conv1", "bn1", 3, 64, 7);
    std::int64_t in = 64;
    for (std::size_t s = 0; s < 3; ++s) {
      const std::int64_t planes = std::int64_t{64} << s;
      for (std::int64_t b = 0; b < blocks[s]; ++b) {
        const std::string block = "layer" + std::to_string(s + 1) + "." + std::to_string(b) + ".";
        const std::int64_t out = bottleneck ? 4 * planes : planes;
        if (bottleneck) {
          const std::int64_t width = planes * width_per_group / 64;
          unit(block + "conv1", block + "bn1", in, width, 1);
          unit(block + "conv2", block + "bn2", width, width, 3);
          unit(block + "conv3", block + "bn3", width, out, 1);
        } else {
          unit(block + "conv1", block + "bn1", in, out, 3);
          unit(block + "conv2", block + "bn2", out, out, 3);
        }
        if (b == 0 && (s > 0 || in != out)) unit(block + "downsample.0", block + "downsample.1", in, out, 1);
        in = out;
      }
    }
  }
  Shapes shapes;

 private:
  void unit(const std::string& conv, const std::string& norm, std::int64_t in, std::int64_t out, std::int64_t kernel) {
    shapes[conv + ".weight"] = {out, in, kernel, kernel};
    for (const char* name : {".weight", ".bias", ".running_mean", ".running_var"}) shapes[norm + name] = {out};
  }
};

Shapes shapes_of(const ParameterStore& store) {
  Shapes out;
  for (const Parameter& p : store.parameters()) out[p.name] = ParameterStore::file_shape(p);
  return out;
}

std::int64_t trained_elements(const ParameterStore& store) {
  std::int64_t count = 0;
  for (const Parameter& p : store.parameters()) count += p.trained ? p.shape.elements() : 0;
  return count;
}

template <class Part>
std::int64_t size_of_part(const Architecture& a) {
  const auto backend = make_cpu_backend();
  ParameterStore store(*backend);
  const Part part(store, "", a);
  return trained_elements(store);
}

std::int64_t thousands(std::int64_t count) { return (count + 500) / 1000; }

void check_refused(const std::string& text, const std::function<void()>& call) {
  try {
    call();
    FAIL_CHECK("nothing was refused; expected: " << text);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::kUsage);
    CHECK_MESSAGE(std::string(error.what()).find(text) != std::string::npos, error.what());
  }
}

}  // namespace

TEST_CASE("encoders have torchvision's tensors up to layer3, name by name") {
  const std::map<std::string, TorchvisionResNet> expected{{"resnet18", {false, {2, 2, 2}, 64}},
                                                          {"resnet34", {false, {3, 4, 6}, 64}},
                                                          {"resnet50", {true, {3, 4, 6}, 64}},
                                                          {"wide_resnet50_2", {true, {3, 4, 6}, 128}}};
  const auto backend = make_cpu_backend();
  for (const auto& [name, torchvision] : expected) {
    CAPTURE(name);
    ParameterStore store(*backend);
    const Encoder encoder(store, "", architecture(name));
    CHECK(shapes_of(store) == torchvision.shapes);
  }
}

TEST_CASE("encoders have torchvision's number of parameters less layer4 and fc") {
  CHECK(size_of_part<Encoder>(architecture("resnet18")) == 11'689'512 - 513'000 - 8'393'728);
  CHECK(size_of_part<Encoder>(architecture("resnet34")) == 21'797'672 - 513'000 - 13'114'368);
  CHECK(size_of_part<Encoder>(architecture("resnet50")) == 25'557'032 - 2'049'000 - 14'964'736);
  CHECK(thousands(size_of_part<Encoder>(architecture("wide_resnet50_2"))) == 24'863);
}

TEST_CASE("the wide bottleneck and decoder have the published sizes") {
  Architecture wide = architecture("wide_resnet50_2");
  CHECK(wide.bottleneck_width == 128);
  CHECK(thousands(size_of_part<OneClassBottleneck>(wide)) == 58'885);
  wide.bottleneck_width = 64;
  CHECK(thousands(size_of_part<OneClassBottleneck>(wide)) == 30'830);
  CHECK(thousands(size_of_part<Decoder>(wide)) == 24'918);
}

TEST_CASE("decoder and bottleneck tensors are named and shaped as the checkpoint says") {
  const auto backend = make_cpu_backend();
  ParameterStore store(*backend);
  const Architecture& a = architecture("wide_resnet50_2");
  const OneClassBottleneck bottleneck(store, "bottleneck.", a);
  const Decoder decoder(store, "restoration.", a);
  const Shapes shapes = shapes_of(store);
  CHECK(shapes.at("bottleneck.reduce1a.conv.weight") == Shape{512, 256, 3, 3});
  CHECK(shapes.at("bottleneck.reduce1b.conv.weight") == Shape{1024, 512, 3, 3});
  CHECK(shapes.at("bottleneck.reduce2.conv.weight") == Shape{1024, 512, 3, 3});
  CHECK(shapes.at("bottleneck.reduce2.bn.running_var") == Shape{1024});
  CHECK(shapes.at("bottleneck.layer4.0.conv1.weight") == Shape{1024, 3072, 1, 1});
  CHECK(shapes.at("bottleneck.layer4.0.downsample.0.weight") == Shape{2048, 3072, 1, 1});
  CHECK(shapes.at("bottleneck.layer4.2.conv3.weight") == Shape{2048, 1024, 1, 1});
  CHECK(shapes.at("restoration.layer1.0.conv2.weight") == Shape{512, 512, 2, 2});
  CHECK(shapes.at("restoration.layer1.0.upsample.0.weight") == Shape{2048, 1024, 2, 2});  // in, out
  CHECK(shapes.at("restoration.layer1.0.upsample.1.bias") == Shape{1024});
  CHECK(shapes.at("restoration.layer3.5.conv3.weight") == Shape{256, 128, 1, 1});
  CHECK(shapes.count("restoration.layer1.3.conv1.weight") == 0);  // block counts 3, 4, 6 in this order
  CHECK(shapes.count("restoration.layer2.3.conv1.weight") == 1);
}

TEST_CASE("the model's tensors follow its switches") {
  const auto backend = make_cpu_backend();
  ModelOptions options = tiny();
  const MddNet whole(*backend, options, false);
  CHECK(shapes_of(whole.trained()).at("memory.prototypes") == Shape{3, 4, 64});
  CHECK(shapes_of(whole.trained()).at("memory.fuse_conv.weight") == Shape{64, 128, 1, 1});
  CHECK(whole.trained().find("identity.layer3.0.conv1.weight") != nullptr);
  options.fusion = MemoryFusion::kAdd;
  options.identity = false;
  const MddNet half(*backend, options, false);
  CHECK(half.trained().find("memory.fuse_conv.weight") == nullptr);
  CHECK(half.trained().find("memory.prototypes") != nullptr);
  CHECK(half.trained().find("identity.layer3.0.conv1.weight") == nullptr);
  options.memory = false;
  CHECK(MddNet(*backend, options, false).trained().find("memory.prototypes") == nullptr);
}

TEST_CASE("the bottleneck's width is an option of bottleneck encoders") {
  const auto backend = make_cpu_backend();
  const auto width = [&](const std::string& encoder, std::int64_t option) {
    ModelOptions options = tiny(encoder);
    options.bottleneck_width = option;
    const MddNet model(*backend, options, false);
    return model.trained().find("bottleneck.layer4.0.conv1.weight")->shape[0];
  };
  CHECK(width("tiny_bottleneck", 0) == 128);
  CHECK(width("tiny_bottleneck", 128) == 128);
  CHECK(width("tiny_bottleneck", 64) == 64);
  CHECK(width("tiny_basic", 128) == width("tiny_basic", 64));
}

TEST_CASE("decoders mirror the encoder's features at every size") {
  for (const char* encoder : {"tiny_basic", "tiny_bottleneck", "resnet18"}) {
    const auto backend = make_cpu_backend();
    MddNet model(*backend, tiny(encoder), false);  // zeros: shapes alone matter here
    model.fold_encoder();
    model.fold();
    for (const std::int64_t side : {64, 96, 160}) {
      CAPTURE(encoder);
      CAPTURE(side);
      StepArena arena(*backend);
      Tape tape(*backend, arena, false);
      const OnDevice images = random_images(*backend, 1, side, 1);
      const ModelOutput output = model.forward(tape, model.encoder().forward(tape, images.variable()));
      CHECK(output.z->value.shape == Shape{1, side / 32, side / 32, model.shape().embedding()});
      CHECK(output.zr->value.shape == output.z->value.shape);
      CHECK(output.mass->value.shape == Shape{1, 3});
      for (std::int64_t level = 0; level < 3; ++level) {
        const auto i = static_cast<std::size_t>(level);
        const std::int64_t extent = side / (4 << level);
        CHECK(output.teacher[i]->value.shape == Shape{1, extent, extent, model.shape().channels(level)});
        CHECK(output.restored[i]->value.shape == output.teacher[i]->value.shape);
        CHECK(output.identity[i]->value.shape == output.teacher[i]->value.shape);
      }
    }
  }
}

TEST_CASE("an unknown encoder is answered with the list") {
  check_refused("resnet18, resnet34, resnet50, wide_resnet50_2", [] { static_cast<void>(architecture("vgg16")); });
  CHECK(architectures().size() == 6);
}

TEST_CASE("image sides are multiples of 32 from 64 to 4096") {
  for (const std::int64_t side : {64, 96, 256, 4096}) CHECK_NOTHROW(check_image_side(side));
  for (const std::int64_t side : {-64, 0, 32, 63, 65, 100, 4128}) {
    check_refused("image size " + std::to_string(side), [&] { check_image_side(side); });
  }
}

TEST_CASE("model options out of range are refused by name") {
  const auto backend = make_cpu_backend();
  const auto refused = [&](const std::string& text, const std::function<void(ModelOptions&)>& change) {
    ModelOptions options = tiny();
    change(options);
    check_refused(text, [&] { static_cast<void>(MddNet(*backend, options, false)); });
  };
  refused("bottleneck width (--bottleneck-width): expected 64 or 128",
          [](ModelOptions& o) { o.bottleneck_width = 96; });
  refused("classes", [](ModelOptions& o) { o.classes = 0; });
  refused("prototypes per class", [](ModelOptions& o) { o.slots = 0; });
  refused("prototypes per class", [](ModelOptions& o) { o.slots = 100001; });
  refused("temperature", [](ModelOptions& o) { o.temperature = 0; });
  refused("temperature", [](ModelOptions& o) { o.temperature = NAN; });
  refused("shrinkage", [](ModelOptions& o) { o.shrinkage = 1; });
  refused("shrinkage", [](ModelOptions& o) { o.shrinkage = -0.1f; });
  refused("unknown encoder", [](ModelOptions& o) { o.encoder = "tiny"; });
}
