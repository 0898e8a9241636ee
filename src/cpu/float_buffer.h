// Memory for intermediate values, kept from call to call.
#pragma once
#include <cstdint>
#include <memory>
#include <new>

#include "cpu/large_memory.h"

namespace mdd::cpu {

/// Uninitialised floats on a cache line's boundary; throws std::bad_alloc if there is no memory for them.
class FloatBuffer {
 public:
  /// At least `elements` floats; what was there is lost if the buffer has to grow. Never shrinks.
  float* reserve(std::int64_t elements) {
    if (elements > capacity_) {
      memory_.reset();
      capacity_ = 0;
      memory_.reset(static_cast<float*>(allocate_memory(static_cast<std::size_t>(elements) * sizeof(float))));
      if (memory_ == nullptr) throw std::bad_alloc();
      capacity_ = elements;
    }
    return memory_.get();
  }
  [[nodiscard]] const float* data() const { return memory_.get(); }

 private:
  struct Release {
    void operator()(float* memory) const { release_memory(memory); }
  };
  std::unique_ptr<float, Release> memory_;
  std::int64_t capacity_ = 0;
};

}  // namespace mdd::cpu
