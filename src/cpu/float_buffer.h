// Memory for intermediate values, kept from call to call.
#pragma once
#include <cstdint>
#include <memory>
#include <new>

namespace mdd::cpu {

/// Uninitialised floats on a cache line's boundary.
class FloatBuffer {
 public:
  /// At least `elements` floats; what was there is lost if the buffer has to grow. Never shrinks.
  float* reserve(std::int64_t elements) {
    if (elements > capacity_) {
      memory_.reset();
      capacity_ = 0;
      memory_.reset(
          static_cast<float*>(::operator new(static_cast<std::size_t>(elements) * sizeof(float), kAlignment)));
      capacity_ = elements;
    }
    return memory_.get();
  }
  [[nodiscard]] const float* data() const { return memory_.get(); }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Release {
    void operator()(float* memory) const { ::operator delete(memory, kAlignment); }
  };
  std::unique_ptr<float, Release> memory_;
  std::int64_t capacity_ = 0;
};

}  // namespace mdd::cpu
