#include "profile/profile_report.h"

#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace mdd {
namespace {

double total_seconds(const std::vector<ProfileRow>& rows) {
  double sum = 0;
  for (const ProfileRow& row : rows) sum += row.seconds;
  return sum;
}

std::vector<ProfileRow> slowest_first(std::vector<ProfileRow> rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  return rows;
}

constexpr const char* kHead = "share       ms   floor  calls   GFLOP/s    GB/s  ";

std::string line(const ProfileRow& row, const Profile& profile, double total, const std::string& name) {
  const auto runs = static_cast<double>(profile.runs);
  const auto rate = [&](double amount) { return row.seconds > 0 ? amount / row.seconds * 1e-9 : 0.0; };
  const double floor = row.seconds > 0 ? floor_seconds(row, profile.rates) / row.seconds : 0.0;
  const std::string products = row.cost.operations > 0 ? fmt::format("{:.1f}", rate(row.cost.operations)) : "-";
  return fmt::format("{:4.1f}% {:8.3f}  {:5.0f}%  {:5.0f}  {:>8}  {:6.1f}  {}\n", 100 * row.seconds / total,
                     1e3 * row.seconds / runs, 100 * floor, static_cast<double>(row.calls) / runs, products,
                     rate(row.cost.bytes), name);
}

}  // namespace

double floor_seconds(const ProfileRow& row, const MachineRates& rates) {
  const double reducible = row.cost.reducible_operations, strided = row.cost.strided_operations;
  const auto at_rate = [](double operations, double rate) { return operations > 0 ? operations / rate : 0.0; };
  const double products = at_rate(row.cost.operations - reducible - strided, rates.operations_per_second) +
                          at_rate(reducible, rates.reducible_operations_per_second) +
                          at_rate(strided, rates.strided_operations_per_second);
  return std::max(products, row.cost.bytes / rates.bytes_per_second);
}

std::vector<ProfileRow> by_operation(const std::vector<ProfileRow>& rows) {
  std::vector<ProfileRow> out;
  for (const ProfileRow& row : rows) {
    auto found = std::find_if(out.begin(), out.end(), [&](const auto& o) { return o.operation == row.operation; });
    if (found == out.end()) {
      out.push_back(row);
      out.back().range.clear();
      continue;
    }
    found->calls += row.calls;
    found->seconds += row.seconds;
    found->cost.operations += row.cost.operations;
    found->cost.reducible_operations += row.cost.reducible_operations;
    found->cost.strided_operations += row.cost.strided_operations;
    found->cost.bytes += row.cost.bytes;
  }
  return out;
}

std::string profile_text(const Profile& profile, std::size_t top) {
  const double total = total_seconds(profile.rows);
  const auto runs = static_cast<double>(profile.runs);
  double floor = 0;
  for (const ProfileRow& row : profile.rows) floor += floor_seconds(row, profile.rates);
  std::string out = fmt::format(
      "{} of {}, {} x {}, batch {}, {}\n{}\n"
      "best rates here: {:.1f} GFLOP/s (a large 1x1 convolution), {:.1f} and {:.1f} GFLOP/s (large 3x3 convolutions of "
      "stride "
      "1 and 2, operations as in their formula), {:.1f} GB/s (adding two large tensors)\n"
      "one run: {:.2f} ms undisturbed, {:.2f} ms with a clock around every operation; the floor of all operations is "
      "{:.2f} ms\n\n",
      profile.work, profile.encoder, profile.side, profile.side, profile.batch, profile.precision, profile.device,
      profile.rates.operations_per_second * 1e-9, profile.rates.reducible_operations_per_second * 1e-9,
      profile.rates.strided_operations_per_second * 1e-9, profile.rates.bytes_per_second * 1e-9,
      1e3 * profile.seconds_unprofiled, 1e3 * total / runs, 1e3 * floor / runs);
  out += fmt::format("{}operation\n", kHead);
  for (const ProfileRow& row : slowest_first(by_operation(profile.rows))) {
    out += line(row, profile, total, row.operation);
  }
  const std::vector<ProfileRow> slowest = slowest_first(profile.rows);
  if (top > 0) out += fmt::format("\n{}range: operation\n", kHead);
  for (std::size_t i = 0; i < std::min(top, slowest.size()); ++i) {
    out += line(slowest[i], profile, total, slowest[i].range + ": " + slowest[i].operation);
  }
  return out;
}

std::string profile_json(const Profile& profile) {
  const auto runs = static_cast<double>(profile.runs);
  nlohmann::json out{{"work", profile.work},
                     {"encoder", profile.encoder},
                     {"precision", profile.precision},
                     {"device", profile.device},
                     {"side", profile.side},
                     {"batch", profile.batch},
                     {"runs", profile.runs},
                     {"seconds_undisturbed", profile.seconds_unprofiled},
                     {"best_operations_per_second", profile.rates.operations_per_second},
                     {"best_reducible_operations_per_second", profile.rates.reducible_operations_per_second},
                     {"best_strided_operations_per_second", profile.rates.strided_operations_per_second},
                     {"best_bytes_per_second", profile.rates.bytes_per_second},
                     {"rows", nlohmann::json::array()}};
  for (const ProfileRow& row : profile.rows) {
    out["rows"].push_back({{"range", row.range},
                           {"operation", row.operation},
                           {"calls", static_cast<double>(row.calls) / runs},
                           {"seconds", row.seconds / runs},
                           {"floor_seconds", floor_seconds(row, profile.rates) / runs},
                           {"operations", row.cost.operations / runs},
                           {"bytes", row.cost.bytes / runs}});
  }
  return out.dump(1) + "\n";
}

}  // namespace mdd
