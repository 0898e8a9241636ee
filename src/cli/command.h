// What every subcommand shares: registration, common options, and how a device is opened.
#pragma once
#include <CLI/CLI.hpp>
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "device/device_choice.h"
#include "inference/choice_names.h"

namespace mdd::cli {

/// Runs the chosen subcommand; returns an exit code or throws Error.
using Action = std::function<int()>;

/// Each adds its subcommand to `app`; when it is chosen, `action` is set.
void add_train(CLI::App& app, Action& action);
void add_eval(CLI::App& app, Action& action);
void add_export(CLI::App& app, Action& action);
void add_predict(CLI::App& app, Action& action);
void add_synth(CLI::App& app, Action& action);
void add_weights(CLI::App& app, Action& action);
void add_selfcheck(CLI::App& app, Action& action);
void add_info(CLI::App& app, Action& action);
void add_pretrain(CLI::App& app, Action& action);
void add_ablate(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_profile(CLI::App& app, Action& action);

/// --device, --precision and, in a build with CUDA, --deterministic and --autotune.
void add_device_options(CLI::App& command, DeviceChoice& choice);

/// For options that hold an unsigned 64-bit number: CLI11 itself would let -1 wrap around and cut what is too large.
[[nodiscard]] CLI::Validator unsigned_number();

/// Set by SIGINT and SIGTERM once install_signal_handlers was called; a second signal ends the program at once.
[[nodiscard]] const std::atomic<bool>& stop_requested();
void install_signal_handlers();

/// What the program was called with, quoted for a shell where needed; for reports. Empty before it was kept.
void keep_command_line(int argc, char** argv);
[[nodiscard]] std::string command_line();

/// "mddnet 0.1.0 (git 1234567)" and a line per library; for --version and info.
[[nodiscard]] std::string version_text();

/// An option whose value is one of a switch's words.
template <class Choice>
CLI::Option* add_choice(CLI::App& command, const std::string& name, Choice& target, const std::string& description) {
  return command
      .add_option_function<std::string>(
          name,
          [&target, name](const std::string& word) { target = parse_choice<Choice>(name, word, ErrorKind::kUsage); },
          description + ": " + list_choices<Choice>())
      ->default_str(name_of_choice(target));
}

}  // namespace mdd::cli
