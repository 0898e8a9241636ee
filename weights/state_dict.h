// From a parsed pickle to a list of tensors: which dict holds them, what they are called, where their elements lie.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "weights/archive.h"
#include "weights/pickle.h"

namespace mdd::weights {

/// A run of elements that tensors look into; several tensors may share one.
struct Storage {
  DType dtype = DType::kF32;
  std::uint64_t elements = 0;
  [[nodiscard]] std::uint64_t bytes() const { return elements * size_of(dtype); }
};

/// A tensor as torch keeps it: element (i, j, ...) lies at offset + i * strides[0] + j * strides[1] + ...
struct StoredTensor {
  TensorInfo info;
  std::string storage;                ///< key
  std::uint64_t offset = 0;           ///< in elements
  std::vector<std::int64_t> strides;  ///< in elements, none negative
  std::uint64_t extent = 0;           ///< elements from the first to the last one, both included; 0 if it is empty
  bool dense = true;                  ///< row-major without gaps
};

struct StateDict {
  std::vector<StoredTensor> tensors;
  std::map<std::string, Storage> storages;  ///< by key
};

/// Takes the tensors of the top dict; if it has none, those of the one dict under "state_dict", "model" or
/// "model_state_dict" that has some. A "module." that starts every name (DataParallel) is dropped. Values that are not
/// tensors are left out. Checked: every tensor lies inside its storage, no storage is larger than `file_bytes`, and all
/// tensors together unfold (strides of 0, shared storages) to at most 16 times the file plus 16 MiB.
/// Throws Error(kData) starting with `where`.
[[nodiscard]] StateDict read_state_dict(const std::string& where, const pickle::Object& root, std::uint64_t file_bytes);

}  // namespace mdd::weights
