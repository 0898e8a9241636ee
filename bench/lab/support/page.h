// A page of the kernel lab: one operation in several versions, each written to be compared with the one before.
#pragma once
#include <cuda_runtime.h>
#include <functional>
#include <string>
#include <vector>

namespace mdd::lab {

/// What the emulator counts in a run of a version (tests/emu/access_counter.h has the rules), and what both machines
/// know. Sectors are 32 bytes of device memory; requests are instructions of a warp, 32 lanes together.
enum class Quantity : unsigned char {
  kLaunches,
  kThreads,
  kLoadRequests,
  kStoreRequests,
  kLoadSectors,
  kStoreSectors,
  kTouchedSectors,  ///< loaded and stored, each once a launch: what a perfect cache would leave to memory
  kSharedRequests,
  kBankConflicts,  ///< passes over shared memory beyond those that the width of the accesses needs
  kBarriers,       ///< arrivals of warps
  kShuffles,       ///< of warps
  kError,          ///< against the float64 reference, relative, in the 2-norm
};

/// What a version claims to gain on the version before it: the quantity falls to at most, or grows to at least, this
/// share of what it was. 0 as `share` of a fall: nothing of it remains.
struct Claim {
  Quantity quantity;
  bool falls;
  double share;
};
constexpr Claim falls_to(Quantity quantity, double share) { return {quantity, true, share}; }
constexpr Claim grows_to(Quantity quantity, double share) { return {quantity, false, share}; }

struct Version {
  std::string name;  ///< "v0", or "cuDNN"
  std::string summary;
  std::function<void(cudaStream_t)> run;  ///< puts the version's launches on the stream
  std::vector<Claim> claims{};
  double tolerance = 1e-5;  ///< of the error
};

/// Small problems are checked and counted; large ones are timed, and keep no values for the reference.
enum class Scale : unsigned char { kSmall, kLarge };

struct Page {
  std::string problem;  ///< "x, residual, y [512, 64] f32"
  double bytes;         ///< that any version must move
  double flop;          ///< that any version must do
  std::vector<Version> versions;
  std::function<void()> prepare;  ///< before a run: inputs as they were, results all NaN
  std::function<double()> error;  ///< of the results of the last run; small problems only
};

// The pages, one for each folder NN_name.
[[nodiscard]] Page batch_norm_apply(Scale scale);
[[nodiscard]] Page batch_norm_statistics(Scale scale);
[[nodiscard]] Page cosine_distance(Scale scale);
[[nodiscard]] Page memory_read(Scale scale);
[[nodiscard]] Page gaussian_blur(Scale scale);
[[nodiscard]] Page adam(Scale scale);
[[nodiscard]] Page convolution(Scale scale);
[[nodiscard]] Page anomaly_map(Scale scale);

struct Entry {
  const char* name;  ///< the folder's
  Page (*make)(Scale);
};
inline constexpr Entry kPages[] = {
    {"01_batch_norm_apply", batch_norm_apply}, {"02_batch_norm_statistics", batch_norm_statistics},
    {"03_cosine_distance", cosine_distance},   {"04_memory_read", memory_read},
    {"05_gaussian_blur", gaussian_blur},       {"06_adam", adam},
    {"07_convolution", convolution},           {"08_anomaly_map", anomaly_map},
};

}  // namespace mdd::lab
