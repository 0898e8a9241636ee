// Files that hold named tensors. Three formats are read, told apart by content, never by file name: safetensors, and
// both containers of `torch.save` (the zip of PyTorch 1.6 and later, the older run of pickles). Every file counts as
// hostile: nothing in it is executed, and no size in it is believed before it was checked against the file's own size.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/dtype.h"
#include "core/shape.h"
#include "core/tensor.h"

namespace mdd::weights {

struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  Shape shape;
};

/// An opened file. Names and shapes are known after opening; elements are read tensor by tensor.
class TensorArchive {
 public:
  virtual ~TensorArchive() = default;
  TensorArchive(const TensorArchive&) = delete;
  TensorArchive& operator=(const TensorArchive&) = delete;

  /// "safetensors", "pytorch-zip" or "pytorch-legacy".
  [[nodiscard]] virtual std::string_view format() const = 0;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// In the order in which the file lists them; names are unique.
  [[nodiscard]] const std::vector<TensorInfo>& tensors() const noexcept { return tensors_; }
  /// `__metadata__` of a safetensors file; empty for the other formats.
  [[nodiscard]] const std::map<std::string, std::string>& metadata() const noexcept { return metadata_; }
  [[nodiscard]] bool contains(const std::string& name) const { return index_.contains(name); }
  /// The elements, densely packed in the order of the shape. May be called from several threads.
  /// Throws Error(kData) naming file and tensor: no such tensor, or the file changed or cannot be read.
  [[nodiscard]] virtual HostTensor read(const std::string& name) const = 0;
  /// Fills `out` with the bytes of those elements from byte `first` on. Throws as read() does, and Error(kData) if
  /// there are not as many.
  virtual void read_part(const std::string& name, std::uint64_t first, std::span<std::byte> out) const;

 protected:
  explicit TensorArchive(std::filesystem::path path) : path_(std::move(path)) {}
  /// Throws Error(kData) if two tensors share a name.
  void set_tensors(std::vector<TensorInfo> tensors);
  void set_metadata(std::map<std::string, std::string> metadata) { metadata_ = std::move(metadata); }
  /// Position in tensors(). Throws Error(kData) if there is none of that name.
  [[nodiscard]] std::size_t index_of(const std::string& name) const;
  /// "FILE: tensor NAME", the start of every message about one tensor.
  [[nodiscard]] std::string where(const std::string& name) const;

 private:
  std::filesystem::path path_;
  std::vector<TensorInfo> tensors_;
  std::map<std::string, std::string> metadata_;
  std::unordered_map<std::string, std::size_t> index_;
};

/// Opens a file of any of the three formats and checks all of its structure.
/// Throws Error(kData) naming the file: cannot be opened, unknown format, damaged, or asks for more than tensors.
[[nodiscard]] std::unique_ptr<TensorArchive> open_archive(const std::filesystem::path& path);

}  // namespace mdd::weights
