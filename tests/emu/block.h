// One block of CUDA threads at a time: their fibers, their order, their barrier and their shared memory.
#pragma once
#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "tests/emu/emulator.h"
#include "tests/emu/fiber.h"
#include "tests/emu/shared_memory.h"
#include "tests/emu/warp.h"

namespace emu {

inline constexpr unsigned kMostThreads = 1024;

/// A small generator of the orders in which threads run (xorshift).
class Shuffler {
 public:
  explicit Shuffler(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ULL + 0xD1B54A32D192ED03ULL) {}
  /// Below `count`.
  unsigned below(std::size_t count) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<unsigned>((state_ >> 32) * count >> 32);
  }

 private:
  std::uint64_t state_;
};

class Engine {
 public:
  Engine();
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void run(const Launch& launch, unsigned seed);

  // What the CUDA thread that is running asks for.
  int sync_block(bool predicate, const char* file, int line);
  Word warp_operation(WarpOperation operation, unsigned mask, Word value, unsigned source, const char* file, int line);
  [[nodiscard]] unsigned lane() const { return current_ % 32; }
  void* shared_array(const void* type, const char* file, int line, std::size_t bytes);
  void* dynamic_shared() { return dynamic_.data(); }
  [[nodiscard]] bool is_shared_memory(const void* address) const;
  [[nodiscard]] Progress progress() const { return {launches_begun_, blocks_begun_}; }

 private:
  enum class State : unsigned char { kNotStarted, kRunnable, kAtBarrier, kInWarp, kExited };
  struct Thread {
    uint3 index{};
    State state = State::kNotStarted;
    Fiber* fiber = nullptr;
    void* race_context = nullptr;
  };
  struct StaticArray {
    const void* type;
    const char* file;
    int line;
    SharedMemory memory;
  };
  /// Fresh for every block under ThreadSanitizer, so that blocks stay unordered.
  struct Tokens {
    std::array<race::Token, 2> barrier;
    std::array<std::array<race::Token, 32>, kMostThreads / 32> warp;
  };

  static void fiber_entry();
  [[noreturn]] void serve();
  void run_thread();
  void run_block();
  void begin_block();
  void end_block();
  void exit_thread();
  void make_runnable(unsigned thread);
  /// The next thread to go on, or kMostThreads.
  unsigned next_thread();
  /// Puts the processor on `thread`, from the fiber that is running now.
  void go_to(unsigned thread, Fiber& from);
  void wait();
  void resume(unsigned thread);
  Fiber* free_fiber();
  [[noreturn]] void fail(const std::string& text) const;
  [[noreturn]] void fail_at(const char* file, int line, const std::string& text) const;
  [[nodiscard]] std::string deadlock() const;
  void check_static_limit(std::size_t bytes, const char* file, int line) const;

  const Launch* launch_ = nullptr;
  unsigned count_ = 0;  ///< threads in a block
  Shuffler shuffler_{0};
  bool in_order_ = true;
  std::array<Thread, kMostThreads> threads_;
  std::array<Warp, kMostThreads / 32> warps_;

  unsigned current_ = 0;
  unsigned started_ = 0, exited_ = 0;
  std::array<unsigned short, kMostThreads> start_order_{};
  /// Threads that may go on: a ring in order of arrival, or a bag from which any is drawn.
  std::array<unsigned short, kMostThreads> runnable_{};
  unsigned first_runnable_ = 0, runnable_count_ = 0;

  unsigned at_barrier_ = 0, generation_ = 0;
  const char* barrier_file_ = nullptr;
  int barrier_line_ = 0;
  int predicates_ = 0;
  std::array<int, 2> predicate_result_{};

  Fiber main_;
  Fiber* running_ = nullptr;    ///< the fiber whose stack is in use
  Fiber* came_from_ = nullptr;  ///< the one that switched to a fresh stack
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> free_;
  std::exception_ptr error_;

  std::vector<StaticArray> static_arrays_;
  SharedMemory dynamic_;
  std::unique_ptr<Tokens> tokens_;
  /// ThreadSanitizer's threads, dear to make, so used again: by the third block after. Neighbours stay unordered.
  std::array<std::vector<void*>, 3> race_contexts_;
  std::size_t launches_begun_ = 0, blocks_begun_ = 0;
  race::Token launch_begins_{}, launch_ends_{};
  Statistics statistics_;
};

}  // namespace emu
