// cuDNN's backend descriptors as C++ objects: created, given typed attributes, finalised, destroyed. Every failure
// names the call, the place and the library's own explanation.
#pragma once
#include <cudnn_graph.h>
#include <source_location>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"

namespace mdd::cuda {

/// "cudnnCreate(h) at cuda/dnn/convolutions.cpp:31: CUDNN_STATUS_NOT_INITIALIZED: why".
[[nodiscard]] std::string describe_cudnn(cudnnStatus_t status, const std::string& call,
                                         const std::source_location& where);
/// Throws Error(kRuntime) unless status is success.
void check_cudnn(cudnnStatus_t status, const std::string& call,
                 const std::source_location& where = std::source_location::current());

/// The tag that cuDNN wants beside an attribute's elements; defined for the types that attributes have.
template <class T>
struct AttributeType;
template <>
struct AttributeType<std::int64_t> {
  static constexpr auto kTag = CUDNN_TYPE_INT64;
};
template <>
struct AttributeType<bool> {
  static constexpr auto kTag = CUDNN_TYPE_BOOLEAN;
};
template <>
struct AttributeType<float> {
  static constexpr auto kTag = CUDNN_TYPE_FLOAT;
};
template <>
struct AttributeType<cudnnHandle_t> {
  static constexpr auto kTag = CUDNN_TYPE_HANDLE;
};
template <>
struct AttributeType<cudnnDataType_t> {
  static constexpr auto kTag = CUDNN_TYPE_DATA_TYPE;
};
template <>
struct AttributeType<cudnnConvolutionMode_t> {
  static constexpr auto kTag = CUDNN_TYPE_CONVOLUTION_MODE;
};
template <>
struct AttributeType<cudnnPointwiseMode_t> {
  static constexpr auto kTag = CUDNN_TYPE_POINTWISE_MODE;
};
template <>
struct AttributeType<cudnnBackendHeurMode_t> {
  static constexpr auto kTag = CUDNN_TYPE_HEUR_MODE;
};
template <>
struct AttributeType<cudnnBackendKnobType_t> {
  static constexpr auto kTag = CUDNN_TYPE_KNOB_TYPE;
};
template <>
struct AttributeType<cudnnBackendNumericalNote_t> {
  static constexpr auto kTag = CUDNN_TYPE_NUMERICAL_NOTE;
};

class Descriptor {
 public:
  using Where = std::source_location;

  explicit Descriptor(cudnnBackendDescriptorType_t type, const Where& where = Where::current());
  ~Descriptor() { destroy(); }
  Descriptor(Descriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, nullptr)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  [[nodiscard]] cudnnBackendDescriptor_t get() const noexcept { return descriptor_; }

  template <class T>
  void set(cudnnBackendAttributeName_t name, const T& value, const Where& where = Where::current()) {
    set_raw(name, AttributeType<T>::kTag, 1, &value, where);
  }
  void set_all(cudnnBackendAttributeName_t name, std::span<const std::int64_t> values,
               const Where& where = Where::current()) {
    set_raw(name, CUDNN_TYPE_INT64, values.size(), values.data(), where);
  }
  void set(cudnnBackendAttributeName_t name, const Descriptor& value, const Where& where = Where::current()) {
    set_raw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &value.descriptor_, where);
  }
  void set_all(cudnnBackendAttributeName_t name, std::span<const Descriptor> values,
               const Where& where = Where::current());
  /// Device addresses.
  void set_addresses(cudnnBackendAttributeName_t name, std::span<void* const> values,
                     const Where& where = Where::current()) {
    set_raw(name, CUDNN_TYPE_VOID_PTR, values.size(), values.data(), where);
  }

  /// Nothing can be set any more; checks that the attributes fit each other.
  void finalize(const Where& where = Where::current());
  /// The same where a refusal is an answer: success, or why not.
  [[nodiscard]] cudnnStatus_t try_finalize() noexcept { return cudnnBackendFinalize(descriptor_); }

  template <class T>
  [[nodiscard]] T read(cudnnBackendAttributeName_t name, const Where& where = Where::current()) const {
    T value{};
    static_cast<void>(read_raw(name, AttributeType<T>::kTag, 1, &value, where));
    return value;
  }
  /// At most `limit` elements.
  template <class T>
  [[nodiscard]] std::vector<T> read_all(cudnnBackendAttributeName_t name, std::size_t limit,
                                        const Where& where = Where::current()) const {
    std::vector<T> values(limit);
    values.resize(read_raw(name, AttributeType<T>::kTag, limit, values.data(), where));
    return values;
  }
  /// At most `limit` descriptors of `type` that the attribute holds.
  [[nodiscard]] std::vector<Descriptor> read_descriptors(cudnnBackendAttributeName_t name,
                                                         cudnnBackendDescriptorType_t type, std::size_t limit,
                                                         const Where& where = Where::current()) const;

 private:
  void set_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::size_t count,
               const void* elements, const Where& where);
  /// Number of elements written, at most `limit`.
  [[nodiscard]] std::size_t read_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                                     std::size_t limit, void* elements, const Where& where) const;
  void destroy() noexcept;

  cudnnBackendDescriptor_t descriptor_ = nullptr;
};

}  // namespace mdd::cuda
