// mddnet ablate
#include <algorithm>
#include <fmt/core.h>

#include "ablate/report.h"
#include "ablate/runner.h"
#include "cli/clock.h"
#include "cli/command.h"
#include "cli/dataset_options.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "core/atomic_file.h"

namespace mdd::cli {
namespace {

struct AblateArguments {
  DatasetArguments data;
  std::string out, base, suite;
  RunSwitches switches;
  std::vector<std::string> variants, own;
  std::vector<std::uint64_t> seeds{0, 1, 2};
  std::int64_t steps = 0;
  LoaderSettings loader;
  DeviceChoice device;
  bool list = false, quiet = false;
};

/// `switches` with the switches of one string of them on top, read by the definitions of `mddnet train`.
RunSwitches with_switches(const RunSwitches& switches, const std::string& text, const std::string& where) {
  RunSwitches out = switches;
  CLI::App app;
  app.set_help_flag();
  add_encoder_options(app, out.config);
  add_length_options(app, out.config.training);
  add_switches(app, out);
  try {
    app.parse(text);
  } catch (const CLI::ParseError& error) {
    fail(ErrorKind::kUsage, where + ": " + error.what());
  } catch (const Error& error) {
    fail(ErrorKind::kUsage, where + ": " + error.what());
  }
  return out;
}

/// The whole configuration, with the encoder chosen as `mddnet train` chooses it.
RunConfig resolve(const RunSwitches& switches, const std::string& where, std::string& note) {
  try {
    return switches.resolved(note);
  } catch (const Error& error) {
    fail(error.kind(), where + ": " + error.what());
  }
}

std::vector<ablate::Variant> chosen_variants(const AblateArguments& o) {
  std::vector<ablate::Variant> own;
  for (const std::string& text : o.own) own.push_back(ablate::parse_variant(text));
  std::vector<std::string> names = o.variants;
  if (!o.suite.empty()) names = ablate::variants_of_suite(o.suite);
  if (names.empty() && own.empty()) names = ablate::variants_of_suite("paper");
  return ablate::choose_variants(names, own);
}

/// Reads everything that was typed before anything is opened.
std::vector<ablate::PlannedVariant> planned_variants(const AblateArguments& o, std::vector<std::string>& notes) {
  const RunSwitches base = with_switches(o.switches, o.base, "--base");
  std::vector<ablate::PlannedVariant> out;
  for (const ablate::Variant& variant : chosen_variants(o)) {
    const std::string where = "variant " + variant.name;
    const RunSwitches switches = with_switches(base, variant.switches, where);
    std::string note;
    out.push_back({variant, resolve(switches, where, note)});
    if (!note.empty() && std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
    if (o.steps > 0 && switches.config.training.epochs != o.switches.config.training.epochs) {
      fail(ErrorKind::kUsage, where + ": expected no --epochs beside --steps, which chooses them");
    }
  }
  return out;
}

void refuse_repeated_seeds(std::vector<std::uint64_t> seeds) {
  std::sort(seeds.begin(), seeds.end());
  const auto repeated = std::adjacent_find(seeds.begin(), seeds.end());
  if (repeated != seeds.end()) {
    fail(ErrorKind::kUsage, "--seeds: expected each seed once, found " + std::to_string(*repeated) + " twice");
  }
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void write_reports(const std::string& folder, const ablate::Ablation& ablation, ablate::Provenance provenance) {
  provenance.date = utc_now();
  const std::filesystem::path path = folder;
  write_atomically(path / "ablation.json", ablate::json_report(ablation, provenance));
  write_atomically(path / "ablation.md", ablate::markdown_report(ablation, provenance));
}

/// --steps: as many epochs as come nearest, for each variant's batch.
void fit_epochs(const AblateArguments& o, const data::Dataset& dataset, std::vector<ablate::PlannedVariant>& variants,
                Progress& progress) {
  if (o.steps == 0) return;
  for (ablate::PlannedVariant& planned : variants) {
    TrainingConfig& training = planned.config.training;
    training.epochs = ablate::epochs_for_steps(dataset, training.batch, o.steps);
    check_config(planned.config);
    if (learning_rate_of(training, 0) < training.learning_rate) {
      progress.message("warning: " + planned.variant.name + " has so few epochs that the learning rate is low at once");
    }
  }
  progress.message(fmt::format("--steps {}: {} epochs", o.steps, variants.front().config.training.epochs));
}

ablate::Observer observer_of(const AblateArguments& o, const ablate::Provenance& provenance, Progress& progress) {
  ablate::Observer out;
  out.on_message = [&](const std::string& text) { progress.message(text); };
  out.training.on_message = out.on_message;
  out.training.on_step = [&, mean = 0.0](const StepRecord& record, std::int64_t total_steps,
                                         std::int64_t total_epochs) mutable {
    mean = record.step == 1 || mean == 0 ? record.images_per_second : 0.95 * mean + 0.05 * record.images_per_second;
    progress.update(
        record.step, total_steps,
        fmt::format("epoch {}/{} loss {:.4f}, {:.1f} img/s", record.epoch, total_epochs, record.report.total, mean));
  };
  out.on_scored = [&](std::size_t done, std::size_t total) {
    progress.update(static_cast<std::int64_t>(done), static_cast<std::int64_t>(total), "test images");
  };
  out.on_run = [&](const ablate::Ablation& ablation) { write_reports(o.out, ablation, provenance); };
  return out;
}

/// The report is printed by now; a script must still learn that it has gaps.
void refuse_failures(const ablate::Ablation& ablation) {
  std::int64_t failed = 0;
  std::string first;
  for (const ablate::VariantResults& results : ablation.variants) {
    for (const ablate::Run& run : results.runs) {
      if (run.failure.empty()) continue;
      if (failed++ == 0) first = run.folder.generic_string() + ": " + run.failure;
    }
  }
  if (failed > 0)
    fail(ErrorKind::kRuntime, fmt::format("{} {} failed; the first, {}", failed, failed == 1 ? "run" : "runs", first));
}

int run(const AblateArguments& o) {
  if (o.list) {
    fmt::print("{}", ablate::list_of_variants());
    return 0;
  }
  if (o.data.data.empty()) fail(ErrorKind::kUsage, "--data is required");
  if (o.out.empty()) fail(ErrorKind::kUsage, "--out is required");
  refuse_repeated_seeds(o.seeds);
  std::vector<std::string> notes;
  ablate::Plan plan;
  plan.folder = o.out;
  plan.variants = planned_variants(o, notes);
  plan.seeds = o.seeds;
  plan.loader_workers = o.loader.workers;
  plan.cache_bytes = o.loader.cache_bytes();
  plan.resident_bytes = o.loader.resident_bytes();
  plan.program = first_line(version_text());
  const data::Dataset dataset = open_dataset(o.data, Needs::kBoth);
  const auto backend = open_backend(o.device);
  install_signal_handlers();
  plan.stop = &stop_requested();

  Progress progress(o.quiet);
  print_remarks(progress, dataset);
  for (const std::string& note : notes) progress.message(note);
  fit_epochs(o, dataset, plan.variants, progress);
  const std::string size = fmt::format("{}: {} classes, {} normal and {} test images", o.data.data,
                                       dataset.class_names.size(), dataset.train.size(), dataset.test.size());
  const ablate::Provenance provenance{command_line(), "", plan.program, backend->description(), size};
  progress.message(fmt::format("{}; {}", size, provenance.machine));
  const ablate::Ablation ablation =
      ablate::run_ablation(*backend, plan, dataset, o.data.data, observer_of(o, provenance, progress));
  progress.message("tables and numbers are in " + (plan.folder / "ablation.md").string() + " and ablation.json");
  fmt::print("{}", ablate::text_report(ablation));
  refuse_failures(ablation);
  return 0;
}

}  // namespace

void add_ablate(CLI::App& app, Action& action) {
  CLI::App& c = *app.add_subcommand("ablate", "train and score variants of one configuration, and compare them");
  const auto o = std::make_shared<AblateArguments>();
  RunConfig& config = o->switches.config;
  config.image_size = 128;
  add_dataset_options(c, o->data);
  c.add_option("--out", o->out, "folder of the ablation; runs are OUT/VARIANT/seed-N");
  add_encoder_options(c, config);
  const std::string group = "Variants";
  CLI::Option* variants =
      c.add_option("--variants", o->variants, "names of variants, see --list")->delimiter(',')->group(group);
  c.add_option("--suite", o->suite, "a set of variants, see --list; paper if nothing is chosen")
      ->excludes(variants)
      ->group(group);
  c.add_option("--variant", o->own, "NAME=\"SWITCHES\": a variant of your own, of switches of train; repeatable")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(group);
  c.add_option("--base", o->base, "\"SWITCHES\" of train for every variant, the base included")->group(group);
  c.add_option("--seeds", o->seeds, "each variant is trained with each of these")
      ->delimiter(',')
      ->check(unsigned_number())
      ->capture_default_str()
      ->group(group);
  c.add_flag("--list", o->list, "print variants and suites")->group(group);
  add_length_options(c, config.training);
  c.add_option("--steps", o->steps, "so many epochs as make about this many steps, with the schedule of that length")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40))
      ->excludes("--epochs")
      ->group("Training");
  add_loader_options(c, o->loader);
  c.add_flag("--quiet", o->quiet, "no progress");
  add_device_options(c, o->device);
  c.footer(
      "Finished runs are skipped and unfinished ones resumed: break it off and repeat the command.\n"
      "Examples:\n"
      "  mddnet ablate --data mvtec --weights resnet18-f37072fd.pth --epochs 20 --suite paper --out ablations/paper\n"
      "  mddnet ablate --data mvtec --weights resnet18-f37072fd.pth --steps 500 --seeds 0 --variants no-memory,map-ri "
      "\\\n"
      "    --variant soft=\"--temperature 0.3 --slots 20\" --base \"--score top1%\" --out ablations/try\n"
      "  mddnet ablate --list");
  c.callback([o, &action] { action = [o] { return run(*o); }; });
}

}  // namespace mdd::cli
