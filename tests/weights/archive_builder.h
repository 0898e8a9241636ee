// Builds weight files byte by byte, so that tests need no Python and can build what no library would write.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mdd::test {

/// Little-endian bytes of a number.
std::string little_endian(std::uint64_t value, int width);
/// The bytes of a list of values, as they lie in memory.
template <class T>
std::string raw(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}
void write_file(const std::filesystem::path& path, std::string_view bytes);
std::string read_all(const std::filesystem::path& path);

/// Appends opcodes of protocol 2, as torch.save does; `protocol` 4 adds the opcodes of that protocol.
class PickleWriter {
 public:
  explicit PickleWriter(int protocol = 2) : protocol_(protocol) {
    op('\x80').op(static_cast<char>(protocol));
    if (protocol >= 4) op('\x95').bytes(little_endian(0, 8));
  }
  PickleWriter& bytes(std::string_view text) {
    out_ += text;
    return *this;
  }
  PickleWriter& op(char code) {
    out_ += code;
    return *this;
  }
  PickleWriter& integer(std::int64_t value);
  PickleWriter& text(std::string_view value);
  PickleWriter& global(std::string_view module, std::string_view name);
  PickleWriter& tuple(const std::vector<std::int64_t>& values);
  /// The whole pickle.
  [[nodiscard]] std::string finish() const { return out_ + '.'; }
  [[nodiscard]] const std::string& unfinished() const { return out_; }

 private:
  int protocol_;
  std::string out_;
};

/// A tensor as its pickle describes it; the fields may contradict one another.
struct TensorSpec {
  std::string name;
  std::string storage_class = "FloatStorage";
  std::string key = "0";
  std::int64_t storage_elements = 0;
  std::int64_t offset = 0;
  std::vector<std::int64_t> size = {};
  std::vector<std::int64_t> strides = {};
  bool parameter = false;
};

/// How the state dict is wrapped.
struct DictStyle {
  int protocol = 2;
  bool legacy = false;        ///< persistent ids have a sixth field
  std::string under = {};     ///< key of an outer dict {under: state dict, "epoch": 3}
  bool metadata = false;      ///< OrderedDict with _metadata, as Module.state_dict() returns
  bool plain_values = false;  ///< numbers, text and lists lie between the tensors
};

/// Opcodes that push the tensor.
void push_tensor(PickleWriter& pickle, const TensorSpec& tensor, bool legacy);
std::string state_dict_pickle(const std::vector<TensorSpec>& tensors, const DictStyle& style = {});

using Entries = std::vector<std::pair<std::string, std::string>>;  ///< name, bytes
/// A zip with stored entries, written field by field; names may repeat.
std::string zip_of(const Entries& entries);
/// ROOT/data.pkl, ROOT/version, ROOT/byteorder and ROOT/data/KEY.
Entries torch_entries(const std::string& pickle, const std::map<std::string, std::string>& storages);

/// The legacy container. Each storage: key, elements as its header states them, bytes.
struct LegacyStorage {
  std::string key;
  std::uint64_t elements = 0;
  std::string bytes;
};
std::string legacy_preamble(bool little = true);
std::string legacy_of(const std::string& pickle, const std::vector<LegacyStorage>& storages);

/// Header length, header, data.
std::string safetensors_of(const std::string& header, const std::string& data);

/// The message of the Error that opening the file and reading all its tensors throws; "" if nothing is thrown. Any
/// other exception passes.
std::string error_of(const std::filesystem::path& path);

}  // namespace mdd::test
