// The C interface. Everything behind it reports by exceptions; here they end.
#include "api/mddnet.h"

#include <cmath>
#include <cstdio>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <string_view>
#include <vector>

#include "api/pixels.h"
#include "api/structures.h"
#include "device/device_choice.h"
#include "inference/deployed_file.h"
#include "inference/inspector.h"
#include "weights/formats.h"

using namespace mdd;

#define MDDNET_TEXT_OF(x) #x
#define MDDNET_DIGITS_OF(x) MDDNET_TEXT_OF(x)

struct mddnet_model {
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Inspector> inspector;
  std::string device;
  std::mutex busy;  ///< the inspector serves one thread at a time
};

struct mddnet_results {
  std::vector<Judgement> judgements;
  std::int64_t side = 0;
};

namespace {

constexpr const char* kVersion = MDDNET_DIGITS_OF(MDDNET_VERSION_MAJOR) "." MDDNET_DIGITS_OF(
    MDDNET_VERSION_MINOR) "." MDDNET_DIGITS_OF(MDDNET_VERSION_PATCH);
static_assert(std::string_view(kVersion) == MDDNET_PROJECT_VERSION, "mddnet.h and CMakeLists.txt name one version");

static_assert(MDDNET_NORMAL == static_cast<int>(Verdict::kNormal) &&
              MDDNET_DEFECT == static_cast<int>(Verdict::kDefect) &&
              MDDNET_UNKNOWN == static_cast<int>(Verdict::kUnknown));

/// Of the last failure on this thread: no allocation, so that it works without memory.
thread_local char error_text[1024] = "";

mddnet_status failed(mddnet_status status, const char* text) noexcept {
  std::snprintf(error_text, sizeof error_text, "%s", text);
  return status;
}

/// Runs `body`; whatever it throws becomes a status and a text.
template <class Body>
mddnet_status guarded(const Body& body) noexcept {
  try {
    body();
    return MDDNET_OK;
  } catch (const Error& error) {
    return failed(exit_code(error.kind()), error.what());
  } catch (const std::bad_alloc&) {
    return failed(MDDNET_ERROR_RUNTIME, "out of memory");
  } catch (const std::exception& error) {
    return failed(MDDNET_ERROR_RUNTIME, error.what());
  } catch (...) {
    return failed(MDDNET_ERROR_RUNTIME, "unexpected failure");
  }
}

void expect(const void* address, const char* name) {
  if (address == nullptr) fail(ErrorKind::kUsage, std::string(name) + ": expected an address, found NULL");
}

mddnet_options default_options() {
  const InspectorOptions defaults;
  return {sizeof(mddnet_options), nullptr,       nullptr, defaults.false_positive_rate,
          defaults.minimum_area,  defaults.batch};
}

/// Opens what `open` gives for a backend.
template <class Open>
mddnet_model* open_model(const mddnet_options* given, const Open& open) {
  const mddnet_options options = given == nullptr ? default_options() : api::taken("mddnet_options", given);
  DeviceChoice choice;
  if (options.device != nullptr) choice.device = options.device;
  if (options.precision != nullptr) choice.precision = options.precision;
  auto model = std::make_unique<mddnet_model>();
  model->backend = open_backend(choice);
  model->device = model->backend->description();
  model->inspector = std::make_unique<Inspector>(
      open(*model->backend), InspectorOptions{options.false_positive_rate, options.minimum_area, options.batch});
  return model.release();
}

/// The caller's images as a model of side `side` sees them.
std::vector<data::StreamedImage> prepared(const mddnet_image* images, std::size_t count, std::int64_t side) {
  std::vector<data::StreamedImage> out;
  out.reserve(count);
  const auto* address = reinterpret_cast<const unsigned char*>(images);
  for (std::size_t i = 0; i < count; ++i, address += images->struct_size) {
    const auto* image = reinterpret_cast<const mddnet_image*>(address);
    if (image->struct_size != images->struct_size) {
      fail(ErrorKind::kUsage, "images: expected one struct_size, found another in image " + std::to_string(i));
    }
    out.push_back(data::prepare_image(api::rgb_copy(api::taken("mddnet_image", image)), side));
  }
  return out;
}

const Judgement& judgement_at(const mddnet_results* results, std::size_t index) {
  expect(results, "results");
  if (index < results->judgements.size()) return results->judgements[index];
  fail(ErrorKind::kUsage,
       "index: expected one below " + std::to_string(results->judgements.size()) + ", found " + std::to_string(index));
}

const float* values_or_null(const std::vector<float>& values) { return values.empty() ? nullptr : values.data(); }

mddnet_result described(const Judgement& j, std::int64_t side) {
  mddnet_result out{};
  out.score = j.score;
  out.verdict = static_cast<int>(j.verdict);
  out.vote = j.vote;
  out.class_name = j.vote >= 0 ? j.class_name.c_str() : nullptr;
  out.classes = j.class_mass.size();
  out.class_shares = values_or_null(j.class_mass);
  out.threshold = j.threshold ? j.threshold->value : std::numeric_limits<float>::quiet_NaN();
  out.threshold_resolved = j.threshold && j.threshold->rate_resolved ? 1 : 0;
  out.threshold_optimistic = j.threshold && j.threshold->optimistic ? 1 : 0;
  out.threshold_images = j.threshold ? j.threshold->images : 0;
  out.map_scale = j.scale;
  out.regions = j.regions.size();
  out.width = j.width;
  out.height = j.height;
  out.side = side;
  out.map = values_or_null(j.map);
  out.teacher_restored = values_or_null(j.teacher_restored);
  out.restored_identity = values_or_null(j.restored_identity);
  return out;
}

}  // namespace

const char* mddnet_version(void) { return kVersion; }

int mddnet_version_number(void) { return MDDNET_VERSION_NUMBER; }

const char* mddnet_error_text(void) { return error_text; }

mddnet_status mddnet_options_init(mddnet_options* options, size_t struct_size) {
  return guarded([&] {
    expect(options, "options");
    options->struct_size = struct_size;
    api::give("mddnet_options", default_options(), options);
  });
}

mddnet_status mddnet_open(const char* path, const mddnet_options* options, mddnet_model** model) {
  if (model != nullptr) *model = nullptr;
  return guarded([&] {
    expect(path, "path");
    expect(model, "model");
    *model = open_model(options, [&](Backend& backend) { return open_run(backend, path); });
  });
}

mddnet_status mddnet_open_memory(const void* bytes, size_t size, const mddnet_options* options, mddnet_model** model) {
  if (model != nullptr) *model = nullptr;
  return guarded([&] {
    expect(bytes, "bytes");
    expect(model, "model");
    const auto archive =
        weights::open_safetensors({"the model in memory", {static_cast<const std::byte*>(bytes), size}});
    *model = open_model(options, [&](Backend& backend) { return open_deployed(backend, *archive); });
  });
}

void mddnet_close(mddnet_model* model) { delete model; }

mddnet_status mddnet_model_get_info(const mddnet_model* model, mddnet_model_info* info) {
  return guarded([&] {
    expect(model, "model");
    expect(info, "info");
    const Inspector& inspector = *model->inspector;
    const RunConfig& config = inspector.config();
    api::give("mddnet_model_info",
              {0, inspector.image_size(), static_cast<std::int64_t>(config.class_names.size()),
               inspector.gives_verdicts() ? 1 : 0, config.model.encoder.c_str(), model->device.c_str()},
              info);
  });
}

const char* mddnet_model_class_name(const mddnet_model* model, int64_t index) {
  if (model == nullptr || index < 0) return nullptr;
  const std::vector<std::string>& names = model->inspector->config().class_names;
  return static_cast<std::uint64_t>(index) < names.size() ? names[static_cast<std::size_t>(index)].c_str() : nullptr;
}

mddnet_status mddnet_predict(mddnet_model* model, const mddnet_image* images, size_t count, unsigned flags,
                             mddnet_results** results) {
  if (results != nullptr) *results = nullptr;
  return guarded([&] {
    expect(model, "model");
    expect(images, "images");
    expect(results, "results");
    if (count == 0) fail(ErrorKind::kUsage, "count: expected at least 1, found 0");
    if ((flags & ~static_cast<unsigned>(MDDNET_ALL_MAPS)) != 0) {
      fail(ErrorKind::kUsage, "flags: expected 0 or MDDNET_ALL_MAPS, found " + std::to_string(flags));
    }
    const auto pictures = prepared(images, count, model->inspector->image_size());
    auto out = std::make_unique<mddnet_results>();
    out->side = model->inspector->image_size();
    {
      const std::lock_guard lock(model->busy);
      out->judgements = model->inspector->judge(pictures, (flags & MDDNET_ALL_MAPS) != 0);
    }
    *results = out.release();
  });
}

void mddnet_results_free(mddnet_results* results) { delete results; }

size_t mddnet_results_count(const mddnet_results* results) {
  return results == nullptr ? 0 : results->judgements.size();
}

mddnet_status mddnet_results_get(const mddnet_results* results, size_t index, mddnet_result* result) {
  return guarded([&] {
    const Judgement& judgement = judgement_at(results, index);
    expect(result, "result");
    api::give("mddnet_result", described(judgement, results->side), result);
  });
}

mddnet_status mddnet_results_region(const mddnet_results* results, size_t index, size_t region, mddnet_region* out) {
  return guarded([&] {
    const std::vector<FoundRegion>& regions = judgement_at(results, index).regions;
    expect(out, "out");
    if (region >= regions.size()) {
      fail(ErrorKind::kUsage,
           "region: expected one below " + std::to_string(regions.size()) + ", found " + std::to_string(region));
    }
    const FoundRegion& found = regions[region];
    api::give("mddnet_region",
              {0, found.box.x, found.box.y, found.box.width, found.box.height, found.peak_x, found.peak_y, found.area,
               found.on_map.peak, found.on_map.mean},
              out);
  });
}
