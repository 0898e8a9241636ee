// Writes the seeds of corpus/: one valid file or more of everything that the harnesses read, generated here alone.
// Usage: fuzz_seeds FOLDER
#include <cstdio>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "core/atomic_file.h"
#include "cpu/cpu_backend.h"
#include "data/fixtures.h"
#include "inference/deployed_file.h"
#include "inference/run_config.h"
#include "inference/thresholds_file.h"
#include "model/state_dict.h"
#include "weights/archive_builder.h"

namespace mdd::test {
namespace {

namespace fs = std::filesystem;

std::vector<TensorSpec> tensors() {
  return {{.name = "a", .storage_elements = 12, .size = {3, 4}, .strides = {4, 1}, .parameter = true},
          {.name = "b", .storage_elements = 12, .offset = 1, .size = {2, 3}, .strides = {1, 4}},
          {.name = "n", .storage_class = "LongStorage", .key = "1", .storage_elements = 1, .size = {}}};
}

void write_weights(const fs::path& to) {
  std::vector<float> values(12);
  std::iota(values.begin(), values.end(), 0.0f);
  const std::string floats = raw(values), number(8, '\1');
  const std::string plain = state_dict_pickle(tensors(), {.metadata = true});
  const std::string nested = state_dict_pickle(tensors(), {.under = "state_dict", .plain_values = true});
  write_bytes(to / "pickle/seed-state-dict", plain);
  write_bytes(to / "pickle/seed-nested", nested);
  write_bytes(to / "pickle/seed-protocol-4", state_dict_pickle(tensors(), {.protocol = 4, .legacy = true}));
  write_bytes(to / "torch_zip/seed-state-dict", zip_of(torch_entries(plain, {{"0", floats}, {"1", number}})));
  write_bytes(to / "torch_zip/seed-nested", zip_of(torch_entries(nested, {{"0", floats}, {"1", number}})));
  const std::vector<LegacyStorage> storages = {{"0", 12, floats}, {"1", 1, number}};
  write_bytes(
      to / "torch_legacy/seed-model",
      legacy_of(state_dict_pickle(tensors(), {.legacy = true, .under = "model", .plain_values = true}), storages));
  write_bytes(to / "torch_legacy/seed-protocol-4",
              legacy_of(state_dict_pickle(tensors(), {.protocol = 4, .legacy = true}), storages));
  write_bytes(to / "safetensors/seed-two-tensors",
              safetensors_of(R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]},)"
                             R"("n":{"dtype":"I64","shape":[],"data_offsets":[48,56]}})",
                             floats + number));
  write_bytes(to / "safetensors/seed-narrow-types",
              safetensors_of(R"({"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},)"
                             R"("h":{"dtype":"F16","shape":[1,1,1],"data_offsets":[4,6]},)"
                             R"("z":{"dtype":"F64","shape":[0],"data_offsets":[6,6]},)"
                             R"("t":{"dtype":"BOOL","shape":[2],"data_offsets":[6,8]}}  )",
                             std::string(8, '\1')));
}

void write_images(const fs::path& to) {
  const data::Image image = random_image(9, 7, 3);
  write_bytes(to / "image/seed.png", encode_png(image));
  write_bytes(to / "image/seed.jpg", encode_jpeg(image, 70));
  write_bytes(to / "image/seed.bmp", encode_bmp(image));
  write_bytes(to / "image/seed.tga", encode_tga(image));
  for (const int channels : {1, 2, 4}) {
    const std::vector<std::uint8_t> pixels(static_cast<std::size_t>(20 * channels), 77);
    data::save_png(to / ("image/seed-" + std::to_string(channels) + "-channels.png"), 5, 4, channels, pixels);
  }
}

void write_layouts(const fs::path& to) {
  write_bytes(to / "csv/seed-list",
              "image,class,split,label,mask\na.png,part,train,good,\n\"b.png\",part,test,scratch,m.png\n");
  write_bytes(to / "csv/seed-bare", "\xef\xbb\xbfImage , note\r\na.png,\"said \"\"so\"\"\"\r\n\r\nb.png,\r\n");
  write_bytes(to / "csv/seed-visa",
              "object,split,label,image,mask\npart,train,normal,a.png,\npart,test,anomaly,b.png,m.png\n");
  write_bytes(to / "json/seed-list", R"([{"image":"a.png","class":"part","split":"train","label":0,"mask":null},
{"image":"b.png","class":"part","split":"test","label":"scratch","mask":["m.png"]},{"image":"b.png","split":"test","class":"part","label":true}])");
  write_bytes(to / "json/seed-real-iad", R"({"meta":{"normal_class":"OK","prefix":"part/"},
"train":[{"anomaly_class":"OK","image_path":"OK/a.png","mask_path":null}],
"test":[{"anomaly_class":"HS","image_path":"OK/a.png","mask_path":"OK/a.png"}]})");
}

void write_run_files(const fs::path& to) {
  RunConfig config;
  config.model.encoder = "resnet18";
  config.weights = "bundled";
  config.class_names = {"tile", "wood"};
  write_bytes(to / "config/seed-defaults", to_json(config));
  write_thresholds(
      to / "thresholds/seed",
      {{"tile", "wood"}, {eval::make_calibration({0.25f, 0.5f}, false), eval::make_calibration({0.125f}, true)}});
  write_bytes(to / "thresholds/seed-without-scale",
              R"({"classes":{"tile":{"optimistic":false,"scores":[1]},"wood":{"optimistic":true,"scores":[0.5,2]}}})");
}

/// A network of zeros, as the harness would complete it: what is kept of its file ends with the header.
void write_exported(const fs::path& to, const std::string& name, DType storage, bool calibrated) {
  const auto backend = make_cpu_backend();
  TrainedRun run;
  run.config.model.encoder = "tiny_basic";
  run.config.model.classes = 2;
  run.config.model.slots = 4;
  run.config.image_size = 64;
  run.config.weights = "random";
  run.config.class_names = {"tile", "wood"};
  const eval::Calibration one = eval::make_calibration({0.25f, 0.5f}, false);
  if (calibrated) run.thresholds = {run.config.class_names, {one, one}};
  run.model = std::make_unique<MddNet>(*backend, run.config.model, false, StoreForm::kFolded);
  TensorSource shapes;
  for (ParameterStore* store : {&run.model->frozen(), &run.model->trained()}) {
    for (const Parameter& p : store->parameters()) shapes.tensors.emplace_back(p.name, p.shape);
  }
  reserve_folded(*run.model, shapes);
  for (ParameterStore* store : {&run.model->frozen(), &run.model->trained()}) {
    for (const Parameter& p : store->parameters()) backend->fill(p.view.value, 0.0f);
  }
  write_deployed(to / "exported" / name, run, storage);
  const std::string whole = read_file(to / "exported" / name, 1 << 24);
  write_bytes(to / "exported" / name, whole.substr(0, whole.find_last_not_of('\0') + 1));
}

void write_exported_files(const fs::path& to) {
  write_exported(to, "seed-f32", DType::kF32, true);
  write_exported(to, "seed-f16-without-thresholds", DType::kF16, false);
}

}  // namespace
}  // namespace mdd::test

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: fuzz_seeds FOLDER\n");
    return 2;
  }
  for (const char* harness : {"image", "thresholds", "exported"})
    std::filesystem::create_directories(std::filesystem::path(argv[1]) / harness);
  for (const auto write : {mdd::test::write_weights, mdd::test::write_images, mdd::test::write_layouts,
                           mdd::test::write_run_files, mdd::test::write_exported_files}) {
    write(argv[1]);
  }
  return 0;
}
