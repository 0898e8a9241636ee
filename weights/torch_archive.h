// What the two containers of torch.save have in common: tensors are strided views of storages.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "weights/archive.h"
#include "weights/state_dict.h"

namespace mdd::weights {

class TorchArchive : public TensorArchive {
 public:
  [[nodiscard]] HostTensor read(const std::string& name) const override;

 protected:
  TorchArchive(std::filesystem::path path, StateDict dict);
  [[nodiscard]] const std::map<std::string, Storage>& storages() const noexcept { return dict_.storages; }
  /// Fills `out` with bytes of a storage of storages(), from byte `offset` on; the range lies inside it.
  /// Throws Error(kData).
  virtual void read_storage(const std::string& key, std::uint64_t offset, std::span<std::byte> out) const = 0;

 private:
  StateDict dict_;
};

}  // namespace mdd::weights
