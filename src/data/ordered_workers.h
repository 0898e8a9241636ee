// Worker threads that compute numbered results ahead of their consumer, who gets them in order.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "core/error.h"

namespace mdd::data {

/// Computes job(first), job(first + 1), ... job(end - 1) on `workers` threads, never more than `depth` results ahead of
/// the consumer. The job is called from all workers at once; its results must not depend on the calling order. The
/// destructor waits for the jobs that are running, for no others.
template <typename Result>
class OrderedWorkers {
 public:
  OrderedWorkers(std::function<Result(std::int64_t)> job, std::int64_t first, std::int64_t end, int workers,
                 std::int64_t depth)
      : job_(std::move(job)), delivered_(first), started_(first), end_(end), depth_(depth) {
    require(workers >= 1 && depth >= 1, "workers: at least one worker and one result ahead");
    threads_.reserve(static_cast<std::size_t>(workers));
    for (int i = 0; i < workers; ++i) {
      threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
    }
  }

  /// All threads are told to stop before the first is waited for.
  ~OrderedWorkers() {
    for (std::jthread& thread : threads_) thread.request_stop();
  }
  OrderedWorkers(const OrderedWorkers&) = delete;
  OrderedWorkers& operator=(const OrderedWorkers&) = delete;

  /// The next result, or nothing after the last one. Rethrows what its job threw; the call after that goes on with the
  /// result after it. For one consumer.
  [[nodiscard]] std::optional<Result> next() {
    std::unique_lock lock(mutex_);
    if (delivered_ == end_) return std::nullopt;
    result_ready_.wait(lock, [this] { return !window_.empty() && window_.front().done; });
    Slot slot = std::move(window_.front());
    window_.pop_front();
    ++delivered_;
    lock.unlock();
    place_free_.notify_one();
    if (slot.error) std::rethrow_exception(std::exchange(slot.error, nullptr));
    return std::move(slot.result);
  }

 private:
  struct Slot {
    bool done = false;
    std::optional<Result> result;
    std::exception_ptr error;
  };

  void work(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    const auto may_start = [this] { return started_ < end_ && started_ - delivered_ < depth_; };
    while (place_free_.wait(lock, stop, may_start) && !stop.stop_requested()) {
      const std::int64_t index = started_++;
      window_.emplace_back();
      lock.unlock();
      Slot slot = run(index);
      lock.lock();
      // The slot is still in the window: the consumer waits for it.
      window_[static_cast<std::size_t>(index - delivered_)] = std::move(slot);
      if (index == delivered_) result_ready_.notify_one();
    }
  }

  Slot run(std::int64_t index) const {
    Slot slot;
    slot.done = true;
    try {
      slot.result.emplace(job_(index));
    } catch (...) {
      slot.error = std::current_exception();
    }
    return slot;
  }

  const std::function<Result(std::int64_t)> job_;
  std::mutex mutex_;
  std::condition_variable_any place_free_;
  std::condition_variable result_ready_;
  std::deque<Slot> window_;  ///< results delivered_ .. started_ - 1
  std::int64_t delivered_;
  std::int64_t started_;
  const std::int64_t end_;
  const std::int64_t depth_;
  std::vector<std::jthread> threads_;  ///< last, so that they end before what they use
};

}  // namespace mdd::data
