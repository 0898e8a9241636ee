// What the PATH arguments of a subcommand stand for: files, folders, and "-" for a list on standard input.
#pragma once
#include <string>
#include <vector>

#include "data/image_stream.h"

namespace mdd::cli {

/// Whether one of the arguments is "-".
[[nodiscard]] bool reads_standard_input(const std::vector<std::string>& arguments);

/// The images behind the arguments, in order: files as they are, the images below folders, and for "-" the same for
/// each path on standard input, one a line (empty lines are passed over) or, `null_separated`, ended by a zero byte.
/// Paths on standard input are given on as they arrive. What leads nowhere becomes an entry with an error of kind
/// kData: a missing file, a folder without images, a path of more than 4096 bytes, a list without a path. Ends early
/// once stop_requested(). Never throws Error itself.
[[nodiscard]] data::PathSource list_paths(std::vector<std::string> arguments, bool null_separated);

}  // namespace mdd::cli
