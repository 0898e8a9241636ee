#include "cuda/dnn/descriptor.h"

#include <algorithm>

namespace mdd::cuda {

std::string describe_cudnn(cudnnStatus_t status, const std::string& call, const std::source_location& where) {
  char reason[512] = "";
  cudnnGetLastErrorString(reason, sizeof reason);
  std::string text =
      call + " at " + where.file_name() + ":" + std::to_string(where.line()) + ": " + cudnnGetErrorString(status);
  if (reason[0] != '\0') text.append(": ").append(reason);
  // The library's explanations may run over several lines; an error is one.
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

void check_cudnn(cudnnStatus_t status, const std::string& call, const std::source_location& where) {
  if (status != CUDNN_STATUS_SUCCESS) fail(ErrorKind::kRuntime, "cuDNN: " + describe_cudnn(status, call, where));
}

Descriptor::Descriptor(cudnnBackendDescriptorType_t type, const Where& where) {
  const cudnnStatus_t status = cudnnBackendCreateDescriptor(type, &descriptor_);
  if (status != CUDNN_STATUS_SUCCESS) {
    check_cudnn(status, "cudnnBackendCreateDescriptor(type " + std::to_string(type) + ")", where);
  }
}

void Descriptor::destroy() noexcept {
  if (descriptor_ != nullptr) static_cast<void>(cudnnBackendDestroyDescriptor(descriptor_));
}

void Descriptor::set_all(cudnnBackendAttributeName_t name, std::span<const Descriptor> values, const Where& where) {
  std::vector<cudnnBackendDescriptor_t> raw;
  for (const Descriptor& value : values) raw.push_back(value.get());
  set_raw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, raw.size(), raw.data(), where);
}

void Descriptor::finalize(const Where& where) { check_cudnn(try_finalize(), "cudnnBackendFinalize", where); }

std::vector<Descriptor> Descriptor::read_descriptors(cudnnBackendAttributeName_t name,
                                                     cudnnBackendDescriptorType_t type, std::size_t limit,
                                                     const Where& where) const {
  // The caller creates the descriptors, the library fills them.
  std::vector<Descriptor> out;
  std::vector<cudnnBackendDescriptor_t> raw;
  for (std::size_t i = 0; i < limit; ++i) raw.push_back(out.emplace_back(type, where).get());
  const std::size_t count = read_raw(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, limit, raw.data(), where);
  while (out.size() > count) out.pop_back();
  return out;
}

void Descriptor::set_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::size_t count,
                         const void* elements, const Where& where) {
  const cudnnStatus_t status =
      cudnnBackendSetAttribute(descriptor_, name, type, static_cast<std::int64_t>(count), elements);
  if (status != CUDNN_STATUS_SUCCESS) {
    check_cudnn(status, "cudnnBackendSetAttribute(attribute " + std::to_string(name) + ")", where);
  }
}

std::size_t Descriptor::read_raw(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::size_t limit,
                                 void* elements, const Where& where) const {
  std::int64_t count = 0;
  const cudnnStatus_t status =
      cudnnBackendGetAttribute(descriptor_, name, type, static_cast<std::int64_t>(limit), &count, elements);
  if (status != CUDNN_STATUS_SUCCESS) {
    check_cudnn(status, "cudnnBackendGetAttribute(attribute " + std::to_string(name) + ")", where);
  }
  // `count` is what the attribute holds, which may be more than was asked for.
  return std::min(limit, static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
}

}  // namespace mdd::cuda
