#include "api/example_run.h"

#include "core/atomic_file.h"
#include "cpu/cpu_backend.h"
#include "data/resize.h"
#include "model/state_dict.h"
#include "support/temporary_folder.h"

namespace mdd::test {
namespace {

/// Other values than a new model's, such that folding has something to do.
void disturb(ParameterStore& store) {
  RandomStream random(3, 0, 0, Purpose::kTest);
  for (const Parameter& p : store.parameters()) {
    if (p.shape.rank() != 1) continue;
    std::vector<float> values(static_cast<std::size_t>(p.shape.elements()));
    const bool positive = p.name.ends_with(".weight") || p.name.ends_with("_var");
    for (float& value : values) value = positive ? random.uniform(0.7f, 1.4f) : random.uniform(-0.1f, 0.1f);
    store.backend().copy_from_host(p.view.value, std::as_bytes(std::span(values)));
  }
}

TrainedRun uncalibrated_run(Backend& backend, StoreForm form, bool memory) {
  TrainedRun out;
  out.path = "example";
  out.config.model.encoder = "tiny_basic";
  out.config.model.classes = 3;
  out.config.model.slots = 4;
  out.config.model.memory = memory;
  out.config.image_size = 64;
  out.config.weights = "random";
  out.config.class_names = {"bolt", "nut", "\xc3\x96se"};
  out.model = std::make_unique<MddNet>(backend, out.config.model, false);
  out.model->initialise(1);
  disturb(out.model->frozen());
  disturb(out.model->trained());
  out.model->fold_encoder();
  if (form == StoreForm::kPlain) return out;
  auto folded = std::make_unique<MddNet>(backend, out.config.model, false, form);
  load_checkpoint_tensors(*folded, source_of_model(*out.model));
  out.model = std::move(folded);
  return out;
}

}  // namespace

data::Image example_picture(std::int64_t height, std::int64_t width, std::uint32_t item) {
  RandomStream random(19, 0, item, Purpose::kTest);
  data::Image tiles{4, 4, {}};
  for (int i = 0; i < 48; ++i) tiles.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  return data::resize_antialiased(tiles, height, width);
}

TrainedRun example_run(Backend& backend, StoreForm form, bool memory) {
  static const std::vector<float> scores = [] {
    const auto cpu = make_cpu_backend();
    Inspector inspector(uncalibrated_run(*cpu, StoreForm::kFolded, true));
    std::vector<float> out;
    for (const std::uint32_t item : {1u, 2u}) {
      const data::Image picture = example_picture(64, 64, item);
      out.push_back(inspector.judge(std::span(&picture, 1))[0].score);
    }
    return out;
  }();
  TrainedRun out = uncalibrated_run(backend, form, memory);
  const eval::Calibration one = eval::make_calibration({0.1f, 0.5f * (scores[0] + scores[1])}, false);
  out.thresholds = {out.config.class_names, {one, one, one}};
  return out;
}

const std::string& exported_bytes(DType storage) {
  const auto make = [](DType type) {
    const TemporaryFolder folder;
    const auto backend = make_cpu_backend();
    write_deployed(folder / "model", example_run(*backend, StoreForm::kFolded), type);
    return read_file(folder / "model", 1 << 30);
  };
  static const std::string floats = make(DType::kF32), halves = make(DType::kF16);
  return storage == DType::kF32 ? floats : halves;
}

}  // namespace mdd::test
