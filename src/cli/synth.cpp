// mddnet synth
#include <fmt/core.h>

#include "cli/command.h"
#include "cli/progress.h"
#include "generate/dataset.h"
#include "generate/sample.h"

namespace mdd::cli {

void add_synth(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("synth", "write a procedurally generated data set in MVTec layout");
  struct SynthArguments {
    generate::GenerateOptions generate;
    bool keep = false, quiet = false;
  };
  const auto o = std::make_shared<SynthArguments>();
  generate::GenerateOptions& g = o->generate;
  c.add_option("--out", g.out, "folder to write")->required();
  c.add_option("--classes", g.classes, fmt::format("1 to {}", generate::class_count()))->capture_default_str();
  std::string kinds;
  for (int i = 0; i < generate::class_count(); ++i) {
    kinds += (i == 0 ? "" : ", ") + std::string(generate::class_name(i));
  }
  c.add_option("--kinds", g.kinds, "or these classes by name: " + kinds)->delimiter(',');
  c.add_option("--size", g.size, "side of the pictures")->capture_default_str();
  c.add_option("--train", g.train, "normal training pictures a class")->capture_default_str();
  c.add_option("--test-good", g.test_good, "normal test pictures a class")->capture_default_str();
  c.add_option("--test-defect", g.test_defect, "defective test pictures a class")->capture_default_str();
  c.add_option(
       "--severity", g.severity,
       "how plain scratches, cracks, stains, dents, holes and dirt are: 0.25 to 4 times their usual width, area "
       "and contrast; missing and wrong parts stay as they are")
      ->capture_default_str();
  c.add_option("--seed", g.seed)->capture_default_str()->check(unsigned_number());
  c.add_flag("--keep", o->keep, "refuse to replace a data set that was generated earlier");
  c.add_flag("--quiet", o->quiet, "no progress");
  c.footer("Example:\n  mddnet synth --out data/made --classes 3 --size 128");
  c.callback([o, &action] {
    action = [o] {
      o->generate.overwrite = !o->keep;
      Progress progress(o->quiet);
      generate::generate_dataset(o->generate, [&](int done, int total) { progress.update(done, total, "pictures"); });
      progress.message("the data set is in " + o->generate.out.string());
      return 0;
    };
  });
}

}  // namespace mdd::cli
