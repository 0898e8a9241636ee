// A profile for people and for programs.
#pragma once
#include <string>
#include <vector>

#include "profile/machine_rates.h"
#include "profile/profiler.h"

namespace mdd {

struct Profile {
  std::string work;  ///< "training" or "inference"
  std::string encoder;
  std::string precision;
  std::string device;     ///< Backend::description()
  std::int64_t side = 0;  ///< of the images
  std::int64_t batch = 0;
  std::int64_t runs = 0;          ///< that the rows are sums of
  double seconds_unprofiled = 0;  ///< of one run when nothing waits between operations
  MachineRates rates{};
  std::vector<ProfileRow> rows{};
};

/// The least time in which the machine could do the row's work: products at its best rate or bytes at its bandwidth,
/// whichever takes longer.
[[nodiscard]] double floor_seconds(const ProfileRow& row, const MachineRates& rates);

/// Rows of the same operation joined, whatever layer they are of.
[[nodiscard]] std::vector<ProfileRow> by_operation(const std::vector<ProfileRow>& rows);

/// Tables: all operations, then the `top` rows that took longest. Times are of one run.
[[nodiscard]] std::string profile_text(const Profile& profile, std::size_t top);
/// Everything, times of one run in seconds.
[[nodiscard]] std::string profile_json(const Profile& profile);

}  // namespace mdd
