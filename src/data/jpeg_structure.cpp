#include "data/jpeg_structure.h"

#include <array>

namespace mdd::data {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kMostTables = 4;      ///< of a kind
constexpr std::size_t kMostComponents = 4;  ///< colours

/// What the segments so far have defined.
class Definitions {
 public:
  /// The body of a DHT segment: tables of one byte, 16 counts, and as many values as the counts sum up to.
  bool add_huffman_tables(Bytes body) {
    while (body.size() >= 17) {
      std::size_t codes = 0;
      for (std::size_t i = 1; i <= 16; ++i) codes += body[i];
      if (codes > 256 || codes > body.size() - 17 || !add(body[0] >> 4 == 0 ? dc_ : ac_, body[0])) return false;
      body = body.subspan(17 + codes);
    }
    return body.empty();
  }

  /// The body of a DQT segment: tables of one byte and 64 values of one or two bytes.
  bool add_quantisation_tables(Bytes body) {
    while (!body.empty()) {
      const std::size_t bytes = body[0] >> 4 == 0 ? 64 : 128;
      if (body.size() < 1 + bytes || !add(quantisation_, body[0])) return false;
      body = body.subspan(1 + bytes);
    }
    return true;
  }

  /// The body of a SOF segment: precision, height, width, and three bytes a component.
  bool start_frame(Bytes body, bool progressive) {
    if (body.size() < 6 || body[5] > kMostComponents || body.size() < 6 + 3 * std::size_t{body[5]}) return false;
    progressive_ = progressive;
    components_ = body[5];
    for (std::size_t i = 0; i < components_; ++i) {
      names_[i] = body[6 + 3 * i];
      table_of_[i] = body[8 + 3 * i];
    }
    return true;
  }

  /// The body of a SOS segment: two bytes a component, then which coefficients and which of their bits are coded.
  [[nodiscard]] bool allows_scan(Bytes body) const {
    if (body.empty() || body[0] > kMostComponents || body.size() < 4 + 2 * std::size_t{body[0]}) return false;
    const std::size_t count = body[0];
    const Bytes selection = body.subspan(1 + 2 * count);
    const bool first_bits = selection[2] >> 4 == 0;
    const bool uses_dc = !progressive_ || (selection[0] == 0 && first_bits);
    const bool uses_ac = !progressive_ || selection[0] > 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint8_t tables = body[2 + 2 * i];
      if (uses_dc && !has(dc_, tables >> 4)) return false;
      if (uses_ac && !has(ac_, tables & 15)) return false;
      if (!is_quantised(body[1 + 2 * i])) return false;
    }
    return true;
  }

 private:
  using Tables = std::array<bool, kMostTables>;

  /// The lower half of `which` names the table.
  static bool add(Tables& tables, std::uint8_t which) {
    const std::size_t number = which & 15;
    if (which >> 4 > 1 || number >= kMostTables) return false;
    tables[number] = true;
    return true;
  }
  static bool has(const Tables& tables, int number) {
    return static_cast<std::size_t>(number) < kMostTables && tables[static_cast<std::size_t>(number)];
  }
  [[nodiscard]] bool is_quantised(std::uint8_t name) const {
    for (std::size_t i = 0; i < components_; ++i) {
      if (names_[i] == name) return has(quantisation_, table_of_[i]);
    }
    return false;
  }

  Tables dc_{}, ac_{}, quantisation_{};
  bool progressive_ = false;
  std::size_t components_ = 0;
  std::array<std::uint8_t, kMostComponents> names_{}, table_of_{};
};

/// Takes a segment in; false if it is damaged.
bool note(Definitions& definitions, std::uint8_t marker, Bytes body) {
  switch (marker) {
    case 0xC0:  // SOF: baseline, extended, progressive; the decoder knows no others
    case 0xC1:
    case 0xC2:
      return definitions.start_frame(body, marker == 0xC2);
    case 0xC4:  // DHT
      return definitions.add_huffman_tables(body);
    case 0xDB:  // DQT
      return definitions.add_quantisation_tables(body);
    case 0xDA:  // SOS
      return definitions.allows_scan(body);
    default:
      return true;
  }
}

}  // namespace

std::size_t behind_start_of_image(Bytes bytes) noexcept {
  std::size_t at = 0;
  while (at < bytes.size() && bytes[at] == 0xFF) ++at;
  return at > 0 && at < bytes.size() && bytes[at] == 0xD8 ? at + 1 : 0;
}

// Walks the segments rather than searching for the EOI marker, because a thumbnail inside a segment has its own.
// Between the scan header and the next marker lies coded data, in which 0xFF is always followed by 0x00.
Integrity jpeg_structure(Bytes bytes) noexcept {
  constexpr std::uint8_t kEndOfImage = 0xD9;
  Definitions definitions;
  std::size_t at = behind_start_of_image(bytes);
  while (at + 1 < bytes.size()) {
    const std::uint8_t marker = bytes[at + 1];
    if (bytes[at] != 0xFF || marker == 0x00 || marker == 0xFF) {
      ++at;
      continue;
    }
    at += 2;
    if (marker == kEndOfImage) return Integrity::kWhole;
    const bool stands_alone = marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
    if (stands_alone) continue;
    if (at + 2 > bytes.size()) return Integrity::kTruncated;
    const std::size_t length = (std::size_t{bytes[at]} << 8) | bytes[at + 1];
    if (length < 2) return Integrity::kDamaged;
    if (length > bytes.size() - at) return Integrity::kTruncated;
    if (!note(definitions, marker, bytes.subspan(at + 2, length - 2))) return Integrity::kDamaged;
    at += length;
  }
  return Integrity::kTruncated;
}

}  // namespace mdd::data
