// mddnet export
#include <fmt/core.h>

#include "cli/command.h"
#include "cpu/cpu_backend.h"
#include "inference/deployed_file.h"
#include "report/output_place.h"

namespace mdd::cli {
namespace {

struct ExportArguments {
  std::string model, out, storage = "f32";
};

int run(const ExportArguments& o) {
  report::check_file_place(o.out);
  const auto backend = make_cpu_backend();
  const TrainedRun trained = open_run(*backend, o.model);
  write_deployed(o.out, trained, o.storage == "f16" ? DType::kF16 : DType::kF32);
  std::error_code error;
  const auto bytes = std::filesystem::file_size(o.out, error);
  fmt::print("{}: {} at {} x {}, {} classes, {}{}\n", o.out, trained.config.model.encoder, trained.config.image_size,
             trained.config.image_size, trained.config.class_names.size(), o.storage,
             error ? "" : fmt::format(", {:.1f} MB", static_cast<double>(bytes) / 1e6));
  if (!trained.thresholds) {
    fmt::print(stderr, "warning: {} has no thresholds (training has not finished): the file gives scores only\n",
               o.model);
  }
  return 0;
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("export", "write a trained run as one file for inference");
  const auto o = std::make_shared<ExportArguments>();
  c.add_option("--model", o->model, "folder of a run")->required();
  c.add_option("--out", o->out, "the file to write")->required();
  c.add_option("--storage", o->storage, "how filters and prototypes are stored; computing is f32 with either: f32, f16")
      ->capture_default_str()
      ->check(CLI::IsMember({"f32", "f16"}));
  c.footer(
      "The file (safetensors) holds the network with batch norm folded into its convolutions, the configuration, the\n"
      "thresholds' scores, the heat maps' scales, the class names, and a checksum over all of it. predict, eval and\n"
      "info take it as --model, and so does the library (mddnet.h).\n"
      "Example:\n  mddnet export --model runs/photos --out photos.mddnet --storage f16");
  c.callback([o, &action] { action = [o] { return run(*o); }; });
}

}  // namespace mdd::cli
