// What ThreadSanitizer is told about threads of control that it did not start; nothing in other builds.
#pragma once

#ifdef EMULATOR_UNDER_TSAN
extern "C" {
void* __tsan_get_current_fiber();
void* __tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void* fiber);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_acquire(void* token);
void __tsan_release(void* token);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#endif

namespace emu::race {

/// An address that stands for an order: what came before a release of it comes before what follows an acquire.
struct alignas(8) Token {
  char byte[8];
};

#ifdef EMULATOR_UNDER_TSAN
inline void* current() { return __tsan_get_current_fiber(); }
inline void* create() { return __tsan_create_fiber(0); }
inline void destroy(void* fiber) { __tsan_destroy_fiber(fiber); }
/// Flag 1: a switch orders nothing.
inline void switch_to(void* fiber) { __tsan_switch_to_fiber(fiber, 1); }
inline void acquire(Token& token) { __tsan_acquire(&token); }
inline void release(Token& token) { __tsan_release(&token); }

/// While it lives, memory that is freed and allocated is forgotten: fresh memory has no earlier accesses, and giving
/// memory back is not an access.
class Forget {
 public:
  Forget() { AnnotateIgnoreWritesBegin(__FILE__, __LINE__); }
  ~Forget() { AnnotateIgnoreWritesEnd(__FILE__, __LINE__); }
  Forget(const Forget&) = delete;
  Forget& operator=(const Forget&) = delete;
};
#else
inline void* current() { return nullptr; }
inline void* create() { return nullptr; }
inline void destroy(void* /*fiber*/) {}
inline void switch_to(void* /*fiber*/) {}
inline void acquire(Token& /*token*/) {}
inline void release(Token& /*token*/) {}
class Forget {
 public:
  Forget() {}
  ~Forget() {}
};
#endif

}  // namespace emu::race
