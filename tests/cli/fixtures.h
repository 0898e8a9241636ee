// What the tests of this folder share: generated data, a trained run, and tools to damage both.
#pragma once
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/program.h"

namespace mdd::test {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Words = std::vector<std::string>;
using Options = std::vector<std::pair<std::string, std::string>>;  ///< option, value; "" for a flag

/// A path in the program's temporary folder that no other caller gets; nothing is there yet.
[[nodiscard]] fs::path fresh_path(const std::string& name);
/// A copy of a file or folder at a fresh path.
[[nodiscard]] fs::path copy_of(const fs::path& from);

/// Two classes (fabric, metal) of 64 x 64 pictures; 22 normal ones each, of which training holds 5 out; 4 good and 4
/// defective test pictures each. Made once; tests that change something work on a copy.
[[nodiscard]] const fs::path& data_set();
/// The same with 4 normal, 1 good and 1 defective picture a class: two steps of 4 images are an epoch.
[[nodiscard]] const fs::path& small_data_set();
/// A finished run on data_set(): tiny_basic, 4 steps of 8 images. Made once; not to be changed.
[[nodiscard]] const fs::path& trained_run();

/// "train" on `data` into `out`, tiny in everything; `options` replace or extend the default ones.
[[nodiscard]] Words train_command(const fs::path& data, const fs::path& out, const Options& options = {});
[[nodiscard]] Outcome train(const fs::path& data, const fs::path& out, const Options& options = {},
                            const Launch& launch = {});
[[nodiscard]] Outcome evaluate(const fs::path& run, const fs::path& data, const Words& more = {});
[[nodiscard]] Outcome predict(const fs::path& run, const fs::path& path, const Words& more = {});

[[nodiscard]] std::string read_bytes(const fs::path& path);
void write_bytes(const fs::path& path, const std::string& bytes);
[[nodiscard]] Json read_json(const fs::path& path);
[[nodiscard]] std::vector<Json> read_json_lines(const fs::path& path);
[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);
/// The keys of an object.
[[nodiscard]] std::vector<std::string> keys_of(const Json& object);

/// Every file below a folder with its bytes.
using Snapshot = std::map<std::string, std::string>;
[[nodiscard]] Snapshot snapshot(const fs::path& folder);
/// Names of the files that differ, are new, or are gone; "" if none.
[[nodiscard]] std::string changes(const Snapshot& before, const Snapshot& after);

/// A PNG of any kind; `rows` are the samples, big-endian, row by row.
struct PngSpec {
  std::uint32_t width = 0, height = 0;
  int bits = 8;    ///< a sample
  int colour = 2;  ///< 0 grey, 2 RGB, 4 grey + alpha, 6 RGBA
};
[[nodiscard]] std::string encode_png(const PngSpec& spec);

/// A safetensors file taken apart, to be changed and put together again.
struct TensorFile {
  Json header;  ///< name: {dtype, shape, data_offsets}, and __metadata__
  std::string data;

  [[nodiscard]] static TensorFile read(const fs::path& path);
  void write(const fs::path& path) const;
};

}  // namespace mdd::test
