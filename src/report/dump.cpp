#include "report/dump.h"

#include <fmt/core.h>

#include "core/atomic_file.h"
#include "report/npy.h"
#include "report/output_place.h"

namespace mdd::report {
namespace {

using Json = nlohmann::ordered_json;

/// The path of the one mask, null for none, a list of paths for several.
Json masks_json(const std::vector<std::filesystem::path>& masks) {
  if (masks.empty()) return nullptr;
  if (masks.size() == 1) return masks.front().string();
  Json paths = Json::array();
  for (const std::filesystem::path& mask : masks) paths.push_back(mask.string());
  return paths;
}

}  // namespace

Dump::Dump(std::filesystem::path folder) : folder_(std::move(folder)) {
  prepare_folder(folder_);
  index_["images"] = Json::array();
}

void Dump::add(std::size_t index, const DumpedImage& image, std::int64_t side) {
  const std::string map_file = fmt::format("{:06}.npy", index);
  write_npy_f32(folder_ / map_file, image.map, side, side);
  Json mask_file;
  if (!image.resized_mask.empty()) {
    mask_file = fmt::format("{:06}_mask.npy", index);
    write_npy_u8(folder_ / mask_file.get<std::string>(), image.resized_mask, side, side);
  }
  index_["images"].push_back({{"path", image.path.string()},
                              {"class", image.class_name},
                              {"label", image.label},
                              {"mask", masks_json(image.masks)},
                              {"score", image.score},
                              {"vote", image.vote ? Json(*image.vote) : Json(nullptr)},
                              {"map", map_file},
                              {"mask_map", mask_file}});
}

void Dump::finish() const {
  // Paths may hold bytes that are no UTF-8.
  const std::string text = index_.dump(1, ' ', false, Json::error_handler_t::replace);
  write_atomically(folder_ / "index.json", text + "\n");
}

}  // namespace mdd::report
