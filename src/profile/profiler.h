// Where the time of a training step or an inference goes: by layer and operation, against the machine's floor.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/trace.h"
#include "profile/timed_backend.h"

namespace mdd {

struct ProfileRow {
  std::string range;      ///< the trace ranges around the operation, outermost first, as a GPU profiler shows them
  std::string operation;  ///< the Backend's method
  std::int64_t calls = 0;
  double seconds = 0;
  Cost cost{};
};

/// Listens to a TimedBackend, and to trace ranges, between start() and stop(). One at a time in a program.
class Profiler final : public TraceListener {
 public:
  explicit Profiler(TimedBackend& backend) : backend_(&backend) {}
  ~Profiler() override { stop(); }
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  void start();
  void stop();
  /// In the order in which they first ran.
  [[nodiscard]] const std::vector<ProfileRow>& rows() const { return rows_; }

  void begin(const char* name) noexcept override { ranges_.push_back(name); }
  void end() noexcept override { ranges_.pop_back(); }

 private:
  void add(const char* operation, const Cost& cost, double seconds);

  TimedBackend* backend_;
  std::vector<const char*> ranges_;
  std::vector<ProfileRow> rows_;
  std::map<std::pair<std::string, std::string>, std::size_t> index_;
};

}  // namespace mdd
