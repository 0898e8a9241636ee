#include "cuda/entry/trace_nvtx.h"

#include <nvtx3/nvToolsExt.h>

#include "core/trace.h"

namespace mdd::cuda {
namespace {

/// Ranges of a domain of our own: `nsys --nvtx-domain-include=mddnet`.
class NvtxListener final : public TraceListener {
 public:
  void begin(const char* name) noexcept override {
    nvtxEventAttributes_t attributes{};
    attributes.version = NVTX_VERSION;
    attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
    attributes.messageType = NVTX_MESSAGE_TYPE_ASCII;
    attributes.message.ascii = name;
    nvtxDomainRangePushEx(domain_, &attributes);
  }
  void end() noexcept override { nvtxDomainRangePop(domain_); }

 private:
  nvtxDomainHandle_t domain_ = nvtxDomainCreateA("mddnet");
};

}  // namespace

void trace_with_nvtx() {
  static NvtxListener listener;  // lives as long as any range can be open
  set_trace_listener(&listener);
}

}  // namespace mdd::cuda
