#include "version.h"

#include <dnnl.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "ops/cuda_entry.h"

namespace mdd::cli {

std::string version_text() {
  const dnnl_version_t* onednn = dnnl::version();
  const std::string cuda = cuda_build_description();
  return fmt::format("mddnet {} (git {})\nbackends: cpu{}\n{}oneDNN {}.{}.{}, CLI11 {}, fmt {}, nlohmann-json {}.{}.{}",
                     MDDNET_VERSION, MDDNET_GIT_HASH, cuda.empty() ? "" : ", cuda", cuda.empty() ? "" : cuda + "\n",
                     onednn->major, onednn->minor, onednn->patch, CLI11_VERSION, FMT_VERSION,
                     NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
}

}  // namespace mdd::cli
