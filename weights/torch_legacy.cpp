// The container that torch.save wrote before PyTorch 1.6, one after the other:
//   pickle   the magic number
//   pickle   the protocol version, 1001
//   pickle   facts about the writing machine: {"protocol_version": 1001, "little_endian": True, "type_sizes": {...}}
//   pickle   the saved object; tensors in it name storages by key
//   pickle   a list of storage keys
//   for each key of that list: number of elements (8 bytes, little-endian), then the elements
#include <map>
#include <utility>

#include "core/error.h"
#include "weights/formats.h"
#include "weights/pickle.h"
#include "weights/torch_archive.h"
#include "weights/untrusted.h"

namespace mdd::weights {
namespace {

using pickle::Kind;
using Offsets = std::map<std::string, std::uint64_t>;  ///< where the elements of a storage start in the file

class TorchLegacyArchive final : public TorchArchive {
 public:
  TorchLegacyArchive(InputFile file, StateDict dict, Offsets offsets)
      : TorchArchive(file.path(), std::move(dict)), file_(std::move(file)), offsets_(std::move(offsets)) {}

  std::string_view format() const override { return "pytorch-legacy"; }

 private:
  void read_storage(const std::string& key, std::uint64_t offset, std::span<std::byte> out) const override {
    file_.read(offsets_.at(key) + offset, out);
  }

  InputFile file_;
  Offsets offsets_;
};

void read_preamble(const std::string& where, pickle::ByteStream& stream) {
  const pickle::Pickle magic = pickle::load(stream);
  if (magic.root->kind != Kind::kBigInteger || magic.root->text != kLegacyMagic) {
    fail(ErrorKind::kData, where + ": PyTorch's magic number is damaged");
  }
  const pickle::Pickle protocol = pickle::load(stream);
  if (protocol.root->kind != Kind::kInteger || protocol.root->integer != 1001) {
    fail_data(where, "version of the container", "1001", std::to_string(protocol.root->integer));
  }
  const pickle::Pickle system = pickle::load(stream);
  if (system.root->kind != Kind::kDictionary)
    fail(ErrorKind::kData, where + ": the description of the writer is damaged");
  const auto& items = system.root->items;
  for (std::size_t i = 0; i < items.size(); i += 2) {
    if (items[i]->text == "little_endian" && (items[i + 1]->kind != Kind::kBoolean || items[i + 1]->integer != 1)) {
      fail(ErrorKind::kData, where + ": written on a big-endian machine, which is not supported");
    }
  }
}

/// Walks over the storages behind the key list, which must be exactly those that tensors use.
Offsets locate_storages(const InputFile& file, const StateDict& dict, const pickle::Object& keys,
                        std::uint64_t position) {
  const std::string where = file.path().string();
  if (keys.kind != Kind::kList || keys.items.size() != dict.storages.size()) {
    fail_data(where, "storages", "a list of the " + std::to_string(dict.storages.size()) + " that tensors use",
              std::to_string(keys.items.size()));
  }
  Offsets offsets;
  for (const pickle::Object* key : keys.items) {
    const auto known = key->kind == Kind::kText ? dict.storages.find(key->text) : dict.storages.end();
    if (known == dict.storages.end()) fail(ErrorKind::kData, where + ": storage list: a key that no tensor uses");
    pickle::ByteStream stream(where, position, file.size(), [&](auto offset, auto out) { file.read(offset, out); });
    const std::uint64_t elements = stream.number(8);
    if (elements != known->second.elements) {
      fail_data(where + ": storage " + printable(key->text), "elements", std::to_string(known->second.elements),
                std::to_string(elements));
    }
    position += 8;
    if (known->second.bytes() > file.size() - position) {
      fail(ErrorKind::kData, where + ": truncated inside storage " + printable(key->text));
    }
    if (!offsets.emplace(key->text, position).second) {
      fail(ErrorKind::kData, where + ": storage " + printable(key->text) + " is listed twice");
    }
    position += known->second.bytes();
  }
  if (position != file.size()) {
    fail_data(where, "size of the file", std::to_string(position) + " bytes", std::to_string(file.size()));
  }
  return offsets;
}

}  // namespace

std::unique_ptr<TensorArchive> open_torch_legacy(InputFile file) {
  const std::string where = file.path().string();
  pickle::ByteStream stream(where, 0, file.size(), [&](auto offset, auto out) { file.read(offset, out); });
  read_preamble(where, stream);
  const pickle::Pickle saved = pickle::load(stream);
  StateDict dict = read_state_dict(where, *saved.root, file.size());
  const pickle::Pickle keys = pickle::load(stream);
  Offsets offsets = locate_storages(file, dict, *keys.root, stream.position());
  return std::make_unique<TorchLegacyArchive>(std::move(file), std::move(dict), std::move(offsets));
}

}  // namespace mdd::weights
