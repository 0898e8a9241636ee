// A tensor is a view: where the elements start, what they are, how many along each axis (densely packed, last axis
// fastest; images and features are N,H,W,C). It owns nothing; buffers belong to a Backend, an arena or a HostTensor.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "core/dtype.h"
#include "core/error.h"
#include "core/shape.h"

namespace mdd {

struct Tensor {
  void* data = nullptr;
  DType dtype = DType::kF32;
  Shape shape;

  [[nodiscard]] bool defined() const noexcept { return data != nullptr; }
  [[nodiscard]] std::int64_t elements() const noexcept { return shape.elements(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return static_cast<std::size_t>(elements()) * size_of(dtype); }
  /// The elements as T. Requires that T has the size of dtype.
  template <class T>
  [[nodiscard]] T* as() const {
    require(sizeof(T) == size_of(dtype), "tensor element type");
    return static_cast<T*>(data);
  }
  [[nodiscard]] float* f32() const {
    require(dtype == DType::kF32, "tensor holds f32");
    return static_cast<float*>(data);
  }
  /// The same elements under another shape. Requires the same number of elements.
  [[nodiscard]] Tensor reshaped(const Shape& to) const {
    require(to.elements() == elements(), "reshape keeps the number of elements");
    return {data, dtype, to};
  }
  /// Rows [first, first + count) along the outermost axis.
  [[nodiscard]] Tensor rows(std::int64_t first, std::int64_t count) const;
};

/// A tensor that owns its elements in host memory: what files are read into and written from.
struct HostTensor {
  DType dtype = DType::kF32;
  Shape shape;
  std::vector<std::byte> bytes;

  HostTensor() = default;
  /// Zero-filled.
  HostTensor(DType type, const Shape& extents)
      : dtype(type), shape(extents), bytes(static_cast<std::size_t>(extents.elements()) * size_of(type)) {}
  [[nodiscard]] Tensor view() { return {bytes.data(), dtype, shape}; }
  template <class T>
  [[nodiscard]] std::span<T> span() {
    require(sizeof(T) == size_of(dtype), "tensor element type");
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  template <class T>
  [[nodiscard]] std::span<const T> span() const {
    require(sizeof(T) == size_of(dtype), "tensor element type");
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

/// Any floating or integer tensor as f32 values (i64 beyond 2^24 is rounded). Throws nothing but bad_alloc.
[[nodiscard]] std::vector<float> to_f32(const HostTensor& tensor);

}  // namespace mdd
