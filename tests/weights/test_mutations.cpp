// Every prefix of a valid file is an error; a valid file with bytes changed is an error or readable, never a crash
// (the sanitizer builds watch for reads and writes out of bounds).
#include <doctest/doctest.h>
#include <numeric>
#include <vector>

#include "core/rng.h"
#include "support/temporary_folder.h"
#include "weights/archive.h"
#include "weights/archive_builder.h"
#include "weights/convert.h"

using namespace mdd;
using namespace mdd::test;

namespace {

struct Specimen {
  const char* what;
  std::string bytes;
};

std::vector<Specimen> specimens() {
  std::vector<float> values(12);
  std::iota(values.begin(), values.end(), 0.0f);
  const std::vector<TensorSpec> tensors = {
      {.name = "a", .storage_elements = 12, .size = {3, 4}, .strides = {4, 1}, .parameter = true},
      {.name = "b", .storage_elements = 12, .offset = 1, .size = {2, 3}, .strides = {1, 4}},
      {.name = "n", .storage_class = "LongStorage", .key = "1", .storage_elements = 1, .size = {}},
  };
  const std::string floats = raw(values);
  const std::string number(8, '\1');
  const std::string header = R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[3,4],"data_offsets":[0,48]},)"
                             R"("n":{"dtype":"I64","shape":[],"data_offsets":[48,56]}})";
  return {
      {"safetensors", safetensors_of(header, floats + number)},
      {"zip", zip_of(torch_entries(state_dict_pickle(tensors, {.metadata = true}), {{"0", floats}, {"1", number}}))},
      {"legacy", legacy_of(state_dict_pickle(tensors, {.legacy = true, .under = "model", .plain_values = true}),
                           {{"0", 12, floats}, {"1", 1, number}})},
      {"protocol 4",
       legacy_of(state_dict_pickle(tensors, {.protocol = 4, .legacy = true}), {{"0", 12, floats}, {"1", 1, number}})},
  };
}

/// Reads everything there is to read. Only Error may come out.
bool survives(const std::filesystem::path& path) {
  try {
    const auto archive = weights::open_archive(path);
    for (const auto& tensor : archive->tensors()) static_cast<void>(archive->read(tensor.name));
    return weights::describe(*archive).size() > 0;
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find(path.filename().string()) != std::string::npos);
    return false;
  }
}

}  // namespace

TEST_CASE("a file cut at any byte is an error") {
  const TemporaryFolder folder;
  for (const Specimen& specimen : specimens()) {
    CAPTURE(specimen.what);
    write_file(folder / "specimen", specimen.bytes);
    CHECK(survives(folder / "specimen"));
    for (std::size_t length = 0; length < specimen.bytes.size(); ++length) {
      CAPTURE(length);
      write_file(folder / "specimen", specimen.bytes.substr(0, length));
      CHECK_FALSE(survives(folder / "specimen"));
    }
  }
}

TEST_CASE("changed bytes are an error or other values, never a crash") {
  const TemporaryFolder folder;
  std::uint32_t item = 0;
  for (const Specimen& specimen : specimens()) {
    CAPTURE(specimen.what);
    int refused = 0;
    constexpr int kRounds = 3000;
    for (int round = 0; round < kRounds; ++round) {
      RandomStream random(2, 0, item++, Purpose::kTest);
      std::string bytes = specimen.bytes;
      const std::uint32_t changes = 1 + random.below(4);
      for (std::uint32_t i = 0; i < changes; ++i) {
        const std::size_t at = random.below(static_cast<std::uint32_t>(bytes.size()));
        switch (random.below(4)) {
          case 0:
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
            break;
          case 1:
            bytes[at] = static_cast<char>(random.below(256));
            break;
          case 2:
            bytes[at] = random.below(2) == 0 ? '\xff' : '\x7f';
            break;
          default:
            bytes.erase(at, 1 + random.below(8));
            break;
        }
        if (bytes.empty()) bytes.push_back('x');
      }
      write_file(folder / "specimen", bytes);
      if (!survives(folder / "specimen")) ++refused;
    }
    CHECK(refused > kRounds / 4);
  }
}
