// Reads the part of Python's pickle format that state dicts use, as data. Nothing is imported or called: the few
// globals that a state dict needs are known by name and stand for a kind of object; any other global, and any opcode
// that state dicts do not use, is refused by name. Objects refer to one another by pointer, are owned by the Pickle,
// and nothing here recurses, so that neither cycles, nor deep nesting, nor repeated references cost anything.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mdd::weights::pickle {

// An encoder's state dict has some ten thousand objects in less than a megabyte; these limits leave room for a hundred
// times that and bound the memory of a hostile pickle by a few hundred megabytes.
inline constexpr std::uint64_t kMaxBytes = 16u << 20;
inline constexpr std::size_t kMaxObjects = 1u << 20;
inline constexpr std::size_t kMaxItems = 4u << 20;  ///< references held by all containers together
inline constexpr std::size_t kMaxMemo = 1u << 20;
inline constexpr std::size_t kMaxStack = 1u << 20;
inline constexpr std::size_t kMaxMarks = 64;
inline constexpr std::size_t kMaxText = 64u << 10;  ///< bytes of one string

enum class Kind : std::uint8_t {
  kNone,
  kBoolean,
  kInteger,
  kBigInteger,  ///< beyond 64 bits; `text` holds its little-endian bytes
  kReal,        ///< the value is not kept, since nothing here needs it
  kText,
  kTuple,
  kList,
  kDictionary,
  kGlobal,   ///< `text` is "module.name"
  kStorage,  ///< a persistent id; `items` are the fields of its tuple
  kTensor,   ///< `items` are the arguments of torch._utils._rebuild_tensor_v2
};

struct Object {
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;  ///< kBoolean, kInteger
  std::string text;
  std::vector<const Object*> items;  ///< for kDictionary: key, value, key, value ...
};

/// A parsed pickle; `root` and all that it refers to lives in `objects`.
struct Pickle {
  std::deque<Object> objects;
  const Object* root = nullptr;
};

/// A run of bytes, fetched in blocks from wherever they lie.
class ByteStream {
 public:
  using Fetch = std::function<void(std::uint64_t offset, std::span<std::byte> out)>;

  /// The bytes [begin, end); `where` starts every message.
  ByteStream(std::string where, std::uint64_t begin, std::uint64_t end, Fetch fetch);
  [[nodiscard]] std::uint64_t position() const noexcept { return block_start_ + next_; }
  [[nodiscard]] const std::string& where() const noexcept { return where_; }
  // All throw Error(kData) "truncated" if the bytes end before.
  [[nodiscard]] std::uint8_t byte();
  [[nodiscard]] std::string text(std::size_t length);
  /// Unsigned, `width` bytes (at most 8), little-endian.
  [[nodiscard]] std::uint64_t number(int width);

 private:
  void fill();

  std::string where_;
  std::uint64_t end_;
  std::uint64_t block_start_;
  std::size_t next_ = 0;
  std::vector<std::byte> block_;
  Fetch fetch_;
};

/// Reads one pickle and leaves the stream behind its end. Throws Error(kData): truncated, over a limit, malformed, or
/// "refuses to load MODULE.NAME" / "refuses the opcode NAME".
[[nodiscard]] Pickle load(ByteStream& stream);

}  // namespace mdd::weights::pickle
