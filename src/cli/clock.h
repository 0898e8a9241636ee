// The time that reports carry.
#pragma once
#include <string>

namespace mdd::cli {

/// Now, as "2026-01-31 23:59 UTC".
[[nodiscard]] std::string utc_now();

}  // namespace mdd::cli
