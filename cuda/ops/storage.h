// From a tensor's run-time type to a kernel's compile-time one.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "core/tensor.h"
#include "cuda/kernels/pack.cuh"

namespace mdd::cuda {

/// Calls body(T{}) with the storage type's T: float, half or bfloat16. Refuses any other type.
template <class Body>
void with_storage(DType type, const Body& body) {
  switch (type) {
    case DType::kF32:
      return body(float{});
    case DType::kF16:
      return body(kernels::half{});
    case DType::kBF16:
      return body(kernels::bfloat16{});
    default:
      require(false, "features are f32, f16 or bf16");
  }
}

/// Calls body with the number of elements per access as an integral constant: 16 bytes' worth if rows of `extent`
/// elements that begin at `pointers` are all aligned to that, else one. Undefined pointers count as aligned.
template <class T, class Body>
void with_pack(std::int64_t extent, std::initializer_list<const void*> pointers, const Body& body) {
  constexpr int kWide = 16 / static_cast<int>(sizeof(T));
  bool aligned = extent % kWide == 0;
  for (const void* pointer : pointers) aligned = aligned && reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0;
  if (aligned) return body(std::integral_constant<int, kWide>{});
  body(std::integral_constant<int, 1>{});
}

/// The elements as T; requires that the tensor holds that type.
template <class T>
[[nodiscard]] T* elements_of(const Tensor& tensor) {
  if constexpr (std::is_same_v<T, float>) {
    return tensor.f32();
  } else {
    constexpr DType kType = std::is_same_v<T, kernels::half> ? DType::kF16 : DType::kBF16;
    require(tensor.dtype == kType, "tensors of one storage type");
    return static_cast<T*>(tensor.data);
  }
}

}  // namespace mdd::cuda
