// What must hold on a device before its speed is worth measuring. Every check takes the backend from a factory, so that
// the tests can run the same code on the emulated one. What a backend throws becomes a failed result, not an end.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>

#include "bench/gpu_check/report.h"
#include "ops/cuda_entry.h"
#include "profile/problem.h"

namespace mdd::gpu_check {

using BackendFactory = std::function<std::unique_ptr<Backend>(const CudaOptions&)>;

/// The results of `check`, or one failed result that says what it threw.
[[nodiscard]] std::vector<Result> guarded(const std::string& part, Precision precision,
                                          const std::function<std::vector<Result>()>& check);

/// Every operation against the float64 reference on random inputs from `seed`: one result an operation.
[[nodiscard]] std::vector<Result> check_operations(const BackendFactory& make, const CudaOptions& options,
                                                   std::uint64_t seed);

/// The golden files below `folder`: one result a case and group of quantities. They are made for f32.
[[nodiscard]] std::vector<Result> check_golden(const BackendFactory& make, const CudaOptions& options,
                                               const std::filesystem::path& folder);

/// Training steps and scoring, recorded against eager: losses, everything that training changes, scores and maps must
/// be equal bit for bit. The learning rate changes on the way, and so does the number of pictures scored at once, so
/// that a recording that has frozen one of them in shows. `steps` is at least 6, for the first three are never
/// recorded.
[[nodiscard]] std::vector<Result> check_recorded(const BackendFactory& make, const CudaOptions& options,
                                                 const Problem& problem, int steps);

/// The same training twice, on two backends: equal bit for bit.
[[nodiscard]] std::vector<Result> check_repeated(const BackendFactory& make, const CudaOptions& options,
                                                 const Problem& problem, int steps);

/// The losses of `steps` training steps on a backend.
[[nodiscard]] std::vector<float> loss_curve(Backend& backend, const Problem& problem, int steps);

/// A device's losses against the CPU's: the first within rounding, the others within what rounding grows to as training
/// multiplies it.
[[nodiscard]] std::vector<Result> check_curve(const BackendFactory& make, const CudaOptions& options,
                                              const Problem& problem, const std::vector<float>& cpu_losses);

}  // namespace mdd::gpu_check
