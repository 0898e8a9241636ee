#include <charconv>

#include "cli/command.h"
#include "ops/cuda_entry.h"

namespace mdd::cli {
namespace {

constexpr const char* kGroup = "Device";

}  // namespace

void add_device_options(CLI::App& command, DeviceChoice& options) {
  command.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")->capture_default_str()->group(kGroup);
  command
      .add_option("--precision", options.precision,
                  "f32, tf32, bf16 or f16; on the CPU f32, or bf16 for the factors of convolutions and what inference "
                  "keeps between layers")
      ->capture_default_str()
      ->group(kGroup);
  if (cuda_build_description().empty()) return;
  command
      .add_flag("--deterministic,!--no-deterministic", options.deterministic,
                "the same bits in every run (default); without, cuDNN may pick faster algorithms that vary")
      ->group(kGroup);
  command
      .add_flag("--autotune", options.autotune,
                "time cuDNN's algorithms for each convolution and remember the fastest for later runs")
      ->group(kGroup);
  command.add_flag("--eager", options.eager, "start every operation by itself instead of whole steps as CUDA graphs")
      ->group(kGroup);
}

CLI::Validator unsigned_number() {
  const auto check = [](const std::string& text) -> std::string {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return "";
    return "expected a whole number from 0 to 18446744073709551615, found '" + text + "'";
  };
  return {check, ""};
}

}  // namespace mdd::cli
