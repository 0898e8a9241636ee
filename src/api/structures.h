// Structures that cross the library's boundary: each begins with the size that its caller knows.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <type_traits>

#include "core/error.h"

namespace mdd::api {

inline constexpr std::size_t kLargestStructure = 4096;  ///< a larger size is no size of ours

/// Throws Error(kUsage) unless `size` may be that of a T, of this version or a later one.
template <class T>
void check_size(const char* name, std::size_t size) {
  if (size >= sizeof(T) && size <= kLargestStructure) return;
  fail(ErrorKind::kUsage,
       std::string(name) + ".struct_size: expected " + std::to_string(sizeof(T)) + ", found " + std::to_string(size));
}

/// The structure that `from` points to. Throws Error(kUsage) for a wrong size, and where fields that this version does
/// not know are set.
template <class T>
[[nodiscard]] T taken(const char* name, const T* from) {
  static_assert(std::is_trivially_copyable_v<T>);
  const std::size_t size = from->struct_size;
  check_size<T>(name, size);
  const auto* bytes = reinterpret_cast<const unsigned char*>(from);
  if (std::any_of(bytes + sizeof(T), bytes + size, [](unsigned char byte) { return byte != 0; })) {
    fail(ErrorKind::kUsage, std::string(name) + ": sets fields that this version of the library does not have");
  }
  return *from;
}

/// Writes `value`, except its size; fields that this version does not know become 0. Throws Error(kUsage) for a wrong
/// size.
template <class T>
void give(const char* name, T value, T* to) {
  static_assert(std::is_trivially_copyable_v<T>);
  const std::size_t size = to->struct_size;
  check_size<T>(name, size);
  value.struct_size = size;
  std::memset(reinterpret_cast<unsigned char*>(to) + sizeof(T), 0, size - sizeof(T));
  std::memcpy(to, &value, sizeof(T));
}

}  // namespace mdd::api
