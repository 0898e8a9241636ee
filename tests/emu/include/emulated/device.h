// What device code may call: indices, barriers, warp operations, atomics, shared memory. Calls that wait note the line
// they stand on, so that an error can name it.
#pragma once
#include <cstring>
#include <type_traits>

#include "types.h"

// Set by the engine (tests/emu/emulator.cpp) before a CUDA thread runs on. constinit: no hidden initialiser call.
extern constinit thread_local uint3 threadIdx;
extern constinit thread_local uint3 blockIdx;
extern constinit thread_local dim3 blockDim;
extern constinit thread_local dim3 gridDim;
inline constexpr int warpSize = 32;

namespace emu {

/// The value that a lane brings to a shuffle.
struct Word {
  unsigned long long low, high;
};

/// Waits for every thread of the block; returns how many brought a predicate that is not zero.
int sync_block(bool predicate, const char* file, int line);
void sync_warp(unsigned mask, const char* file, int line);
/// The value of lane `source` of this warp; all bits set where the mask has no such lane.
Word shuffle(unsigned mask, Word value, unsigned source, const char* file, int line);
/// One bit a lane of the mask.
unsigned ballot(unsigned mask, bool predicate, const char* file, int line);
unsigned lane();
void* shared_array(const void* type, const char* file, int line, std::size_t bytes);

/// The block's array that is declared at this line with this type; all bits set before the block starts.
template <class Array>
Array& shared(const char* file, int line) {
  static const char type = 0;  // its address stands for the type
  return *static_cast<Array*>(shared_array(&type, file, line, sizeof(Array)));
}

/// Exactly the bytes that the launch asked for; all bits set before the block starts.
void* dynamic_shared();

template <class T>
T shuffle_value(unsigned mask, const T& value, unsigned source, const char* file, int line) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(Word), "a shuffle moves up to 16 plain bytes");
  Word word{};
  std::memcpy(&word, &value, sizeof(T));
  word = shuffle(mask, word, source, file, line);
  T result;
  std::memcpy(&result, &word, sizeof(T));
  return result;
}

}  // namespace emu

#define EMULATED_LINE const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(EMULATED_LINE) { emu::sync_block(false, file, line); }
inline int __syncthreads_count(int predicate, EMULATED_LINE) { return emu::sync_block(predicate != 0, file, line); }
inline int __syncthreads_or(int predicate, EMULATED_LINE) {
  return emu::sync_block(predicate != 0, file, line) > 0 ? 1 : 0;
}
inline int __syncthreads_and(int predicate, EMULATED_LINE) {
  return emu::sync_block(predicate == 0, file, line) == 0 ? 1 : 0;
}
inline void __syncwarp(unsigned mask = 0xffffffffu, EMULATED_LINE) { emu::sync_warp(mask, file, line); }

inline unsigned __ballot_sync(unsigned mask, int predicate, EMULATED_LINE) {
  return emu::ballot(mask, predicate != 0, file, line);
}
inline int __any_sync(unsigned mask, int predicate, EMULATED_LINE) {
  return emu::ballot(mask, predicate != 0, file, line) != 0 ? 1 : 0;
}
inline int __all_sync(unsigned mask, int predicate, EMULATED_LINE) {
  return emu::ballot(mask, predicate == 0, file, line) == 0 ? 1 : 0;
}

// Shuffles within segments of `width` lanes, a power of two. A source outside the lane's segment is the lane itself
// (for xor only a source in a later segment), as in the PTX description of shfl.
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, EMULATED_LINE) {
  const unsigned inside = static_cast<unsigned>(width) - 1;
  return emu::shuffle_value(mask, value, (emu::lane() & ~inside) | (static_cast<unsigned>(source) & inside), file,
                            line);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned distance, int width = 32, EMULATED_LINE) {
  const unsigned me = emu::lane(), inside = static_cast<unsigned>(width) - 1;
  return emu::shuffle_value(mask, value, (me & inside) < distance ? me : me - distance, file, line);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned distance, int width = 32, EMULATED_LINE) {
  const unsigned me = emu::lane(), inside = static_cast<unsigned>(width) - 1;
  return emu::shuffle_value(mask, value, (me & inside) + distance > inside ? me : me + distance, file, line);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, EMULATED_LINE) {
  const unsigned me = emu::lane(), last = me | (static_cast<unsigned>(width) - 1);
  const unsigned source = me ^ static_cast<unsigned>(bits);
  return emu::shuffle_value(mask, value, source > last ? me : source, file, line);
}
#undef EMULATED_LINE

// Atomics are real ones, so that ThreadSanitizer knows them from plain accesses.
namespace emu {
template <class T, class Combine>
T atomic_update(T* address, Combine combine) {
  T old, next;
  __atomic_load(address, &old, __ATOMIC_RELAXED);
  do next = combine(old);
  while (!__atomic_compare_exchange(address, &old, &next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
  return old;
}
template <class T>
concept AtomicInteger = std::is_same_v<T, int> || std::is_same_v<T, unsigned> || std::is_same_v<T, unsigned long long>;
template <class T>
concept AtomicNumber = AtomicInteger<T> || std::is_same_v<T, float>;
}  // namespace emu

template <emu::AtomicNumber T>
T atomicAdd(T* address, std::type_identity_t<T> value) {
  return emu::atomic_update(address, [value](T old) { return static_cast<T>(old + value); });
}
template <emu::AtomicInteger T>
T atomicMax(T* address, std::type_identity_t<T> value) {
  return emu::atomic_update(address, [value](T old) { return old < value ? value : old; });
}
template <emu::AtomicInteger T>
T atomicMin(T* address, std::type_identity_t<T> value) {
  return emu::atomic_update(address, [value](T old) { return value < old ? value : old; });
}
template <emu::AtomicInteger T>
T atomicOr(T* address, std::type_identity_t<T> value) {
  return emu::atomic_update(address, [value](T old) { return static_cast<T>(old | value); });
}
template <emu::AtomicNumber T>
T atomicExch(T* address, std::type_identity_t<T> value) {
  return emu::atomic_update(address, [value](T) { return value; });
}
template <emu::AtomicInteger T>
T atomicCAS(T* address, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  return emu::atomic_update(address, [=](T old) { return old == expected ? value : old; });
}
inline void __threadfence() {}
inline void __threadfence_block() {}

// Cache hints are plain accesses.
template <class T>
T __ldg(const T* address) {
  return *address;
}
template <class T>
T __ldcs(const T* address) {
  return *address;
}
template <class T>
void __stcs(T* address, std::type_identity_t<T> value) {
  *address = value;
}
