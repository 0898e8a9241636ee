// The lab on a GPU: every version is checked on a small problem, then timed on a large one.
#include <algorithm>

#include "bench/lab/support/measure.h"
#include "core/error.h"
#include "cuda/runtime/check.h"

namespace mdd::lab {
namespace {

class Event {
 public:
  Event() { MDDNET_CUDA(cudaEventCreate(&event_)); }
  ~Event() { static_cast<void>(cudaEventDestroy(event_)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record() { MDDNET_CUDA(cudaEventRecord(event_, nullptr)); }
  /// Seconds since the other was recorded.
  [[nodiscard]] double since(const Event& other) const {
    float milliseconds = 0.0f;
    MDDNET_CUDA(cudaEventSynchronize(event_));
    MDDNET_CUDA(cudaEventElapsedTime(&milliseconds, other.event_, event_));
    return 1e-3 * static_cast<double>(milliseconds);
  }

 private:
  cudaEvent_t event_ = nullptr;
};

/// Median over samples of the seconds that one run takes; a sample is as many runs as make a hundredth of a second.
double seconds_of(const std::function<void(cudaStream_t)>& run) {
  Event begin, end;
  const auto sample = [&](int runs) {
    begin.record();
    for (int i = 0; i < runs; ++i) run(nullptr);
    end.record();
    return end.since(begin) / runs;
  };
  static_cast<void>(sample(1));  // loads the code
  const int runs = std::clamp(static_cast<int>(0.01 / sample(2)), 1, 1000);
  std::vector<double> seconds(7);
  for (double& one : seconds) one = sample(runs);
  std::ranges::sort(seconds);
  return seconds[seconds.size() / 2];
}

int attribute(cudaDeviceAttr which) {
  int value = 0;
  MDDNET_CUDA(cudaDeviceGetAttribute(&value, which, 0));
  return value;
}

struct Rates {
  double bytes;  ///< a second, of a large copy: read and written
  double flop;   ///< a second, multiply-adds in f32 at the nominal clock
};

const Rates& rates() {
  static const Rates kRates = [] {
    constexpr std::size_t kBytes = std::size_t{1} << 28;
    void *from = nullptr, *to = nullptr;
    MDDNET_CUDA(cudaMalloc(&from, kBytes));
    MDDNET_CUDA(cudaMalloc(&to, kBytes));
    MDDNET_CUDA(cudaMemset(from, 0, kBytes));
    const double seconds = seconds_of(
        [=](cudaStream_t stream) { MDDNET_CUDA(cudaMemcpyAsync(to, from, kBytes, cudaMemcpyDeviceToDevice, stream)); });
    MDDNET_CUDA(cudaFree(from));
    MDDNET_CUDA(cudaFree(to));
    const double units = 128.0 * attribute(cudaDevAttrMultiProcessorCount);  // f32 lanes from compute capability 8.6 on
    return Rates{2.0 * static_cast<double>(kBytes) / seconds, 2.0 * units * 1e3 * attribute(cudaDevAttrClockRate)};
  }();
  return kRates;
}

/// The errors of all versions on the small problem.
std::vector<double> checked_errors(const Entry& entry) {
  const Page page = entry.make(Scale::kSmall);
  std::vector<double> errors;
  for (const Version& version : page.versions) {
    page.prepare();
    version.run(nullptr);
    MDDNET_CUDA(cudaDeviceSynchronize());
    errors.push_back(page.error());
    require_within(entry, version, errors.back());
  }
  return errors;
}

}  // namespace

Table measure(const Entry& entry) {
  const std::vector<double> errors = checked_errors(entry);
  const Page page = entry.make(Scale::kLarge);
  Table table{page.problem, {"ms", "GB/s", "TFLOP/s", "of the floor"}, {}};
  const double floor = std::max(page.bytes / rates().bytes, page.flop / rates().flop);
  page.prepare();
  for (std::size_t i = 0; i < page.versions.size(); ++i) {
    const Version& version = page.versions[i];
    const double seconds = seconds_of(version.run);
    table.results.push_back({version.name,
                             version.summary,
                             errors[i],
                             version.tolerance,
                             {fixed(1e3 * seconds, 3), fixed(1e-9 * page.bytes / seconds, 0),
                              fixed(1e-12 * page.flop / seconds, 2), fixed(100.0 * floor / seconds, 0) + " %"}});
  }
  return table;
}

std::string machine() {
  cudaDeviceProp properties{};
  if (cudaGetDeviceProperties(&properties, 0) != cudaSuccess) fail(ErrorKind::kDevice, "expected a GPU, found none");
  return std::string("Timed on ") + properties.name + ": a large copy moves " + fixed(1e-9 * rates().bytes, 0) +
         " GB/s; " + fixed(1e-12 * rates().flop, 1) + " TFLOP/s in f32 at the nominal clock.";
}

}  // namespace mdd::lab
