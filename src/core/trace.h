// Named ranges of host time, for profilers: step / phase / layer / kernel. They cost one pointer test when nobody
// listens. A backend or a profiler installs a listener; ranges nest and belong to the thread that opened them.
#pragma once
#include <atomic>

namespace mdd {

class TraceListener {
 public:
  virtual ~TraceListener() = default;
  virtual void begin(const char* name) noexcept = 0;
  virtual void end() noexcept = 0;
};

namespace detail {
inline std::atomic<TraceListener*> trace_listener{nullptr};
}

/// Replaces the listener (nullptr: none). Requires that no range is open and that the listener outlives its use.
inline void set_trace_listener(TraceListener* listener) noexcept { detail::trace_listener = listener; }

class TraceRange {
 public:
  /// `name` must live until the range ends.
  explicit TraceRange(const char* name) noexcept : listener_(detail::trace_listener.load(std::memory_order_relaxed)) {
    if (listener_ != nullptr) listener_->begin(name);
  }
  ~TraceRange() {
    if (listener_ != nullptr) listener_->end();
  }
  TraceRange(const TraceRange&) = delete;
  TraceRange& operator=(const TraceRange&) = delete;

 private:
  TraceListener* listener_;
};

}  // namespace mdd
