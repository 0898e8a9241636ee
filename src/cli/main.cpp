// The program: reads the command line, runs one subcommand, turns errors into one line and an exit code.
#include <cstdio>
#include <exception>
#include <new>

#include "cli/command.h"
#include "core/error.h"

namespace {

/// Results that did not reach their reader (disk full) must not look like success.
int flushed(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  mdd::fail(mdd::ErrorKind::kRuntime, "cannot write to standard output");
}

int report(const std::string& text, int code) {
  std::fprintf(stderr, "mddnet: %s\n", text.c_str());
  return code;
}

int run(int argc, char** argv) {
  CLI::App app{"MDD-Net: one model learns many classes of normal images; it finds and localises defects in others.",
               "mddnet"};
  app.set_version_flag("--version", [] { return mdd::cli::version_text(); });
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 ok, 1 run-time failure, 2 usage, 3 bad data or weights, 4 device unavailable, 5 a requested bar\n"
      "not met, 130 interrupted (after writing a checkpoint).\n"
      "Examples:\n"
      "  mddnet synth --out data/made\n"
      "  mddnet train --data data/made --encoder resnet18 --weights resnet18.safetensors --out runs/first\n"
      "  mddnet eval --model runs/first --data data/made\n"
      "  mddnet predict --model runs/first photo.png --out overlays");
  mdd::cli::Action action;
  for (const auto add : {mdd::cli::add_train, mdd::cli::add_eval, mdd::cli::add_export, mdd::cli::add_predict,
                         mdd::cli::add_synth, mdd::cli::add_weights, mdd::cli::add_selfcheck, mdd::cli::add_info,
                         mdd::cli::add_pretrain, mdd::cli::add_ablate, mdd::cli::add_bench, mdd::cli::add_profile}) {
    add(app, action);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return flushed(app.exit(success));  // --help, --version
  } catch (const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    const std::string name = chosen.empty() ? "mddnet" : "mddnet " + chosen.front()->get_name();
    const bool unknown = chosen.empty() && argc > 1 && argv[1][0] != '-';
    const std::string text = unknown ? "unknown subcommand '" + std::string(argv[1]) + "'" : error.what();
    return report(text + " (see " + name + " --help)", 2);
  }
  return flushed(action());
}

}  // namespace

int main(int argc, char** argv) {
  try {
    mdd::cli::keep_command_line(argc, argv);
    return run(argc, argv);
  } catch (const mdd::Error& error) {
    return report(error.what(), mdd::exit_code(error.kind()));
  } catch (const std::bad_alloc&) {
    return report("out of memory", 1);
  } catch (const std::exception& error) {
    return report(std::string("unexpected failure: ") + error.what(), 1);
  }
}
