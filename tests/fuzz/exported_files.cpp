#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "api/mddnet.h"
#include "fuzz/oracle.h"

namespace mdd::fuzz {
namespace {

constexpr std::size_t kPrefix = 8;  // of a safetensors file: the header's length
constexpr std::uint64_t kMostData = 1 << 20;

/// A network's numbers are most of a file, and any would do: zeros stand for those that the header promises and the
/// input does not have, up to a megabyte. So an input is as long as its header, and networks are small.
std::vector<std::uint8_t> with_its_data(Bytes input) {
  std::vector<std::uint8_t> out(input.begin(), input.end());
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < std::min(kPrefix, out.size()); ++i) length |= std::uint64_t{out[i]} << (8 * i);
  if (out.size() < kPrefix || length > out.size() - kPrefix) return out;
  const auto begin = out.begin() + kPrefix, end = begin + static_cast<std::ptrdiff_t>(length);
  const auto header = nlohmann::json::parse(begin, end, nullptr, false);
  if (!header.is_object()) return out;
  std::uint64_t data = 0;
  for (const auto& [name, entry] : header.items()) {
    const auto range = entry.is_object() ? entry.find("data_offsets") : entry.end();
    if (range == entry.end() || !range->is_array() || range->size() != 2 || !range->back().is_number_unsigned())
      continue;
    data = std::max(data, range->back().get<std::uint64_t>());
  }
  if (data <= kMostData) out.resize(std::max<std::size_t>(out.size(), kPrefix + length + data));
  return out;
}

/// Everything that can be asked of a model without an image.
void ask_all(const mddnet_model* model) {
  mddnet_model_info info{};
  info.struct_size = sizeof info;
  if (mddnet_model_get_info(model, &info) != MDDNET_OK) give_up(mddnet_error_text());
  if (info.classes < 1 || info.side < 1) give_up("a model of no class, or of no side");
  for (std::int64_t i = 0; i < info.classes; ++i) {
    if (mddnet_model_class_name(model, i) == nullptr) give_up("a class without a name");
  }
  if (mddnet_model_class_name(model, info.classes) != nullptr) give_up("a name of a class too many");
}

}  // namespace

void exported(Bytes input) {
  if (input.empty()) return;  // no bytes have no address, which is another error
  const std::vector<std::uint8_t> file = with_its_data(input);
  mddnet_options options{};
  mddnet_options_init(&options, sizeof options);
  options.device = "cpu";
  mddnet_model* model = nullptr;
  accepted([&] {
    const mddnet_status status = mddnet_open_memory(file.data(), file.size(), &options, &model);
    if ((status == MDDNET_OK) != (model != nullptr)) give_up("a model and an error, or neither");
    if (status == MDDNET_OK) return ask_all(model);
    if (status != MDDNET_ERROR_DATA)
      give_up("another error than that of bad data: " + std::string(mddnet_error_text()));
    fail(ErrorKind::kData, mddnet_error_text());
  });
  mddnet_close(model);
}

}  // namespace mdd::fuzz
