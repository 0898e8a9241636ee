#include "cli/dataset_options.h"

namespace mdd::cli {

CLI::Option* add_dataset_options(CLI::App& command, DatasetArguments& arguments) {
  CLI::Option* data = command.add_option("--data", arguments.data,
                                         "data set: a folder in a known layout, a list (.csv, .json), or photographs");
  command
      .add_option_function<std::string>(
          "--format",
          [&arguments](const std::string& word) { arguments.format = data::parse_layout("--format", word); },
          "insist on a layout: " + data::layout_names())
      ->default_str(data::layout_name(arguments.format));
  command.add_option("--classes", arguments.classes, "only these classes")->delimiter(',');
  return data;
}

data::Dataset open_dataset(const DatasetArguments& arguments, Needs needs) {
  return data::open_dataset(arguments.data, {.classes = arguments.classes,
                                             .need_train = needs != Needs::kTest,
                                             .need_test = needs != Needs::kTraining,
                                             .format = arguments.format});
}

void print_remarks(Progress& progress, const data::Dataset& dataset) {
  for (const std::string& note : dataset.notes) progress.message(note);
  for (const std::string& warning : dataset.warnings) progress.message("warning: " + warning);
}

}  // namespace mdd::cli
