// Extents of a tensor: up to five dimensions, outermost first.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace mdd {

class Shape {
 public:
  static constexpr int kMaxRank = 5;

  Shape() = default;  ///< a scalar: rank 0, one element
  Shape(std::initializer_list<std::int64_t> extents) : Shape(std::span(extents.begin(), extents.size())) {}
  /// Throws Error(kData) if there are more than kMaxRank extents, one is negative, or their product overflows.
  explicit Shape(std::span<const std::int64_t> extents);

  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] std::int64_t operator[](int axis) const noexcept { return extents_[static_cast<std::size_t>(axis)]; }
  [[nodiscard]] std::int64_t back() const noexcept { return rank_ == 0 ? 1 : (*this)[rank_ - 1]; }
  [[nodiscard]] std::int64_t elements() const noexcept { return elements_; }
  [[nodiscard]] std::span<const std::int64_t> extents() const noexcept {
    return {extents_.data(), static_cast<std::size_t>(rank_)};
  }
  /// "[2, 3, 64, 64]"; "[]" for a scalar.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    return a.rank_ == b.rank_ && a.extents_ == b.extents_;
  }

 private:
  std::array<std::int64_t, kMaxRank> extents_{};
  int rank_ = 0;
  std::int64_t elements_ = 1;
};

}  // namespace mdd
