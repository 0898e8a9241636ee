// What every harness expects of a reader.
#pragma once
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>

#include "core/error.h"
#include "fuzz/harnesses.h"

namespace mdd::fuzz {

/// Says what is wrong and aborts: libFuzzer keeps the input, and a test fails.
[[noreturn]] void give_up(const std::string& what);

/// Aborts unless `error` is what bad data has to give: of kind kData, one line of printable text, at most 4096 bytes.
void check_refusal(const Error& error);

/// Runs `read`. Only a clear Error may come out; anything else ends the process.
template <class Read>
bool accepted(const Read& read) {
  try {
    read();
    return true;
  } catch (const Error& error) {
    check_refusal(error);
    return false;
  }
}

/// A folder of this process, for readers that want a path: made on first use, kept until the process ends.
[[nodiscard]] const std::filesystem::path& place();
/// Replaces the content of a file in it and returns its path.
std::filesystem::path put(const std::string& name, Bytes content);

}  // namespace mdd::fuzz
