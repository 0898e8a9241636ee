#include "profile/profiler.h"

namespace mdd {

void Profiler::start() {
  backend_->set_listener(
      [this](const char* operation, const Cost& cost, double seconds) { add(operation, cost, seconds); });
  set_trace_listener(this);
}

void Profiler::stop() {
  backend_->set_listener({});
  set_trace_listener(nullptr);
}

void Profiler::add(const char* operation, const Cost& cost, double seconds) {
  std::string range;
  for (const char* name : ranges_) range += (range.empty() ? "" : " / ") + std::string(name);
  const auto [found, is_new] = index_.try_emplace({range, operation}, rows_.size());
  if (is_new) rows_.push_back({.range = range, .operation = operation});
  ProfileRow& row = rows_[found->second];
  ++row.calls;
  row.seconds += seconds;
  row.cost.operations += cost.operations;
  row.cost.reducible_operations += cost.reducible_operations;
  row.cost.strided_operations += cost.strided_operations;
  row.cost.bytes += cost.bytes;
}

}  // namespace mdd
