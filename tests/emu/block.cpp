// The engine's block: see block.h. Compiled without ThreadSanitizer.
#include "tests/emu/block.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>

constinit thread_local uint3 threadIdx{};
constinit thread_local uint3 blockIdx{};
constinit thread_local dim3 blockDim;
constinit thread_local dim3 gridDim;

namespace emu {
namespace {

constinit thread_local Engine* running_engine = nullptr;

bool same_place(const char* file, int line, const char* other_file, int other_line) {
  return line == other_line && (file == other_file || std::strcmp(file, other_file) == 0);
}

std::string place(const char* file, int line) { return std::string(file) + ":" + std::to_string(line); }

std::string text_of(uint3 index) {
  return "(" + std::to_string(index.x) + ", " + std::to_string(index.y) + ", " + std::to_string(index.z) + ")";
}

/// The engine that executes the calling device code.
Engine& engine() {
  if (running_engine == nullptr) throw Error("device code was called outside a launch");
  return *running_engine;
}

}  // namespace

Engine::Engine() : tokens_(std::make_unique<Tokens>()) {
  fibers_.reserve(kMostThreads);
  free_.reserve(kMostThreads);
}

Engine::~Engine() {
  for (const auto& contexts : race_contexts_) {
    for (void* const context : contexts) race::destroy(context);
  }
}

void Engine::fail(const std::string& text) const {
  throw Error("kernel " + kernel_name(launch_->kernel) + ": " + text);
}

void Engine::fail_at(const char* file, int line, const std::string& text) const {
  fail(place(file, line) + ": " + text + " [block " + text_of(blockIdx) + ", thread " + text_of(threadIdx) + "]");
}

// ---- Order of threads
// ------------------------------------------------------------------------------------------------

void Engine::make_runnable(unsigned thread) {
  threads_[thread].state = State::kRunnable;
  runnable_[(first_runnable_ + runnable_count_) % kMostThreads] = static_cast<unsigned short>(thread);
  ++runnable_count_;
}

unsigned Engine::next_thread() {
  if (in_order_) {
    // Those that have begun come first: a kernel without barriers then needs the stacks of one warp only.
    if (runnable_count_ > 0) {
      --runnable_count_;
      const unsigned thread = runnable_[first_runnable_];
      first_runnable_ = (first_runnable_ + 1) % kMostThreads;
      return thread;
    }
    return started_ < count_ ? start_order_[started_++] : kMostThreads;
  }
  const unsigned candidates = runnable_count_ + (count_ - started_);
  if (candidates == 0) return kMostThreads;
  const unsigned choice = shuffler_.below(candidates);
  if (choice >= runnable_count_) return start_order_[started_++];
  unsigned short& chosen = runnable_[(first_runnable_ + choice) % kMostThreads];
  --runnable_count_;
  return std::exchange(chosen, runnable_[(first_runnable_ + runnable_count_) % kMostThreads]);
}

Fiber* Engine::free_fiber() {
  if (free_.empty()) {
    const race::Forget forget;
    fibers_.push_back(std::make_unique<Fiber>());
    fibers_.back()->prepare(&fiber_entry, static_cast<unsigned>(fibers_.size()));
    return fibers_.back().get();
  }
  Fiber* const fiber = free_.back();
  free_.pop_back();
  return fiber;
}

void Engine::resume(unsigned thread) {
  current_ = thread;
  threadIdx = threads_[thread].index;
}

void Engine::go_to(unsigned thread, Fiber& from) {
  Fiber* target = &main_;
  if (thread < kMostThreads) {
    Thread& next = threads_[thread];
    if (next.state == State::kNotStarted) next.fiber = free_fiber();
    target = next.fiber;
    target->race_context = next.race_context;
    resume(thread);
  }
  came_from_ = &from;
  running_ = target;
  target->switch_from(from);
}

void Engine::wait() {
  const unsigned me = current_;
  Fiber& fiber = *threads_[me].fiber;
  if (!fiber.intact()) fail("a thread's stack has overflowed");
  const unsigned next = next_thread();
  if (next == me) return resume(me);
  go_to(next, fiber);
}

// ---- Threads
// ---------------------------------------------------------------------------------------------------------

void Engine::fiber_entry() {
  running_engine->running_->arrived(*running_engine->came_from_);
  running_engine->serve();
}

// Plays thread after thread, so that a thread that never waits costs no switch.
void Engine::serve() {
  Fiber& self = *running_;
  for (;;) {
    run_thread();
    unsigned next = kMostThreads;
    if (!error_) next = next_thread();
    if (!kThreadSanitizer && next < kMostThreads && threads_[next].state == State::kNotStarted) {
      threads_[next].fiber = &self;
      resume(next);
      continue;
    }
    if (!kThreadSanitizer) free_.push_back(&self);
    go_to(next, self);
  }
}

void Engine::run_thread() {
  race::acquire(launch_begins_);
  threads_[current_].state = State::kRunnable;
  try {
    launch_->thread(launch_->argument);
    exit_thread();
  } catch (...) {
    error_ = std::current_exception();
  }
  race::release(launch_ends_);
}

void Engine::exit_thread() {
  Thread& me = threads_[current_];
  if (!me.fiber->intact()) fail("a thread's stack has overflowed");
  me.state = State::kExited;
  ++exited_;
  if (const Meeting* const meeting = warps_[current_ / 32].exit(current_ % 32); meeting != nullptr) {
    fail_at(meeting->file, meeting->line,
            std::string(name_of(meeting->operation)) + " waits for lane " + std::to_string(current_ % 32) +
                " of its mask, which has exited");
  }
  if (at_barrier_ > 0 && at_barrier_ + exited_ == count_) {
    fail_at(barrier_file_, barrier_line_,
            "__syncthreads() is never reached by " + std::to_string(exited_) + " exited threads");
  }
}

int Engine::sync_block(bool predicate, const char* file, int line) {
  ++statistics_.barriers;
  if (at_barrier_ == 0) {
    barrier_file_ = file;
    barrier_line_ = line;
  } else if (!same_place(file, line, barrier_file_, barrier_line_)) {
    fail_at(file, line,
            "divergent barrier: other threads of the block wait in __syncthreads() at " +
                place(barrier_file_, barrier_line_));
  }
  const unsigned now = generation_ % 2;
  race::release(tokens_->barrier[now]);
  predicates_ += predicate ? 1 : 0;
  threads_[current_].state = State::kAtBarrier;
  if (++at_barrier_ + exited_ == count_) {
    if (exited_ > 0) {
      fail_at(file, line, "__syncthreads() is never reached by " + std::to_string(exited_) + " exited threads");
    }
    ++generation_;
    predicate_result_[now] = std::exchange(predicates_, 0);
    at_barrier_ = 0;
    if (in_order_) {
      for (unsigned i = 0; i < count_; ++i) {
        if (i != current_) make_runnable(i);
      }
      threads_[current_].state = State::kRunnable;
    } else {
      for (unsigned i = 0; i < count_; ++i) make_runnable(i);
      wait();
    }
  } else {
    wait();
  }
  // Two tokens in turn: a thread that is already at the next barrier says nothing to one that still leaves this one.
  race::acquire(tokens_->barrier[now]);
  return predicate_result_[now];
}

Word Engine::warp_operation(WarpOperation operation, unsigned mask, Word value, unsigned source, const char* file,
                            int line) {
  ++statistics_.shuffles;
  const unsigned me = current_, lane = me % 32;
  Warp& warp = warps_[me / 32];
  std::string problem;
  Meeting* const meeting = warp.arrive(lane, mask, operation, file, line, problem);
  if (meeting == nullptr) fail_at(file, line, problem);
  meeting->values[lane] = value;
  if (value.low != 0) meeting->ballot |= 1u << lane;
  race::release(*meeting->token);
  if (meeting->complete()) {
    for (unsigned i = 0; i < 32; ++i) {
      if ((meeting->mask >> i & 1u) != 0 && (i != lane || !in_order_)) make_runnable(me - lane + i);
    }
    if (!in_order_) wait();
  } else {
    threads_[me].state = State::kInWarp;
    wait();
  }
  race::acquire(*meeting->token);
  Word result{~0ULL, ~0ULL};
  if (operation == WarpOperation::kBallot) {
    result.low = meeting->ballot;
  } else if ((meeting->mask >> source & 1u) != 0) {
    result = meeting->values[source];
  }
  warp.leave(*meeting);
  return result;
}

// ---- Shared memory
// ---------------------------------------------------------------------------------------------------

void Engine::check_static_limit(std::size_t bytes, const char* file, int line) const {
  for (const StaticArray& array : static_arrays_) bytes += array.memory.bytes();
  const std::size_t dynamic = dynamic_.bytes(), raised = launch_->dynamic_shared_limit;
  const auto too_much = [&](std::size_t limit, const std::string& hint) {
    fail_at(file, line,
            "too much shared memory: " + std::to_string(bytes) + " bytes of arrays and " + std::to_string(dynamic) +
                " dynamic, at most " + std::to_string(limit) + hint);
  };
  if (bytes > kDefaultShared) too_much(kDefaultShared, " in arrays");
  if (bytes + dynamic > kMostShared) too_much(kMostShared, "");
  if (raised <= kDefaultShared && bytes + dynamic > kDefaultShared) {
    too_much(kDefaultShared, " unless cudaFuncSetAttribute raises it");
  }
}

void* Engine::shared_array(const void* type, const char* file, int line, std::size_t bytes) {
  for (const StaticArray& array : static_arrays_) {
    if (array.type == type && same_place(array.file, array.line, file, line)) return array.memory.data();
  }
  check_static_limit(bytes, file, line);
  const race::Forget forget;
  static_arrays_.push_back({type, file, line, SharedMemory(bytes)});
  static_arrays_.back().memory.poison();
  return static_arrays_.back().memory.data();
}

bool Engine::is_shared_memory(const void* address) const {
  const auto holds = [address](const SharedMemory& memory) {
    const auto* const begin = static_cast<const char*>(memory.data());
    const auto* const byte = static_cast<const char*>(address);
    return !std::less<>()(byte, begin) && std::less<>()(byte, begin + memory.bytes());
  };
  return holds(dynamic_) ||
         std::ranges::any_of(static_arrays_, [&](const StaticArray& array) { return holds(array.memory); });
}

// ---- Blocks
// ----------------------------------------------------------------------------------------------------------

void Engine::begin_block() {
  const race::Forget forget;
  if constexpr (kThreadSanitizer) {  // fresh memory: the blocks before must not seem to be ordered before this one
    tokens_ = std::make_unique<Tokens>();
    for (StaticArray& array : static_arrays_) array.memory = SharedMemory(array.memory.bytes());
    dynamic_ = SharedMemory(dynamic_.bytes());
  }
  for (StaticArray& array : static_arrays_) array.memory.poison();
  dynamic_.poison();
  std::vector<void*>& contexts = race_contexts_[blocks_begun_++ % race_contexts_.size()];
  while (kThreadSanitizer && contexts.size() < count_) contexts.push_back(race::create());
  for (unsigned i = 0; i < count_; ++i) {
    threads_[i].state = State::kNotStarted;
    threads_[i].race_context = kThreadSanitizer ? contexts[i] : nullptr;
    start_order_[i] = static_cast<unsigned short>(i);
  }
  for (unsigned w = 0; w * 32 < count_; ++w) {
    const unsigned lanes = count_ - w * 32;
    warps_[w].begin(lanes >= 32 ? 0xffffffffu : (1u << lanes) - 1, tokens_->warp[w].data());
  }
  if (!in_order_) {
    for (unsigned i = count_; i > 1; --i) std::swap(start_order_[i - 1], start_order_[shuffler_.below(i)]);
  }
  started_ = exited_ = 0;
  first_runnable_ = runnable_count_ = 0;
  at_barrier_ = generation_ = 0;
  predicates_ = 0;
  error_ = nullptr;
}

void Engine::end_block() {
  if constexpr (kThreadSanitizer) {
    for (unsigned i = 0; error_ && i < started_; ++i) {  // nothing of an abandoned thread comes after this
      race::switch_to(threads_[start_order_[i]].race_context);
      race::release(launch_ends_);
      race::switch_to(main_.race_context);
    }
    const race::Forget forget;
    free_.clear();
    fibers_.clear();
  } else if (error_) {  // some fibers are in the middle of a thread: begin anew
    free_.clear();
    fibers_.clear();
  }
}

void Engine::run_block() {
  begin_block();
  go_to(next_thread(), main_);
  if (!error_ && exited_ < count_) {
    try {
      fail(deadlock());
    } catch (const Error&) {
      error_ = std::current_exception();
    }
  }
  end_block();
  if (!error_) return;
  race::acquire(launch_ends_);
  std::rethrow_exception(std::exchange(error_, nullptr));
}

std::string Engine::deadlock() const {
  std::string text = "deadlock in block " + text_of(blockIdx) + ":";
  if (at_barrier_ > 0) {
    text += " " + std::to_string(at_barrier_) + " of " + std::to_string(count_) +
            " threads wait in __syncthreads() at " + place(barrier_file_, barrier_line_) + ";";
  }
  for (unsigned w = 0; w * 32 < count_; ++w) {
    const Meeting* const meeting = warps_[w].waiting();
    if (meeting == nullptr) continue;
    text += " warp " + std::to_string(w) + " waits in a " + name_of(meeting->operation) + " at " +
            place(meeting->file, meeting->line) + " for lane " + lanes_text(meeting->mask & ~meeting->arrived) + ";";
  }
  text.pop_back();
  return text;
}

void Engine::run(const Launch& launch, unsigned seed) {
  if (running_engine != nullptr) throw Error("a launch inside a launch");
  launch_ = &launch;
  ++launches_begun_;
  gridDim = launch.grid;
  blockDim = launch.block;
  count_ = launch.block.x * launch.block.y * launch.block.z;
  in_order_ = seed == 0;
  shuffler_ = Shuffler(seed);
  for (unsigned i = 0; i < count_; ++i) {
    threads_[i].index = {i % launch.block.x, i / launch.block.x % launch.block.y, i / launch.block.x / launch.block.y};
  }
  statistics_ = {};
  static_arrays_.clear();
  dynamic_ = SharedMemory(launch.dynamic_shared_bytes);
  main_.race_context = race::current();
  struct Running {
    explicit Running(Engine* engine) { running_engine = engine; }
    ~Running() { running_engine = nullptr; }
  } const running(this);
  race::release(launch_begins_);

  const std::uint64_t blocks = std::uint64_t{launch.grid.x} * launch.grid.y * launch.grid.z;
  // Any order: from a random block in steps of a large prime, which visits every block once.
  constexpr std::uint64_t kPrime = 4294967291u;
  std::uint64_t block = in_order_ ? 0 : shuffler_.below(blocks < kPrime ? blocks : kPrime);
  const std::uint64_t step = in_order_ || blocks % kPrime == 0 ? 1 : kPrime % blocks;
  for (std::uint64_t done = 0; done < blocks; ++done, block = (block + step) % blocks) {
    blockIdx = {static_cast<unsigned>(block % launch.grid.x),
                static_cast<unsigned>(block / launch.grid.x % launch.grid.y),
                static_cast<unsigned>(block / launch.grid.x / launch.grid.y)};
    run_block();
    statistics_.threads += count_;
  }
  race::acquire(launch_ends_);
  statistics_.launches = 1;
  count_launch(launch.kernel, statistics_);
}

// ---- What device code calls
// ------------------------------------------------------------------------------------------

int sync_block(bool predicate, const char* file, int line) { return engine().sync_block(predicate, file, line); }
void sync_warp(unsigned mask, const char* file, int line) {
  engine().warp_operation(WarpOperation::kBarrier, mask, {}, 0, file, line);
}
Word shuffle(unsigned mask, Word value, unsigned source, const char* file, int line) {
  return engine().warp_operation(WarpOperation::kShuffle, mask, value, source, file, line);
}
unsigned ballot(unsigned mask, bool predicate, const char* file, int line) {
  const Word bit{predicate ? 1u : 0u, 0};
  return static_cast<unsigned>(engine().warp_operation(WarpOperation::kBallot, mask, bit, 0, file, line).low);
}
unsigned lane() { return engine().lane(); }
void* shared_array(const void* type, const char* file, int line, std::size_t bytes) {
  return engine().shared_array(type, file, line, bytes);
}
void* dynamic_shared() { return engine().dynamic_shared(); }
Progress progress() { return running_engine == nullptr ? Progress{} : running_engine->progress(); }
bool is_shared_memory(const void* address) {
  return running_engine != nullptr && running_engine->is_shared_memory(address);
}

}  // namespace emu
