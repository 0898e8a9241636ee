// mddnet weights inspect|convert
#include <fmt/core.h>
#include <optional>

#include "cli/command.h"
#include "weights/archive.h"
#include "weights/convert.h"

namespace mdd::cli {

void add_weights(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("weights", "look into weight files and convert them");
  c.require_subcommand(1);
  struct WeightsArguments {
    std::string file, out, dtype;
  };
  const auto options = std::make_shared<WeightsArguments>();

  CLI::App& inspect = *c.add_subcommand("inspect", "format, tensors and shapes of a .pth or .safetensors file");
  inspect.add_option("FILE", options->file)->required();
  inspect.callback([options, &action] {
    action = [options] {
      fmt::print("{}", weights::describe(*weights::open_archive(options->file)));
      return 0;
    };
  });

  CLI::App& convert = *c.add_subcommand("convert", "write a weight file as safetensors");
  convert.add_option("FILE", options->file)->required();
  convert.add_option("--out", options->out, "file to write")->required();
  convert.add_option("--dtype", options->dtype, "f32, f16 or bf16 for all floating tensors; default: as they are")
      ->check(CLI::IsMember({"f32", "f16", "bf16"}));
  convert.callback([options, &action] {
    action = [options] {
      std::optional<DType> dtype;
      for (const DType candidate : {DType::kF32, DType::kF16, DType::kBF16}) {
        if (name_of(candidate) == options->dtype) dtype = candidate;
      }
      weights::convert_to_safetensors(*weights::open_archive(options->file), options->out, dtype);
      fmt::print(stderr, "wrote {}\n", options->out);
      return 0;
    };
  });
}

}  // namespace mdd::cli
