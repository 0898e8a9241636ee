// The options that name a data set, on the command line of every subcommand that opens one.
#pragma once
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/progress.h"
#include "data/dataset.h"

namespace mdd::cli {

struct DatasetArguments {
  std::string data;
  data::Layout format = data::Layout::kAuto;
  std::vector<std::string> classes;
};

/// --data, --format, --classes. Returns --data, which the caller may require.
CLI::Option* add_dataset_options(CLI::App& command, DatasetArguments& arguments);

/// What a subcommand cannot do without.
enum class Needs { kTraining, kTest, kBoth };

/// Errors as data::open_dataset.
[[nodiscard]] data::Dataset open_dataset(const DatasetArguments& arguments, Needs needs);

/// The layout and what was assumed, then the warnings; a line each.
void print_remarks(Progress& progress, const data::Dataset& dataset);

}  // namespace mdd::cli
