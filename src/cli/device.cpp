#include <charconv>

#include "cli/command.h"
#include "cpu/cpu_backend.h"
#include "ops/cuda_entry.h"

namespace mdd::cli {

void add_device_options(CLI::App& command, DeviceOptions& options) {
  command.add_option("--device", options.device, "auto, cpu, cuda or cuda:N")->capture_default_str()->group("Device");
  command.add_option("--precision", options.precision, "f32, tf32, bf16 or f16; the CPU computes in f32")
      ->capture_default_str()
      ->group("Device");
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

std::unique_ptr<Backend> open_backend(const DeviceOptions& options) {
  for (const std::string word : {"f32", "tf32", "bf16", "f16"}) {
    if (word != options.precision) continue;
    const std::string& device = options.device;
    if (device == "cpu" || (device == "auto" && cuda_device_count() == 0)) {
      if (word != "f32") {
        fail(ErrorKind::kUsage, "--precision: expected f32 on the CPU, found '" + options.precision + "'");
      }
      return make_cpu_backend();
    }
    if (device == "auto" || device == "cuda") return make_cuda_backend(0);
    int index = -1;
    if (device.starts_with("cuda:")) {
      const char* end = device.data() + device.size();
      const auto [stop, error] = std::from_chars(device.data() + 5, end, index);
      if (error == std::errc{} && stop == end && index >= 0) return make_cuda_backend(index);
    }
    fail(ErrorKind::kUsage, "--device: expected auto, cpu, cuda or cuda:N, found '" + device + "'");
  }
  fail(ErrorKind::kUsage, "--precision: expected f32, tf32, bf16 or f16, found '" + options.precision + "'");
}

}  // namespace mdd::cli
