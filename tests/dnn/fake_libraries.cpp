#include "fake_libraries.h"

#include <cstring>
#include <cublasLt.h>
#include <cuda_runtime.h>
#include <cudnn_graph.h>
#include <set>

namespace {

int passed_first = -1;
std::string failed;
bool capturing = false;
std::set<void*> objects;

bool fails(const char* call) {
  if (passed_first < 0 || passed_first-- > 0) return false;
  failed = call;
  return true;
}

template <class Handle>
void create(Handle* out) {
  void* object = new char;
  objects.insert(object);
  *out = static_cast<Handle>(object);
}

void give_back(void* object) {
  if (objects.erase(object) > 0) delete static_cast<char*>(object);
}

cudaError_t runtime(const char* call) { return fails(call) ? cudaErrorIllegalAddress : cudaSuccess; }
cudnnStatus_t dnn(const char* call) { return fails(call) ? CUDNN_STATUS_INTERNAL_ERROR : CUDNN_STATUS_SUCCESS; }
cublasStatus_t blas(const char* call) { return fails(call) ? CUBLAS_STATUS_INTERNAL_ERROR : CUBLAS_STATUS_SUCCESS; }

template <class Status, class Handle>
Status created(Status status, Handle* out) {
  if (static_cast<int>(status) == 0) create(out);
  return status;
}

}  // namespace

namespace fake {
void fail_call(int first) {
  passed_first = first;
  failed.clear();
}
std::string failed_call() { return failed; }
void set_capturing(bool yes) { capturing = yes; }
std::size_t alive() { return objects.size(); }
}  // namespace fake

// ---- The runtime

cudaError_t cudaMalloc(void** out, std::size_t) { return created(runtime("cudaMalloc"), out); }
cudaError_t cudaFree(void* memory) {
  give_back(memory);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void*, int, std::size_t, cudaStream_t) { return runtime("cudaMemsetAsync"); }
cudaError_t cudaStreamIsCapturing(cudaStream_t, cudaStreamCaptureStatus* status) {
  *status = capturing ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return runtime("cudaStreamIsCapturing");
}
cudaError_t cudaEventCreate(cudaEvent_t* out) {
  return created(runtime("cudaEventCreate"), reinterpret_cast<void**>(out));
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  give_back(event);
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return runtime("cudaEventRecord"); }
cudaError_t cudaEventSynchronize(cudaEvent_t) { return runtime("cudaEventSynchronize"); }
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t, cudaEvent_t) {
  *milliseconds = 1.0f;
  return runtime("cudaEventElapsedTime");
}
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return runtime("cudaGetDevice");
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) {
  *value = 9;
  return runtime("cudaDeviceGetAttribute");
}
cudaError_t cudaGetLastError() { return cudaSuccess; }
const char* cudaGetErrorString(cudaError_t) { return "as the test wants it"; }
const char* cudaGetErrorName(cudaError_t) { return "cudaErrorIllegalAddress"; }

// ---- cuDNN

cudnnStatus_t cudnnCreate(cudnnHandle_t* out) { return created(dnn("cudnnCreate"), reinterpret_cast<void**>(out)); }
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  give_back(handle);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t, cudaStream_t) { return dnn("cudnnSetStream"); }
std::size_t cudnnGetVersion() { return 91900; }
const char* cudnnGetErrorString(cudnnStatus_t) { return "CUDNN_STATUS_INTERNAL_ERROR"; }
void cudnnGetLastErrorString(char* text, std::size_t bytes) { std::strncpy(text, "as the test\nwants it", bytes); }
cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t, cudnnBackendDescriptor_t* out) {
  return created(dnn("cudnnBackendCreateDescriptor"), out);
}
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor) {
  give_back(descriptor);
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t, cudnnBackendAttributeName_t,
                                       cudnnBackendAttributeType_t, std::int64_t, const void*) {
  return dnn("cudnnBackendSetAttribute");
}
/// One engine, one suggestion of it, no knobs and no notes, a little workspace.
cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, std::int64_t, std::int64_t* count,
                                       void* elements) {
  const bool none = name == CUDNN_ATTR_ENGINECFG_KNOB_CHOICES || name == CUDNN_ATTR_ENGINE_NUMERICAL_NOTE;
  *count = none ? 0 : 1;
  if (type == CUDNN_TYPE_INT64) {
    *static_cast<std::int64_t*>(elements) = name == CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE        ? 1024
                                            : name == CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT ? 1
                                                                                                    : 0;
  }
  return dnn("cudnnBackendGetAttribute");
}
cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t) { return dnn("cudnnBackendFinalize"); }
cudnnStatus_t cudnnBackendExecute(cudnnHandle_t, cudnnBackendDescriptor_t, cudnnBackendDescriptor_t) {
  return dnn("cudnnBackendExecute");
}

// ---- cuBLASLt

cublasStatus_t cublasLtCreate(cublasLtHandle_t* out) {
  return created(blas("cublasLtCreate"), reinterpret_cast<void**>(out));
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  give_back(handle);
  return CUBLAS_STATUS_SUCCESS;
}
const char* cublasLtGetStatusString(cublasStatus_t) { return "as the test wants it"; }
const char* cublasLtGetStatusName(cublasStatus_t) { return "CUBLAS_STATUS_INTERNAL_ERROR"; }
cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* out, cublasComputeType_t, cudaDataType_t) {
  return created(blas("cublasLtMatmulDescCreate"), reinterpret_cast<void**>(out));
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t object) {
  give_back(object);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t, cublasLtMatmulDescAttributes_t, const void*,
                                              std::size_t) {
  return blas("cublasLtMatmulDescSetAttribute");
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* out, cudaDataType, std::uint64_t, std::uint64_t,
                                          std::int64_t) {
  return created(blas("cublasLtMatrixLayoutCreate"), reinterpret_cast<void**>(out));
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t object) {
  give_back(object);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* out) {
  return created(blas("cublasLtMatmulPreferenceCreate"), reinterpret_cast<void**>(out));
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t object) {
  give_back(object);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t, cublasLtMatmulPreferenceAttributes_t,
                                                    const void*, std::size_t) {
  return blas("cublasLtMatmulPreferenceSetAttribute");
}
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t, cublasLtMatrixLayout_t,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                              cublasLtMatmulPreference_t, int, cublasLtMatmulHeuristicResult_t*,
                                              int* count) {
  *count = 1;
  return blas("cublasLtMatmulAlgoGetHeuristic");
}
cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t, const void*, const void*, cublasLtMatrixLayout_t,
                              const void*, cublasLtMatrixLayout_t, const void*, const void*, cublasLtMatrixLayout_t,
                              void*, cublasLtMatrixLayout_t, const cublasLtMatmulAlgo_t*, void*, std::size_t,
                              cudaStream_t) {
  return blas("cublasLtMatmul");
}
