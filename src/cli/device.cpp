#include <charconv>
#include <cstdlib>

#include "cli/command.h"
#include "cpu/cpu_backend.h"
#include "ops/cuda_entry.h"

namespace mdd::cli {
namespace {

constexpr const char* kGroup = "Device";
constexpr int kCpu = -1;

/// The folder that an environment variable names; empty unless it is an absolute path.
std::filesystem::path folder_from(const char* variable) {
  const char* value = std::getenv(variable);
  const std::filesystem::path folder = value != nullptr ? value : "";
  return folder.is_absolute() ? folder : std::filesystem::path{};
}

/// Where the user's caches belong (XDG base directory specification); empty, for no cache, when nothing says where.
std::filesystem::path plan_cache_file() {
  std::filesystem::path caches = folder_from("XDG_CACHE_HOME");
  if (caches.empty()) {
    const std::filesystem::path home = folder_from("HOME");
    if (home.empty()) return {};
    caches = home / ".cache";
  }
  return caches / "mddnet" / "cudnn_plans.txt";
}

/// Index of the CUDA device that --device names, or kCpu.
int device_index(const std::string& device) {
  if (device == "cpu") return kCpu;
  if (device == "auto") return cuda_device_count() > 0 ? 0 : kCpu;
  if (device == "cuda") return 0;
  int index = 0;
  if (device.starts_with("cuda:")) {
    const char* end = device.data() + device.size();
    const auto [stop, error] = std::from_chars(device.data() + 5, end, index);
    if (error == std::errc{} && stop == end && index >= 0) return index;
  }
  fail(ErrorKind::kUsage, "--device: expected auto, cpu, cuda or cuda:N, found '" + device + "'");
}

}  // namespace

void add_device_options(CLI::App& command, DeviceOptions& options) {
  command.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")->capture_default_str()->group(kGroup);
  command
      .add_option("--precision", options.precision,
                  "f32, tf32, bf16 or f16; on the CPU f32, or bf16 for the factors of convolutions")
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

Precision precision_of(const DeviceOptions& options) {
  for (const Precision precision : {Precision::kF32, Precision::kTf32, Precision::kBf16, Precision::kF16}) {
    if (options.precision == name_of(precision)) return precision;
  }
  fail(ErrorKind::kUsage, "--precision: expected f32, tf32, bf16 or f16, found '" + options.precision + "'");
}

std::unique_ptr<Backend> open_backend(const DeviceOptions& options) {
  const Precision precision = precision_of(options);
  const int index = device_index(options.device);
  if (index != kCpu) {
    return make_cuda_backend({.device = index,
                              .precision = precision,
                              .deterministic = options.deterministic,
                              .autotune = options.autotune,
                              .record = !options.eager,
                              .plan_cache = plan_cache_file()});
  }
  return make_cpu_backend(precision);
}

}  // namespace mdd::cli
