#include "weights/archive_builder.h"

#include <array>
#include <fstream>
#include <iterator>
#include <limits>

#include "weights/archive.h"

namespace mdd::test {

std::string little_endian(std::uint64_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  // Some file systems flush a truncated file to disk when it is closed; thousands of new ones cost nothing.
  std::filesystem::remove(path);
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::filesystem::filesystem_error("write_file", path, {});
}

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

PickleWriter& PickleWriter::integer(std::int64_t value) {
  if (value >= 0 && value < 256) return op('K').bytes(little_endian(static_cast<std::uint64_t>(value), 1));
  if (value >= 0 && value < 65536) return op('M').bytes(little_endian(static_cast<std::uint64_t>(value), 2));
  if (value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max()) {
    return op('J').bytes(little_endian(static_cast<std::uint64_t>(value), 4));
  }
  return op('\x8a').op('\x08').bytes(little_endian(static_cast<std::uint64_t>(value), 8));
}

PickleWriter& PickleWriter::text(std::string_view value) {
  if (protocol_ >= 4) return op('\x8c').bytes(little_endian(value.size(), 1)).bytes(value).op('\x94');
  return op('X').bytes(little_endian(value.size(), 4)).bytes(value);
}

PickleWriter& PickleWriter::global(std::string_view module, std::string_view name) {
  if (protocol_ >= 4) return text(module).text(name).op('\x93').op('\x94');
  return op('c').bytes(module).op('\n').bytes(name).op('\n');
}

PickleWriter& PickleWriter::tuple(const std::vector<std::int64_t>& values) {
  if (values.empty()) return op(')');
  if (values.size() > 3) op('(');
  for (const std::int64_t value : values) integer(value);
  constexpr std::array<char, 3> kShort = {'\x85', '\x86', '\x87'};
  return op(values.size() > 3 ? 't' : kShort[values.size() - 1]);
}

void push_tensor(PickleWriter& pickle, const TensorSpec& tensor, bool legacy) {
  if (tensor.parameter) pickle.global("torch._utils", "_rebuild_parameter").op('(');
  pickle.global("torch._utils", "_rebuild_tensor_v2").op('(');
  pickle.op('(').text("storage").global("torch", tensor.storage_class).text(tensor.key).text("cpu");
  pickle.integer(tensor.storage_elements);
  if (legacy) pickle.op('N');
  pickle.op('t').op('Q').integer(tensor.offset).tuple(tensor.size).tuple(tensor.strides).op('\x89');
  pickle.global("collections", "OrderedDict").op(')').op('R').op('t').op('R');
  if (tensor.parameter) pickle.op('\x88').global("collections", "OrderedDict").op(')').op('R').op('t').op('R');
}

std::string state_dict_pickle(const std::vector<TensorSpec>& tensors, const DictStyle& style) {
  PickleWriter pickle(style.protocol);
  if (!style.under.empty()) pickle.op('}').op('(').text(style.under);
  if (style.metadata) {
    pickle.global("collections", "OrderedDict").op(')').op('R').op('q').op('\x01').op('(');
  } else {
    pickle.op('}').op('(');
  }
  for (const TensorSpec& tensor : tensors) {
    pickle.text(tensor.name);
    push_tensor(pickle, tensor, style.legacy);
  }
  if (style.plain_values) {
    pickle.text("note").text("plain text").text("rate").op('G').bytes(std::string(8, '\0'));
    pickle.text("list").op(']').op('(').integer(-7).op('N').op('\x88').op('e').text("nested").op('}').text("k").integer(
        1);
    pickle.op('s');
  }
  pickle.op('u');
  if (style.metadata) {
    pickle.op('}')
        .text("_metadata")
        .global("collections", "OrderedDict")
        .op(')')
        .op('R')
        .text("")
        .op('}')
        .text("version");
    pickle.integer(1).op('s').op('s').op('s').op('b');
  }
  if (!style.under.empty()) pickle.text("epoch").integer(3).op('u');
  return pickle.finish();
}

namespace {

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffu;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

}  // namespace

std::string zip_of(const Entries& entries) {
  std::string local;
  std::string central;
  for (const auto& [name, bytes] : entries) {
    // What both headers share: version, flags, method (stored), time, date, checksum, sizes, lengths.
    const std::string common = little_endian(20, 2) + little_endian(0, 2) + little_endian(0, 2) + little_endian(0, 2) +
                               little_endian(0x21, 2) + little_endian(crc32(bytes), 4) +
                               little_endian(bytes.size(), 4) + little_endian(bytes.size(), 4) +
                               little_endian(name.size(), 2) + little_endian(0, 2);
    central += std::string("PK\x01\x02", 4) + little_endian(20, 2) + common + little_endian(0, 2) +
               little_endian(0, 2) + little_endian(0, 2) + little_endian(0, 4) + little_endian(local.size(), 4) + name;
    local += std::string("PK\x03\x04", 4) + common + name + bytes;
  }
  return local + central + std::string("PK\x05\x06", 4) + little_endian(0, 4) + little_endian(entries.size(), 2) +
         little_endian(entries.size(), 2) + little_endian(central.size(), 4) + little_endian(local.size(), 4) +
         little_endian(0, 2);
}

Entries torch_entries(const std::string& pickle, const std::map<std::string, std::string>& storages) {
  Entries entries = {{"archive/data.pkl", pickle}, {"archive/byteorder", "little"}};
  for (const auto& [key, bytes] : storages) entries.emplace_back("archive/data/" + key, bytes);
  entries.emplace_back("archive/version", "3\n");
  return entries;
}

std::string legacy_preamble(bool little) {
  const std::string magic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
  PickleWriter system;
  system.op('}').op('(').text("protocol_version").integer(1001).text("little_endian").op(little ? '\x88' : '\x89');
  system.text("type_sizes").op('}').op('(').text("short").integer(2).text("int").integer(4).op('u').op('u');
  return PickleWriter().op('\x8a').op('\x0a').bytes(magic).finish() + PickleWriter().integer(1001).finish() +
         system.finish();
}

std::string legacy_of(const std::string& pickle, const std::vector<LegacyStorage>& storages) {
  PickleWriter keys;
  keys.op(']').op('(');
  std::string data;
  for (const LegacyStorage& storage : storages) {
    keys.text(storage.key);
    data += little_endian(storage.elements, 8) + storage.bytes;
  }
  return legacy_preamble() + pickle + keys.op('e').finish() + data;
}

std::string safetensors_of(const std::string& header, const std::string& data) {
  return little_endian(header.size(), 8) + header + data;
}

std::string error_of(const std::filesystem::path& path) {
  try {
    const auto archive = weights::open_archive(path);
    for (const auto& tensor : archive->tensors()) static_cast<void>(archive->read(tensor.name));
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kData ? error.what() : std::string("not kData: ") + error.what();
  }
  return "";
}

}  // namespace mdd::test
