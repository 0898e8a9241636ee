// A stack of its own for a thread of control, and the switch from one to another inside one thread of the system.
// AddressSanitizer and ThreadSanitizer are told of every switch.
#pragma once
#include <cstddef>
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace emu {

/// True where ThreadSanitizer looks at the device code. The engine itself is compiled without it: its bookkeeping is
/// not what is under test.
#ifdef EMULATOR_UNDER_TSAN
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

/// One stack. An object without a stack of its own stands for the stack of the system's thread.
class Fiber {
 public:
  Fiber() = default;
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Empties the stack (allocating it at first): the next switch here calls `entry`, which must call arrived() first
  /// and never return. `number` spreads the stacks over the sets of the cache.
  void prepare(void (*entry)(), unsigned number);
  /// Leaves `from`, which must be running, and goes on where this fiber left off; returns when somebody switches back.
  void switch_from(Fiber& from);
  /// First call on a fresh stack; `from` is the fiber that switched here.
  void arrived(Fiber& from);
  /// False if the stack has run over its end (where no guard page would have stopped it).
  [[nodiscard]] bool intact() const;

  /// ThreadSanitizer's idea of this thread of control; null elsewhere.
  void* race_context = nullptr;

 private:
  void allocate();
  void release();

  unsigned char* stack_ = nullptr;
  std::size_t bytes_ = 0;
  bool owned_ = false;
  void* stack_pointer_ = nullptr;
  void* fake_stack_ = nullptr;
#if !defined(__x86_64__)
  ucontext_t context_{};
#endif
};

}  // namespace emu
