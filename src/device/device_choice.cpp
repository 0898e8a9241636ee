#include "device/device_choice.h"

#include <charconv>
#include <cstdlib>

#include "cpu/cpu_backend.h"
#include "ops/cuda_entry.h"

namespace mdd {
namespace {

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
  fail(ErrorKind::kUsage, "device (--device): expected auto, cpu, cuda or cuda:N, found '" + device + "'");
}

}  // namespace

Precision parse_precision(const std::string& word) {
  for (const Precision precision : {Precision::kF32, Precision::kTf32, Precision::kBf16, Precision::kF16}) {
    if (word == name_of(precision)) return precision;
  }
  fail(ErrorKind::kUsage, "precision (--precision): expected f32, tf32, bf16 or f16, found '" + word + "'");
}

std::unique_ptr<Backend> open_backend(const DeviceChoice& choice) {
  const Precision precision = parse_precision(choice.precision);
  const int index = device_index(choice.device);
  if (index == kCpu) return make_cpu_backend(precision);
  return make_cuda_backend({.device = index,
                            .precision = precision,
                            .deterministic = choice.deterministic,
                            .autotune = choice.autotune,
                            .record = !choice.eager,
                            .plan_cache = plan_cache_file()});
}

}  // namespace mdd
