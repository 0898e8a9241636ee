#include "tests/emu/fiber.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/emu/race_detector.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace emu {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kStackBytes = 256 * 1024;  // red zones make frames several times larger
#else
// Under ThreadSanitizer a stack is fresh memory for every CUDA thread, and its shadow, four times larger, is cleared.
constexpr std::size_t kStackBytes = (kThreadSanitizer ? 32 : 64) * 1024;
#endif
constexpr std::uint64_t kCanary = 0x5ca1ab1e5ca1ab1eULL;

}  // namespace

#if defined(__x86_64__)
// Saves what a called function must keep (System V ABI) on the old stack and takes it from the new one. A switch by
// swapcontext would cost two system calls for the signal mask.
extern "C" void mddnet_emulator_switch(void** save_stack_pointer, void* stack_pointer);
asm(R"(
.text
.p2align 4
.globl mddnet_emulator_switch
.type mddnet_emulator_switch, @function
mddnet_emulator_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size mddnet_emulator_switch, .-mddnet_emulator_switch
)");
#endif

Fiber::~Fiber() { release(); }

void Fiber::allocate() {
  owned_ = true;
  if constexpr (kThreadSanitizer) {
    stack_ = static_cast<unsigned char*>(std::malloc(kStackBytes));
    if (stack_ == nullptr) throw std::bad_alloc();
    bytes_ = kStackBytes;
    std::memcpy(stack_, &kCanary, sizeof kCanary);
    return;
  }
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const mapped = ::mmap(nullptr, kStackBytes + page, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  if (::mprotect(mapped, page, PROT_NONE) != 0) throw std::bad_alloc();
  stack_ = static_cast<unsigned char*>(mapped) + page;
  bytes_ = kStackBytes;
}

void Fiber::release() {
  if (!owned_) return;
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(stack_, bytes_);  // the addresses may soon be somebody else's
#endif
  if constexpr (kThreadSanitizer) {
    std::free(stack_);
  } else {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    ::munmap(stack_ - page, bytes_ + page);
  }
  stack_ = nullptr;
  owned_ = false;
}

bool Fiber::intact() const {
  return !kThreadSanitizer || !owned_ || std::memcmp(stack_, &kCanary, sizeof kCanary) == 0;
}

void Fiber::prepare(void (*entry)(), [[maybe_unused]] unsigned number) {
  if constexpr (kThreadSanitizer) {  // another CUDA thread's accesses to this memory are not to be remembered
    const race::Forget forget;
    release();
    allocate();
  } else if (!owned_) {
    allocate();
  }
#ifdef __SANITIZE_ADDRESS__
  __asan_unpoison_memory_region(stack_, bytes_);  // frames that were abandoned on an error
#endif
  fake_stack_ = nullptr;
#if defined(__x86_64__)
  auto* top = reinterpret_cast<void**>(stack_ + bytes_ - 256 - number % 16 * 192);
  *--top = nullptr;  // where entry would return to; also aligns the stack as a call does
  *--top = reinterpret_cast<void*>(entry);
  for (int saved = 0; saved < 6; ++saved) *--top = nullptr;
  stack_pointer_ = top;
#else
  ::getcontext(&context_);
  context_.uc_stack.ss_sp = stack_;
  context_.uc_stack.ss_size = bytes_;
  context_.uc_link = nullptr;
  ::makecontext(&context_, entry, 0);
#endif
}

void Fiber::switch_from(Fiber& from) {
  race::switch_to(race_context);
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(&from.fake_stack_, stack_, bytes_);
#endif
#if defined(__x86_64__)
  mddnet_emulator_switch(&from.stack_pointer_, stack_pointer_);
#else
  ::swapcontext(&from.context_, &context_);
#endif
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(from.fake_stack_, nullptr, nullptr);
#endif
}

void Fiber::arrived([[maybe_unused]] Fiber& from) {
#ifdef __SANITIZE_ADDRESS__
  const void* bottom = nullptr;
  std::size_t bytes = 0;
  __sanitizer_finish_switch_fiber(nullptr, &bottom, &bytes);
  if (!from.owned_) {  // the system's stack: this is where its bounds become known
    from.stack_ = static_cast<unsigned char*>(const_cast<void*>(bottom));
    from.bytes_ = bytes;
  }
#endif
}

}  // namespace emu
