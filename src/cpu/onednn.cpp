#include "cpu/onednn.h"

#include <memory>

namespace mdd::cpu {

dnnl::primitive_attr OneDnn::attributes() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

dnnl::memory OneDnn::in_buffer(const dnnl::memory::desc& desc, std::vector<std::byte>& buffer) const {
  constexpr std::size_t kAlignment = 64;
  const std::size_t wanted = desc.get_size() + kAlignment;
  if (buffer.size() < wanted) buffer.resize(wanted);
  void* address = buffer.data();
  std::size_t space = buffer.size();
  std::align(kAlignment, desc.get_size(), address, space);
  return {desc, engine_, address};
}

void OneDnn::reorder(dnnl::memory from, dnnl::memory to) { dnnl::reorder(from, to).execute(stream_, from, to); }

void multiply(const MatrixProduct& shape, const float* a, const float* b, float* c) {
  const std::int64_t lda = shape.transpose_a ? shape.m : shape.k;
  const std::int64_t ldb = shape.transpose_b ? shape.k : shape.n;
  const dnnl_status_t status = dnnl_sgemm(shape.transpose_a ? 'T' : 'N', shape.transpose_b ? 'T' : 'N', shape.m,
                                          shape.n, shape.k, shape.alpha, a, lda, b, ldb, shape.beta, c, shape.n);
  if (status != dnnl_success) fail(ErrorKind::kRuntime, "oneDNN: matrix product failed");
}

}  // namespace mdd::cpu
