// Folders like those of `mddnet eval --dump DIR --json FILE`, with metrics of our own, for other programs to verify.
#pragma once
#include <cstdint>
#include <filesystem>

namespace mdd::metrics_bench {

/// Writes maps, masks, index.json and metrics.json of classes that are easy to get wrong: ordinary, tied, constant,
/// perfect and inverted maps, masks of many tiny regions or covering all, negative scores, a missing mask, no defect.
/// Creates the folder. Throws Error(kRuntime) if it cannot be written.
void write_cases(const std::filesystem::path& folder, std::uint64_t seed);

}  // namespace mdd::metrics_bench
