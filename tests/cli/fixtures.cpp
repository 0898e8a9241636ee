#include "cli/fixtures.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "support/temporary_folder.h"
#include "weights/archive_builder.h"

namespace mdd::test {
namespace {

const fs::path& fixtures() {
  static const TemporaryFolder folder;
  return folder.path();
}

void require_success(const Outcome& outcome) {
  if (outcome.code != 0) throw std::runtime_error("a fixture could not be made: " + describe(outcome));
}

fs::path synthesise(const std::string& name, const std::string& train, const std::string& test) {
  fs::path path = fresh_path(name);
  require_success(mddnet({"synth", "--out", path.string(), "--classes", "2", "--size", "64", "--train", train,
                          "--test-good", test, "--test-defect", test, "--quiet"}));
  return path;
}

Words concatenated(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

std::string big_endian(std::uint32_t value) {
  std::string out = little_endian(value, 4);
  std::reverse(out.begin(), out.end());
  return out;
}

std::uint32_t crc32(const std::string& bytes) {
  std::uint32_t crc = 0xffffffffu;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

std::string png_chunk(const std::string& type, const std::string& content) {
  return big_endian(static_cast<std::uint32_t>(content.size())) + type + content + big_endian(crc32(type + content));
}

/// zlib's container around one stored block.
std::string stored(const std::string& bytes) {
  const auto length = static_cast<std::uint16_t>(bytes.size());
  std::uint32_t a = 1, b = 0;
  for (const char byte : bytes) {
    a = (a + static_cast<unsigned char>(byte)) % 65521;
    b = (b + a) % 65521;
  }
  return std::string("\x78\x01\x01") + little_endian(length, 2) +
         little_endian(static_cast<std::uint16_t>(~length), 2) + bytes + big_endian(b << 16 | a);
}

}  // namespace

fs::path fresh_path(const std::string& name) {
  static int count = 0;
  return fixtures() / (std::to_string(count++) + "-" + name);
}

fs::path copy_of(const fs::path& from) {
  fs::path to = fresh_path(from.filename().string());
  fs::copy(from, to, fs::copy_options::recursive);
  return to;
}

const fs::path& data_set() {
  static const fs::path path = synthesise("data", "22", "4");
  return path;
}

const fs::path& small_data_set() {
  static const fs::path path = synthesise("small", "4", "1");
  return path;
}

const fs::path& trained_run() {
  static const fs::path path = [] {
    fs::path run = fresh_path("run");
    require_success(train(data_set(), run, {{"--batch", "8"}}));
    return run;
  }();
  return path;
}

Words train_command(const fs::path& data, const fs::path& out, const Options& options) {
  Options all{{"--data", data.string()}, {"--encoder", "tiny_basic"}, {"--weights", "random"}, {"--size", "64"},
              {"--batch", "4"},          {"--epochs", "1"},           {"--out", out.string()}};
  for (const auto& option : options) {
    const auto same = [&](const auto& other) { return other.first == option.first; };
    const auto found = std::find_if(all.begin(), all.end(), same);
    if (found == all.end()) {
      all.push_back(option);
    } else {
      found->second = option.second;
    }
  }
  Words words{"train"};
  for (const auto& [name, value] : all) {
    words.push_back(name);
    if (!value.empty()) words.push_back(value);
  }
  return words;
}

Outcome train(const fs::path& data, const fs::path& out, const Options& options, const Launch& launch) {
  return mddnet(train_command(data, out, options), launch);
}

Outcome evaluate(const fs::path& run, const fs::path& data, const Words& more) {
  return mddnet(concatenated({"eval", "--model", run.string(), "--data", data.string()}, more));
}

Outcome predict(const fs::path& run, const fs::path& path, const Words& more) {
  return mddnet(concatenated({"predict", "--model", run.string(), path.string()}, more));
}

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path.string());
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void write_bytes(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  write_file(path, bytes);
}

Json read_json(const fs::path& path) { return Json::parse(read_bytes(path)); }

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) out.push_back(line);
  return out;
}

std::vector<Json> read_json_lines(const fs::path& path) {
  std::vector<Json> out;
  for (const std::string& line : lines_of(read_bytes(path))) out.push_back(Json::parse(line));
  return out;
}

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> out;
  for (const auto& [key, value] : object.items()) out.push_back(key);
  return out;
}

Snapshot snapshot(const fs::path& folder) {
  Snapshot out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    out[name] = entry.is_regular_file() ? read_bytes(entry.path()) : "";
  }
  return out;
}

std::string changes(const Snapshot& before, const Snapshot& after) {
  std::string out;
  for (const auto& [name, bytes] : before) {
    const auto found = after.find(name);
    if (found == after.end()) {
      out += name + " is gone; ";
    } else if (found->second != bytes) {
      out += name + " differs; ";
    }
  }
  for (const auto& [name, bytes] : after) {
    if (!before.contains(name)) out += name + " is new; ";
  }
  return out;
}

std::string encode_png(const PngSpec& spec) {
  const std::map<int, std::size_t> channels{{0, 1}, {2, 3}, {4, 2}, {6, 4}};
  const std::size_t row = spec.width * channels.at(spec.colour) * static_cast<std::size_t>(spec.bits) / 8;
  std::string rows;
  for (std::uint32_t y = 0; y < spec.height; ++y) {
    rows += '\0';  // no filter
    for (std::size_t x = 0; x < row; ++x) rows += static_cast<char>(7 * x + 11 * y);
  }
  std::string header = big_endian(spec.width) + big_endian(spec.height);
  header += static_cast<char>(spec.bits);
  header += static_cast<char>(spec.colour);
  header += std::string(3, '\0');
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + png_chunk("IDAT", stored(rows)) + png_chunk("IEND", "");
}

TensorFile TensorFile::read(const fs::path& path) {
  const std::string bytes = read_bytes(path);
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < 8; ++i) length |= std::uint64_t{static_cast<unsigned char>(bytes.at(i))} << (8 * i);
  return {Json::parse(bytes.substr(8, length)), bytes.substr(8 + length)};
}

void TensorFile::write(const fs::path& path) const { write_bytes(path, safetensors_of(header.dump(), data)); }

}  // namespace mdd::test
