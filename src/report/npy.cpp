#include "report/npy.h"

#include <bit>
#include <fmt/core.h>
#include <string>

#include "core/atomic_file.h"
#include "core/error.h"

namespace mdd::report {
namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they lie in memory");

template <class Value>
void write_npy(const std::filesystem::path& path, const char* type, std::span<const Value> values, std::int64_t height,
               std::int64_t width) {
  require(height >= 0 && width >= 0 && values.size() == static_cast<std::size_t>(height * width),
          "npy: values are height x width");
  constexpr std::size_t kPrefix = 10;  // magic, version, length of the header
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}), }}", type, height, width);
  header.append(63 - (kPrefix + header.size()) % 64, ' ');  // the format wants the data at a multiple of 64
  header += '\n';
  std::string start("\x93NUMPY\x01\x00", 8);
  start += static_cast<char>(header.size() & 0xff);
  start += static_cast<char>(header.size() >> 8);
  start += header;
  write_atomically(path, [&](const ByteSink& sink) {
    sink(std::as_bytes(std::span(start)));
    sink(std::as_bytes(values));
  });
}

}  // namespace

void write_npy_f32(const std::filesystem::path& path, std::span<const float> values, std::int64_t height,
                   std::int64_t width) {
  write_npy(path, "<f4", values, height, width);
}

void write_npy_u8(const std::filesystem::path& path, std::span<const std::uint8_t> values, std::int64_t height,
                  std::int64_t width) {
  write_npy(path, "|u1", values, height, width);
}

}  // namespace mdd::report
