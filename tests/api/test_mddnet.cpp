// The C interface and its C++ wrapper: what they give, and what they refuse.
#include <cmath>
#include <thread>

#include "api/example_run.h"
#include "api/mddnet.hpp"
#include "core/atomic_file.h"
#include "cpu/cpu_backend.h"
#include "support/temporary_folder.h"
#include "train/refusal.h"

using namespace mdd;
using namespace mdd::test;

namespace {

mddnet::Model open_example(const mddnet::Options& options = {}) {
  const std::string& bytes = exported_bytes();
  return {bytes.data(), bytes.size(), options};
}

mddnet_image view(const data::Image& picture) {
  return mddnet::image(picture.pixels.data(), picture.width, picture.height);
}

/// What the library says of these pixels must not depend on how they lie in memory.
std::vector<std::uint8_t> rearranged(const data::Image& picture, std::int64_t format, std::int64_t stride) {
  const std::int64_t channels = format == MDDNET_GREY8 ? 1 : 3;
  std::vector<std::uint8_t> out(static_cast<std::size_t>(stride * picture.height), 0xab);
  for (std::int64_t y = 0; y < picture.height; ++y) {
    for (std::int64_t x = 0; x < picture.width; ++x) {
      for (std::int64_t c = 0; c < channels; ++c) {
        const std::int64_t from = format == MDDNET_BGR8 ? 2 - c : c;
        out[static_cast<std::size_t>(y * stride + x * channels + c)] =
            picture.pixels[static_cast<std::size_t>((y * picture.width + x) * 3 + from)];
      }
    }
  }
  return out;
}

/// The status, and a text that contains `text`.
void check_status(mddnet_status status, mddnet_status expected, const std::string& text) {
  CHECK(status == expected);
  const std::string found = mddnet_error_text();
  CHECK_MESSAGE(found.find(text) != std::string::npos, "'" << text << "' is not in: " << found);
}

}  // namespace

TEST_CASE("the library says what an inspector says, one by one and as a batch") {
  const auto backend = make_cpu_backend();
  Inspector inspector(example_run(*backend, StoreForm::kFolded));
  const std::vector<data::Image> pictures{example_picture(64, 64, 1), example_picture(64, 64, 2),
                                          example_picture(40, 97, 3)};
  const std::vector<Judgement> expected = inspector.judge(pictures, true);
  mddnet::Model model = open_example({.batch = 2});
  std::vector<mddnet_image> images;
  for (const data::Image& picture : pictures) images.push_back(view(picture));
  const mddnet::Results together = model.predict(images, MDDNET_ALL_MAPS);
  REQUIRE(together.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const mddnet::Results alone = model.predict(images[i]);
    CHECK(alone[0].teacher_restored == nullptr);
    CHECK(alone[0].restored_identity == nullptr);
    CHECK(alone[0].score == doctest::Approx(expected[i].score).epsilon(1e-5));
    const mddnet::Result found = together[i];
    const Judgement& j = expected[i];
    CHECK(found.score == doctest::Approx(j.score).epsilon(1e-5));
    CHECK(found.verdict == static_cast<int>(j.verdict));
    CHECK(found.vote == j.vote);
    CHECK(found.class_name == j.class_name);
    CHECK(found.classes == 3);
    CHECK(found.class_shares[j.vote] == doctest::Approx(j.class_mass[static_cast<std::size_t>(j.vote)]).epsilon(1e-5));
    CHECK(found.threshold == j.threshold->value);
    CHECK(found.threshold_images == 2);
    CHECK(found.threshold_resolved == 0);  // two images
    CHECK(found.threshold_optimistic == 0);
    CHECK(found.map_scale == j.scale);
    CHECK(found.width == pictures[i].width);
    CHECK(found.height == pictures[i].height);
    CHECK(found.side == 64);
    for (const auto& [map, values] : {std::pair{found.map, &j.map},
                                      {found.teacher_restored, &j.teacher_restored},
                                      {found.restored_identity, &j.restored_identity}}) {
      REQUIRE(map != nullptr);
      for (std::size_t p = 0; p < values->size(); p += 97) {
        CHECK(map[p] == doctest::Approx((*values)[p]).epsilon(1e-4));
      }
    }
    REQUIRE(found.found.size() == j.regions.size());
    for (std::size_t r = 0; r < found.found.size(); ++r) {
      CHECK(found.found[r].x == j.regions[r].box.x);
      CHECK(found.found[r].height == j.regions[r].box.height);
      CHECK(found.found[r].area == doctest::Approx(j.regions[r].area));
      CHECK(found.found[r].peak == doctest::Approx(j.regions[r].on_map.peak).epsilon(1e-4));
    }
  }
  CHECK(together[0].verdict != together[1].verdict);
  CHECK(together[0].found.size() + together[1].found.size() + together[2].found.size() > 0);
}

TEST_CASE("pixels may lie in any of the three orders, with any stride") {
  mddnet::Model model = open_example();
  data::Image picture = example_picture(33, 50, 4);
  const auto map_of = [&](const std::uint8_t* pixels, std::int64_t format, std::int64_t stride) {
    const mddnet::Results results = model.predict(mddnet::image(pixels, 50, 33, format, stride));
    const mddnet::Result result = results[0];
    return std::vector<float>(result.map, result.map + 64 * 64);
  };
  const std::vector<float> expected = map_of(picture.pixels.data(), MDDNET_RGB8, 0);
  for (const std::int64_t stride : {150, 151, 4096}) {
    CHECK(map_of(rearranged(picture, MDDNET_RGB8, stride).data(), MDDNET_RGB8, stride) == expected);
    CHECK(map_of(rearranged(picture, MDDNET_BGR8, stride).data(), MDDNET_BGR8, stride) == expected);
  }
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = picture.pixels[i - i % 3];
  const std::vector<float> grey = map_of(picture.pixels.data(), MDDNET_RGB8, 0);
  CHECK(grey != expected);
  CHECK(map_of(rearranged(picture, MDDNET_GREY8, 50).data(), MDDNET_GREY8, 0) == grey);
  CHECK(map_of(rearranged(picture, MDDNET_GREY8, 64).data(), MDDNET_GREY8, 64) == grey);
}

TEST_CASE("a model tells about itself; a file and its bytes in memory are the same to it") {
  const TemporaryFolder folder;
  write_atomically(folder / "model", exported_bytes());
  const mddnet::Model from_file((folder / "model").string());
  const mddnet::Model from_memory = open_example();
  for (const mddnet::Model* model : {&from_file, &from_memory}) {
    const mddnet_model_info info = model->info();
    CHECK(info.side == 64);
    CHECK(info.classes == 3);
    CHECK(info.gives_verdicts == 1);
    CHECK(info.encoder == std::string("tiny_basic"));
    CHECK(std::string(info.device).starts_with("cpu"));
    CHECK(model->class_names() == std::vector<std::string>{"bolt", "nut", "\xc3\x96se"});
  }
  CHECK(mddnet_version() == std::string(MDDNET_PROJECT_VERSION));
  CHECK(mddnet_version_number() == MDDNET_VERSION_NUMBER);
}

TEST_CASE("results outlive their model") {
  const data::Image picture = example_picture(64, 64, 2);
  const mddnet::Results results = [&] { return open_example().predict(view(picture)); }();
  CHECK(std::isfinite(results[0].map[100]));
  CHECK(results[0].class_name != nullptr);
}

TEST_CASE("a model that cannot vote gives scores and maps") {
  const auto backend = make_cpu_backend();
  const TemporaryFolder folder;
  write_deployed(folder / "model", example_run(*backend, StoreForm::kFolded, false), DType::kF32);
  mddnet::Model model((folder / "model").string());
  CHECK(model.info().gives_verdicts == 0);
  const data::Image picture = example_picture(64, 64, 2);
  const mddnet::Results results = model.predict(view(picture));
  const mddnet::Result result = results[0];
  CHECK(result.verdict == MDDNET_UNKNOWN);
  CHECK(result.vote == -1);
  CHECK(result.class_name == nullptr);
  CHECK(result.class_shares == nullptr);
  CHECK(result.classes == 0);
  CHECK(std::isnan(result.threshold));
  CHECK(result.regions == 0);
  CHECK(result.score > 0.0f);
}

TEST_CASE("options change what they say") {
  const data::Image picture = example_picture(64, 64, 2);
  CHECK(open_example({.minimum_area = 64 * 64}).predict(view(picture))[0].regions == 0);
  CHECK(open_example({.false_positive_rate = 0.7}).predict(view(picture))[0].threshold == 0.1f);
}

TEST_CASE("models that cannot be opened") {
  mddnet_model* model = nullptr;
  const std::string& good = exported_bytes();
  const auto open = [&](const mddnet_options* options) {
    return mddnet_open_memory(good.data(), good.size(), options, &model);
  };
  const auto with = [](const auto& change) {
    mddnet_options options;
    REQUIRE(mddnet_options_init(&options, sizeof options) == MDDNET_OK);
    change(options);
    return options;
  };
  const auto refused = [&](const auto& change, mddnet_status status, const std::string& text) {
    const mddnet_options options = with(change);
    model = reinterpret_cast<mddnet_model*>(&model);
    check_status(open(&options), status, text);
    CHECK(model == nullptr);
  };
  refused([](mddnet_options& o) { o.struct_size = 0; }, MDDNET_ERROR_USAGE, "mddnet_options.struct_size: expected");
  refused([](mddnet_options& o) { o.struct_size = sizeof o - 1; }, MDDNET_ERROR_USAGE, "struct_size");
  refused([](mddnet_options& o) { o.struct_size = 1 << 20; }, MDDNET_ERROR_USAGE, "struct_size");
  refused([](mddnet_options& o) { o.device = "tpu"; }, MDDNET_ERROR_USAGE, "device (--device): expected auto, cpu");
  refused([](mddnet_options& o) { o.device = "cuda:99"; }, MDDNET_ERROR_DEVICE, "cuda:99");
  refused([](mddnet_options& o) { o.precision = "f8"; }, MDDNET_ERROR_USAGE, "precision (--precision)");
  refused([](mddnet_options& o) { o.false_positive_rate = 1.0; }, MDDNET_ERROR_USAGE, "false-positive rate");
  refused([](mddnet_options& o) { o.false_positive_rate = std::nan(""); }, MDDNET_ERROR_USAGE, "false-positive rate");
  refused([](mddnet_options& o) { o.minimum_area = 0; }, MDDNET_ERROR_USAGE, "minimum area");
  refused([](mddnet_options& o) { o.batch = -1; }, MDDNET_ERROR_USAGE, "batch");
  check_status(mddnet_open("/no/such/model", nullptr, &model), MDDNET_ERROR_DATA, "no such file or folder");
  check_status(mddnet_open("/", nullptr, &model), MDDNET_ERROR_DATA, "config.json");
  check_status(mddnet_open(nullptr, nullptr, &model), MDDNET_ERROR_USAGE, "path: expected an address");
  check_status(mddnet_open("x", nullptr, nullptr), MDDNET_ERROR_USAGE, "model: expected an address");
  check_status(mddnet_open_memory(nullptr, 5, nullptr, &model), MDDNET_ERROR_USAGE, "bytes: expected an address");
  check_status(mddnet_open_memory("garbage in here", 15, nullptr, &model), MDDNET_ERROR_DATA, "the model in memory");
  check_status(mddnet_open_memory("", 0, nullptr, &model), MDDNET_ERROR_DATA, "the model in memory");
  check_status(mddnet_options_init(nullptr, sizeof(mddnet_options)), MDDNET_ERROR_USAGE, "options: expected");
  mddnet_options options;
  check_status(mddnet_options_init(&options, 3), MDDNET_ERROR_USAGE, "struct_size");
  CHECK_THROWS_AS(mddnet::Model("/no/such/model"), mddnet::Error);
  mddnet_close(nullptr);
}

TEST_CASE("calls that make no sense") {
  mddnet_model* model = nullptr;
  REQUIRE(mddnet_open_memory(exported_bytes().data(), exported_bytes().size(), nullptr, &model) == MDDNET_OK);
  const data::Image picture = example_picture(64, 64, 1);
  mddnet_results* results = nullptr;
  const auto refused = [&](const auto& change, const std::string& text) {
    mddnet_image image = view(picture);
    change(image);
    results = reinterpret_cast<mddnet_results*>(&results);
    check_status(mddnet_predict(model, &image, 1, 0, &results), MDDNET_ERROR_USAGE, text);
    CHECK(results == nullptr);
  };
  refused([](mddnet_image& i) { i.struct_size = 4; }, "mddnet_image.struct_size");
  refused([](mddnet_image& i) { i.pixels = nullptr; }, "image.pixels");
  refused([](mddnet_image& i) { i.width = 0; }, "image.width");
  refused([](mddnet_image& i) { i.height = -3; }, "image.height");
  refused([](mddnet_image& i) { i.width = 65536; }, "image.width");
  refused([](mddnet_image& i) { i.width = i.height = 65535; }, "image.width * height");
  refused([](mddnet_image& i) { i.stride = 3 * 64 - 1; }, "image.stride: expected 0 or at least the 192 bytes");
  refused([](mddnet_image& i) { i.stride = -192; }, "image.stride");
  refused([](mddnet_image& i) { i.format = 3; }, "image.format");
  const mddnet_image image = view(picture);
  check_status(mddnet_predict(nullptr, &image, 1, 0, &results), MDDNET_ERROR_USAGE, "model: expected");
  check_status(mddnet_predict(model, nullptr, 1, 0, &results), MDDNET_ERROR_USAGE, "images: expected");
  check_status(mddnet_predict(model, &image, 0, 0, &results), MDDNET_ERROR_USAGE, "count");
  check_status(mddnet_predict(model, &image, 1, 2, &results), MDDNET_ERROR_USAGE, "flags");
  check_status(mddnet_predict(model, &image, 1, 0, nullptr), MDDNET_ERROR_USAGE, "results: expected");
  const mddnet_image two[2] = {image, {sizeof(mddnet_image) + 8, image.pixels, 64, 64, 0, MDDNET_RGB8}};
  check_status(mddnet_predict(model, two, 2, 0, &results), MDDNET_ERROR_USAGE, "another in image 1");

  REQUIRE(mddnet_predict(model, &image, 1, 0, &results) == MDDNET_OK);
  mddnet_result result{};
  check_status(mddnet_results_get(results, 0, &result), MDDNET_ERROR_USAGE, "mddnet_result.struct_size");
  result.struct_size = sizeof result;
  check_status(mddnet_results_get(results, 1, &result), MDDNET_ERROR_USAGE, "index: expected one below 1, found 1");
  check_status(mddnet_results_get(nullptr, 0, &result), MDDNET_ERROR_USAGE, "results");
  check_status(mddnet_results_get(results, 0, nullptr), MDDNET_ERROR_USAGE, "result");
  mddnet_region region{};
  region.struct_size = sizeof region;
  check_status(mddnet_results_region(results, 0, 1000, &region), MDDNET_ERROR_USAGE, "region: expected one below");
  mddnet_model_info info{};
  check_status(mddnet_model_get_info(model, &info), MDDNET_ERROR_USAGE, "mddnet_model_info.struct_size");
  check_status(mddnet_model_get_info(nullptr, &info), MDDNET_ERROR_USAGE, "model");
  CHECK(mddnet_model_class_name(model, 3) == nullptr);
  CHECK(mddnet_model_class_name(model, -1) == nullptr);
  CHECK(mddnet_model_class_name(nullptr, 0) == nullptr);
  CHECK(mddnet_results_count(nullptr) == 0);
  mddnet_results_free(results);
  mddnet_results_free(nullptr);
  mddnet_close(model);
}

TEST_CASE("structures of a later version are taken as far as they are known") {
  struct LaterInfo {
    mddnet_model_info known;
    std::int64_t new_field;
  } info{};
  info.known.struct_size = sizeof info;
  info.new_field = 7;
  const std::string& bytes = exported_bytes();
  struct LaterOptions {
    mddnet_options known;
    std::int64_t new_field;
  } options;
  REQUIRE(mddnet_options_init(&options.known, sizeof options) == MDDNET_OK);
  CHECK(options.new_field == 0);
  mddnet_model* model = nullptr;
  REQUIRE(mddnet_open_memory(bytes.data(), bytes.size(), &options.known, &model) == MDDNET_OK);
  CHECK(mddnet_model_get_info(model, &info.known) == MDDNET_OK);
  CHECK(info.known.side == 64);
  CHECK(info.known.struct_size == sizeof info);
  CHECK(info.new_field == 0);
  mddnet_close(model);
  options.new_field = 1;
  check_status(mddnet_open_memory(bytes.data(), bytes.size(), &options.known, &model), MDDNET_ERROR_USAGE,
               "mddnet_options: sets fields that this version");
}

TEST_CASE("errors belong to the thread that made them") {
  check_status(mddnet_open(nullptr, nullptr, nullptr), MDDNET_ERROR_USAGE, "path");
  std::thread([] {
    CHECK(mddnet_error_text() == std::string());
    check_status(mddnet_predict(nullptr, nullptr, 0, 0, nullptr), MDDNET_ERROR_USAGE, "model");
  }).join();
  CHECK(std::string(mddnet_error_text()).starts_with("path"));
}
