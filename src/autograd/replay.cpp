#include "autograd/replay.h"

#include <algorithm>

namespace mdd {
namespace {

// The first run lets the arena grow, the second gets the merged chunk; the addresses of the third are those of all that
// follow. Libraries pick their algorithms and 16-bit weights get their copies in the same runs.
constexpr int kSettledRuns = 2;

}  // namespace

void Replay::run(const Key& key, const std::function<void()>& work) {
  if (arena_->generation() != generation_) {  // the arena moved: recordings write to memory that is gone
    entries_.clear();
    generation_ = arena_->generation();
  }
  Entry& entry = entries_[key];
  if (entry.recording && entry.recording->stale()) entry = {};
  if (entry.recording) return entry.recording->replay();
  if (mode_ == StepMode::kRecorded && entry.settled_runs >= kSettledRuns) {
    entry.recording = backend_->record(work);
    arena_->reset();
    if (entry.recording) return entry.recording->replay();
    mode_ = StepMode::kEager;  // this backend does not record
  }
  work();
  arena_->reset();
  if (arena_->generation() == generation_) ++entry.settled_runs;
}

std::size_t Replay::recordings() const noexcept {
  return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(),
                                                [](const auto& entry) { return entry.second.recording != nullptr; }));
}

}  // namespace mdd
