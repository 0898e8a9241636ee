#include "weights/archive.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <utility>

#include "core/error.h"
#include "weights/formats.h"
#include "weights/input_file.h"
#include "weights/untrusted.h"

namespace mdd::weights {

void TensorArchive::set_tensors(std::vector<TensorInfo> tensors) {
  tensors_ = std::move(tensors);
  index_.clear();
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    if (!index_.emplace(tensors_[i].name, i).second) {
      fail(ErrorKind::kData, where(tensors_[i].name) + " is listed twice");
    }
  }
}

std::size_t TensorArchive::index_of(const std::string& name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) fail(ErrorKind::kData, where(name) + " is not in this file");
  return found->second;
}

void TensorArchive::read_part(const std::string& name, std::uint64_t first, std::span<std::byte> out) const {
  const HostTensor tensor = read(name);
  if (first > tensor.bytes.size() || out.size() > tensor.bytes.size() - first) {
    fail(ErrorKind::kData, where(name) + " has no such part");
  }
  std::ranges::copy(std::span(tensor.bytes).subspan(static_cast<std::size_t>(first), out.size()), out.begin());
}

std::string TensorArchive::where(const std::string& name) const {
  return path_.string() + ": tensor " + printable(name);
}

std::unique_ptr<TensorArchive> open_archive(const std::filesystem::path& path) {
  InputFile file(path);
  std::array<std::byte, 64> head{};
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(head.size(), file.size()));
  file.read(0, std::span(head).first(length));
  const std::string_view start(reinterpret_cast<const char*>(head.data()), length);

  if (start.starts_with("PK\x03\x04")) return open_torch_zip(std::move(file));
  // A frame opcode may lie between the protocol and PyTorch's magic number, so it is looked for, not compared.
  if (start.starts_with('\x80') && start.find(kLegacyMagic) != std::string_view::npos) {
    return open_torch_legacy(std::move(file));
  }
  if (length > 8 && start[8] == '{') return open_safetensors(std::move(file));
  if (start.starts_with('\x80')) {
    fail(ErrorKind::kData, path.string() + ": a Python pickle that torch.save did not write; it is not read");
  }
  fail_data(path.string(), "unknown format", "a safetensors or PyTorch weight file",
            length == 0 ? "an empty file" : std::to_string(file.size()) + " bytes of something else");
}

}  // namespace mdd::weights
