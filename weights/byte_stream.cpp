#include <algorithm>
#include <utility>

#include "core/error.h"
#include "weights/pickle.h"

namespace mdd::weights::pickle {

ByteStream::ByteStream(std::string where, std::uint64_t begin, std::uint64_t end, Fetch fetch)
    : where_(std::move(where)), end_(end), block_start_(begin), fetch_(std::move(fetch)) {}

void ByteStream::fill() {
  constexpr std::uint64_t kBlock = 64u << 10;
  block_start_ += block_.size();
  next_ = 0;
  const std::uint64_t rest = end_ - block_start_;
  if (rest == 0) fail(ErrorKind::kData, where_ + ": truncated: the pickle goes on at byte " + std::to_string(end_));
  block_.resize(static_cast<std::size_t>(std::min(kBlock, rest)));
  fetch_(block_start_, block_);
}

std::uint8_t ByteStream::byte() {
  if (next_ == block_.size()) fill();
  return std::to_integer<std::uint8_t>(block_[next_++]);
}

std::string ByteStream::text(std::size_t length) {
  std::string out;
  while (out.size() < length) {
    if (next_ == block_.size()) fill();
    const std::size_t part = std::min(length - out.size(), block_.size() - next_);
    out.append(reinterpret_cast<const char*>(block_.data() + next_), part);
    next_ += part;
  }
  return out;
}

std::uint64_t ByteStream::number(int width) {
  std::uint64_t value = 0;
  for (int i = 0; i < width; ++i) value |= std::uint64_t{byte()} << (8 * i);
  return value;
}

}  // namespace mdd::weights::pickle
