#include "reference/check.h"

#include "reference/checker.h"

namespace mdd::reference {

std::vector<CheckRow> check_backend(Backend& backend, std::uint64_t seed, const CheckOptions& options) {
  Checker check(backend, seed, options);
  check_buffers(check);
  check_convolution(check);
  check_batch_norm(check);
  check_features(check);
  check_memory(check);
  check_losses(check);
  check_optimiser(check);
  check_images(check);
  check_sources(check);
  check_anomaly_map(check);
  check_metrics(check);
  check_refusals(check);
  return check.take();
}

}  // namespace mdd::reference
