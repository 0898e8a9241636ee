#include "cuda/blas/matrix_products.h"

#include <array>
#include <cublasLt.h>
#include <map>
#include <string>
#include <utility>

#include "cuda/runtime/handle.h"

namespace mdd::cuda {
namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;  ///< what the library advises for Hopper

/// "[16, 4] by transposed [8, 4]".
std::string text(const MatrixProduct& p) {
  const auto matrix = [](bool transposed, std::int64_t rows, std::int64_t columns) {
    if (transposed) std::swap(rows, columns);
    return (transposed ? "transposed [" : "[") + std::to_string(rows) + ", " + std::to_string(columns) + "]";
  };
  return matrix(p.transpose_a, p.m, p.k) + " by " + matrix(p.transpose_b, p.k, p.n);
}

void check(cublasStatus_t status, const char* call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail(ErrorKind::kRuntime, std::string("cuBLASLt: ") + call + ": " + cublasLtGetStatusString(status) + " (" +
                                cublasLtGetStatusName(status) + ")");
}

using LibraryHandle = Handle<cublasLtHandle_t, cublasLtDestroy>;
using Operation = Handle<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using Layout = Handle<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using Preference = Handle<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

LibraryHandle open() {
  LibraryHandle handle;
  if (const cublasStatus_t status = cublasLtCreate(handle.out()); status != CUBLAS_STATUS_SUCCESS) {
    fail(ErrorKind::kDevice, std::string("cuBLASLt: cublasLtCreate: ") + cublasLtGetStatusString(status));
  }
  return handle;
}

DeviceMemory reserve_workspace() {
  DeviceMemory memory;
  MDDNET_CUDA(cudaMalloc(memory.out(), kWorkspaceBytes));
  return memory;
}

/// A column-major matrix. A dense row-major [rows, columns] is the column-major [columns, rows].
Layout column_major(std::int64_t rows, std::int64_t columns) {
  Layout out;
  check(cublasLtMatrixLayoutCreate(out.out(), CUDA_R_32F, static_cast<std::uint64_t>(rows),
                                   static_cast<std::uint64_t>(columns), rows),
        "cublasLtMatrixLayoutCreate");
  return out;
}

template <class T>
void set(const Preference& preference, cublasLtMatmulPreferenceAttributes_t name, T value) {
  check(cublasLtMatmulPreferenceSetAttribute(preference.get(), name, &value, sizeof value),
        "cublasLtMatmulPreferenceSetAttribute");
}

/// Bytes, at most 16, that all addresses are multiples of.
std::uint32_t common_alignment(const float* a, const float* b, const float* c) {
  const auto bits = reinterpret_cast<std::uintptr_t>(a) | reinterpret_cast<std::uintptr_t>(b) |
                    reinterpret_cast<std::uintptr_t>(c) | std::uintptr_t{16};
  return static_cast<std::uint32_t>(bits & (~bits + 1));
}

}  // namespace

struct MatrixProducts::Implementation {
  /// All that one form of product needs: the library sees c^T = op(b)^T op(a)^T in its own column-major order, which is
  /// the same memory.
  struct Entry {
    Operation operation;
    Layout first, second, result;
    cublasLtMatmulAlgo_t algorithm{};
  };
  using Key = std::array<std::int64_t, 7>;

  explicit Implementation(cudaStream_t on) : stream(on), handle(open()), workspace(reserve_workspace()) {}

  [[nodiscard]] Entry build(const MatrixProduct& product, std::uint32_t alignment) const;
  [[nodiscard]] cublasLtMatmulAlgo_t choose(const MatrixProduct& product, const Entry& entry,
                                            std::uint32_t alignment) const;
  void refuse_recording(const MatrixProduct& product) const;

  cudaStream_t stream;
  LibraryHandle handle;
  DeviceMemory workspace;
  std::map<Key, Entry> entries;
};

MatrixProducts::Implementation::Entry MatrixProducts::Implementation::build(const MatrixProduct& p,
                                                                            std::uint32_t alignment) const {
  Entry entry;
  check(cublasLtMatmulDescCreate(entry.operation.out(), CUBLAS_COMPUTE_32F, CUDA_R_32F), "cublasLtMatmulDescCreate");
  const auto transpose = [&](cublasLtMatmulDescAttributes_t name, bool yes) {
    const cublasOperation_t operation = yes ? CUBLAS_OP_T : CUBLAS_OP_N;
    check(cublasLtMatmulDescSetAttribute(entry.operation.get(), name, &operation, sizeof operation),
          "cublasLtMatmulDescSetAttribute");
  };
  transpose(CUBLASLT_MATMUL_DESC_TRANSA, p.transpose_b);
  transpose(CUBLASLT_MATMUL_DESC_TRANSB, p.transpose_a);
  entry.first = p.transpose_b ? column_major(p.k, p.n) : column_major(p.n, p.k);
  entry.second = p.transpose_a ? column_major(p.m, p.k) : column_major(p.k, p.m);
  entry.result = column_major(p.n, p.m);
  entry.algorithm = choose(p, entry, alignment);
  return entry;
}

cublasLtMatmulAlgo_t MatrixProducts::Implementation::choose(const MatrixProduct& product, const Entry& entry,
                                                            std::uint32_t alignment) const {
  Preference preference;
  check(cublasLtMatmulPreferenceCreate(preference.out()), "cublasLtMatmulPreferenceCreate");
  set(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kWorkspaceBytes);
  // A sum that is split is put together by a pass of its own, in f32, in a fixed order.
  set(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, std::uint32_t{CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE});
  for (const auto name : {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
                          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES}) {
    set(preference, name, alignment);
  }
  cublasLtMatmulHeuristicResult_t found{};
  int count = 0;
  const cublasStatus_t status =
      cublasLtMatmulAlgoGetHeuristic(handle.get(), entry.operation.get(), entry.first.get(), entry.second.get(),
                                     entry.result.get(), entry.result.get(), preference.get(), 1, &found, &count);
  if (status != CUBLAS_STATUS_SUCCESS || count == 0) {
    fail(ErrorKind::kRuntime,
         "cuBLASLt: no algorithm for the product " + text(product) + ": " + cublasLtGetStatusString(status));
  }
  return found.algo;
}

void MatrixProducts::Implementation::refuse_recording(const MatrixProduct& product) const {
  cudaStreamCaptureStatus capture = cudaStreamCaptureStatusNone;
  MDDNET_CUDA(cudaStreamIsCapturing(stream, &capture));
  if (capture == cudaStreamCaptureStatusNone) return;
  fail(ErrorKind::kRuntime, "internal error: a matrix product was recorded before it ran once: " + text(product));
}

MatrixProducts::MatrixProducts(cudaStream_t stream) : implementation_(std::make_unique<Implementation>(stream)) {}
MatrixProducts::~MatrixProducts() = default;

void MatrixProducts::multiply(const MatrixProduct& product, const float* a, const float* b, float* c) {
  require(product.m > 0 && product.n > 0 && product.k > 0, "a matrix product has extents");
  Implementation& self = *implementation_;
  const std::uint32_t alignment = common_alignment(a, b, c);
  const Implementation::Key key{product.transpose_a, product.transpose_b,  product.m, product.n,
                                product.k,           product.beta != 0.0f, alignment};
  auto found = self.entries.find(key);
  if (found == self.entries.end()) {
    self.refuse_recording(product);
    found = self.entries.emplace(key, self.build(product, alignment)).first;
  }
  const Implementation::Entry& entry = found->second;
  const float one = 1.0f;
  check(cublasLtMatmul(self.handle.get(), entry.operation.get(), &one, b, entry.first.get(), a, entry.second.get(),
                       &product.beta, c, entry.result.get(), c, entry.result.get(), &entry.algorithm,
                       self.workspace.get(), kWorkspaceBytes, self.stream),
        "cublasLtMatmul");
}

}  // namespace mdd::cuda
