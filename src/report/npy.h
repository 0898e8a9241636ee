// NumPy's .npy format, for anomaly maps and masks that other programs read.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>

namespace mdd::report {

/// Writes `values` (height x width, row-major) as a little-endian float32 array of shape (height, width), format
/// version 1.0. The file appears whole or not at all. Throws Error(kRuntime) if it cannot be written or the extents do
/// not match.
void write_npy_f32(const std::filesystem::path& path, std::span<const float> values, std::int64_t height,
                   std::int64_t width);

/// The same for bytes: an array of dtype uint8.
void write_npy_u8(const std::filesystem::path& path, std::span<const std::uint8_t> values, std::int64_t height,
                  std::int64_t width);

}  // namespace mdd::report
