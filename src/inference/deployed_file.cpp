#include "inference/deployed_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "core/checksum.h"
#include "core/float_runs.h"
#include "inference/tensor_source.h"
#include "model/state_dict.h"
#include "weights/safetensors.h"
#include "weights/untrusted.h"

namespace mdd {
namespace {

constexpr const char* kFormat = "mddnet-deployed";
constexpr const char* kVersion = "1";
constexpr const char* kChecksum = "checksum";

void add(Checksum& checksum, std::string_view text) { checksum.add(std::as_bytes(std::span(text))); }

/// Begun with everything that metadata holds, but for the checksum.
Checksum checksum_of(const std::map<std::string, std::string>& metadata) {
  Checksum out;
  for (const auto& [key, value] : metadata) {
    if (key == kChecksum) continue;
    add(out, key);
    add(out, value);
  }
  return out;
}

/// A letter of a key that was changed must not hide what the key names.
void refuse_unknown_metadata(const weights::TensorArchive& archive) {
  constexpr std::array<std::string_view, 5> kKnown{"format", "version", "config", "thresholds", kChecksum};
  for (const auto& [key, value] : archive.metadata()) {
    if (std::find(kKnown.begin(), kKnown.end(), key) != kKnown.end()) continue;
    fail_data(archive.path().string(), "metadata", "config, thresholds, checksum and no other",
              weights::printable(key));
  }
}

const std::string& metadata_of(const weights::TensorArchive& archive, const std::string& key) {
  const auto found = archive.metadata().find(key);
  if (found == archive.metadata().end()) fail_data(archive.path().string(), "metadata", key, "none");
  return found->second;
}

/// Rounds to f16. Requires finite values.
std::vector<std::uint16_t> halves_of(const std::string& where, const Parameter& parameter,
                                     std::span<const float> values) {
  std::vector<std::uint16_t> out;
  out.reserve(values.size());
  for (const float value : values) {
    out.push_back(half_from_float(value));
    if (std::isfinite(float_from_half(out.back()))) continue;
    fail_data(where, "tensor " + parameter.name, "values that f16 can hold (up to 65504)", std::to_string(value));
  }
  return out;
}

/// Copies an archive's tensors into a folded model, a piece that stays in the processor's cache at a time, and compares
/// the checksum.
class Loader {
 public:
  Loader(MddNet& model, const weights::TensorArchive& archive)
      : model_(model), archive_(archive), checksum_(checksum_of(archive.metadata())) {}

  void load() {
    for (const weights::TensorInfo& info : archive_.tensors()) {
      if (info.dtype != DType::kF32 && info.dtype != DType::kF16) {
        fail_data(archive_.path().string(), "type of tensor " + info.name, "f32 or f16",
                  std::string(name_of(info.dtype)));
      }
      const Parameter* p = model_.frozen().find(info.name);
      if (p == nullptr) p = model_.trained().find(info.name);
      require(p != nullptr, "the archive's tensors are the model's");
      add(checksum_, info.name);
      for (std::int64_t first = 0; first < p->shape.elements(); first += kPiece) load_piece(info, *p, first);
    }
    const auto stated = archive_.metadata().find(kChecksum);
    if (stated == archive_.metadata().end() || stated->second == checksum_.text()) return;
    fail_data(archive_.path().string(), "checksum (the file is damaged)", weights::printable(stated->second),
              checksum_.text());
  }

 private:
  static constexpr std::int64_t kPiece = std::int64_t{1} << 16;  ///< elements; whole words of the checksum

  void load_piece(const weights::TensorInfo& info, const Parameter& p, std::int64_t first) {
    const auto count = static_cast<std::size_t>(std::min(kPiece, p.shape.elements() - first));
    const std::span<float> values = std::span(floats_).first(count);
    const auto at = static_cast<std::uint64_t>(first) * size_of(info.dtype);
    if (info.dtype == DType::kF32) {
      archive_.read_part(info.name, at, std::as_writable_bytes(values));
      checksum_.add(std::as_bytes(values));
    } else {
      const std::span<std::uint16_t> halves = std::span(halves_).first(count);
      archive_.read_part(info.name, at, std::as_writable_bytes(halves));
      checksum_.add(std::as_bytes(halves));
      floats_from_halves(halves, values);
    }
    if (!all_finite(values)) {
      fail_data(archive_.path().string(), "tensor " + info.name, "finite values", "others");
    }
    model_.backend().copy_from_host({p.view.value.f32() + first, DType::kF32, {static_cast<std::int64_t>(count)}},
                                    std::as_bytes(values));
  }

  MddNet& model_;
  const weights::TensorArchive& archive_;
  Checksum checksum_;
  std::vector<float> floats_ = std::vector<float>(kPiece);
  std::vector<std::uint16_t> halves_ = std::vector<std::uint16_t>(kPiece);
};

}  // namespace

void write_deployed(const std::filesystem::path& path, const TrainedRun& run, DType storage) {
  require(run.model->form() == StoreForm::kFolded, "a folded model is exported");
  if (storage != DType::kF32 && storage != DType::kF16) {
    fail(ErrorKind::kUsage,
         "type of an exported file's values: expected f32 or f16, found " + std::string(name_of(storage)));
  }
  std::vector<weights::TensorInfo> infos;
  std::vector<const Parameter*> parameters;
  for (const ParameterStore* store : {&run.model->frozen(), &run.model->trained()}) {
    for (const Parameter& p : store->parameters()) {
      infos.push_back({p.name, p.shape.rank() == 1 ? DType::kF32 : storage, p.shape});
      parameters.push_back(&p);
    }
  }
  std::map<std::string, std::string> metadata{
      {"format", kFormat}, {"version", kVersion}, {"config", to_json(run.config)}};
  if (run.thresholds) metadata.emplace("thresholds", to_json(*run.thresholds));
  const weights::TensorProducer produce = [&](std::size_t index, const ByteSink& sink) {
    const Parameter& p = *parameters[index];
    std::vector<float> values(static_cast<std::size_t>(p.shape.elements()));
    run.model->backend().copy_to_host(std::as_writable_bytes(std::span(values)), p.view.value);
    if (infos[index].dtype == DType::kF32) return sink(std::as_bytes(std::span(values)));
    const std::vector<std::uint16_t> halves = halves_of(run.path.string(), p, values);
    sink(std::as_bytes(std::span(halves)));
  };
  // The header, which states the checksum, comes first: the elements are produced twice.
  Checksum checksum = checksum_of(metadata);
  for (std::size_t i = 0; i < infos.size(); ++i) {
    add(checksum, infos[i].name);
    produce(i, [&](std::span<const std::byte> bytes) { checksum.add(bytes); });
  }
  metadata.emplace(kChecksum, checksum.text());
  weights::write_safetensors(path, infos, metadata, produce);
}

TrainedRun open_deployed(Backend& backend, const weights::TensorArchive& archive) {
  const std::string where = archive.path().string();
  const auto format = archive.metadata().find("format");
  if (format == archive.metadata().end() || format->second != kFormat) {
    fail_data(where, "model", "a file made by mddnet export (or the folder of a run)",
              "a " + std::string(archive.format()) + " file of another kind");
  }
  if (metadata_of(archive, "version") != kVersion) {
    fail_data(where, "version of the exported file", kVersion, weights::printable(metadata_of(archive, "version")));
  }
  refuse_unknown_metadata(archive);
  TrainedRun run;
  run.path = archive.path();
  run.config = parse_config(where + ": config", metadata_of(archive, "config"));
  if (archive.metadata().contains("thresholds")) {
    run.thresholds =
        parse_thresholds(where + ": thresholds", metadata_of(archive, "thresholds"), run.config.class_names);
  }
  run.model = std::make_unique<MddNet>(backend, run.config.model, false, StoreForm::kFolded);
  reserve_folded(*run.model, source_of(archive));
  Loader(*run.model, archive).load();
  return run;
}

}  // namespace mdd
