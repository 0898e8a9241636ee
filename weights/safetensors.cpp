#include "weights/safetensors.h"

#include <array>
#include <utility>
#include <vector>

#include "core/error.h"
#include "weights/formats.h"
#include "weights/safetensors_header.h"

namespace mdd::weights {
namespace {

class SafetensorsArchive final : public TensorArchive {
 public:
  SafetensorsArchive(InputFile file, std::uint64_t data_start, SafetensorsHeader header)
      : TensorArchive(file.path()), file_(std::move(file)), data_start_(data_start), ranges_(std::move(header.ranges)) {
    set_tensors(std::move(header.tensors));
    set_metadata(std::move(header.metadata));
  }

  std::string_view format() const override { return "safetensors"; }

  HostTensor read(const std::string& name) const override {
    const std::size_t index = index_of(name);
    HostTensor tensor(tensors()[index].dtype, tensors()[index].shape);
    read_part(name, 0, tensor.bytes);
    return tensor;
  }

  void read_part(const std::string& name, std::uint64_t first, std::span<std::byte> out) const override {
    const SafetensorsHeader::Range& range = ranges_[index_of(name)];
    const std::uint64_t size = range.end - range.begin;
    if (first > size || out.size() > size - first) fail(ErrorKind::kData, where(name) + " has no such part");
    try {
      file_.read(data_start_ + range.begin + first, out);
    } catch (const Error& error) {
      fail(error.kind(), where(name) + ": " + error.what());
    }
  }

 private:
  InputFile file_;
  std::uint64_t data_start_;
  std::vector<SafetensorsHeader::Range> ranges_;
};

}  // namespace

std::unique_ptr<TensorArchive> open_safetensors(InputFile file) {
  const std::string where = file.path().string();
  std::array<std::byte, 8> prefix{};
  file.read(0, prefix);
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < prefix.size(); ++i) length |= std::to_integer<std::uint64_t>(prefix[i]) << (8 * i);
  const std::uint64_t rest = file.size() - prefix.size();
  if (length > kMaxSafetensorsHeader || length > rest) {
    fail_data(where, "safetensors header length",
              "at most " + std::to_string(std::min(kMaxSafetensorsHeader, rest)) + " bytes", std::to_string(length));
  }
  std::string text(static_cast<std::size_t>(length), '\0');
  file.read(prefix.size(), std::as_writable_bytes(std::span(text)));
  SafetensorsHeader header = parse_safetensors_header(where, text, rest - length);
  return std::make_unique<SafetensorsArchive>(std::move(file), prefix.size() + length, std::move(header));
}

}  // namespace mdd::weights
