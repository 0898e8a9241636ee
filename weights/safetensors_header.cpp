#include "weights/safetensors_header.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "weights/untrusted.h"

namespace mdd::weights {
namespace {

constexpr std::array<std::pair<std::string_view, DType>, 10> kTypes = {{{"F64", DType::kF64},
                                                                        {"F32", DType::kF32},
                                                                        {"F16", DType::kF16},
                                                                        {"BF16", DType::kBF16},
                                                                        {"I64", DType::kI64},
                                                                        {"I32", DType::kI32},
                                                                        {"I16", DType::kI16},
                                                                        {"I8", DType::kI8},
                                                                        {"U8", DType::kU8},
                                                                        {"BOOL", DType::kBool}}};

/// Follows the only nesting that a header may have: {name: {field: value or [numbers]}} and {"__metadata__": {key:
/// text}}.
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  HeaderReader(std::string where, SafetensorsHeader& header) : where_(std::move(where)), header_(header) {}

  bool start_object(std::size_t) override {
    if (place_ == Place::kOutside) {
      place_ = Place::kHeader;
    } else if (place_ == Place::kHeader) {
      fields_.clear();
      place_ = name_ == "__metadata__" ? Place::kMetadata : Place::kTensor;
      if (place_ == Place::kTensor) start_tensor();
    } else {
      refuse("an object in an unexpected place");
    }
    return true;
  }

  bool key(string_t& text) override {
    if (place_ == Place::kHeader) {
      if (!names_.insert(text).second) refuse("duplicate key " + printable(text));
      name_ = text;
    } else {
      if (!fields_.insert(text).second) refuse("duplicate key " + printable(text) + " in " + printable(name_));
      if (place_ == Place::kTensor && text != "dtype" && text != "shape" && text != "data_offsets") {
        refuse("unknown field " + printable(text) + " in " + printable(name_));
      }
      field_ = text;
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor) finish_tensor();
    place_ = place_ == Place::kHeader ? Place::kOutside : Place::kHeader;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kTensor || field_ == "dtype") refuse("an array in an unexpected place");
    numbers_.clear();
    place_ = Place::kNumbers;
    return true;
  }

  bool end_array() override {
    place_ = Place::kTensor;
    if (field_ == "shape") {
      header_.tensors.back().shape = checked_shape(where_tensor(), numbers_);
    } else {
      if (numbers_.size() != 2) refuse("data_offsets of " + printable(name_) + " must be two numbers");
      header_.ranges.back() = {static_cast<std::uint64_t>(numbers_[0]), static_cast<std::uint64_t>(numbers_[1])};
    }
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ != Place::kNumbers) refuse("a number in an unexpected place");
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) refuse("a number is too large");
    // Neither a shape nor data_offsets may be longer; keeping more would only feed an attack.
    if (numbers_.size() > static_cast<std::size_t>(Shape::kMaxRank)) refuse("too many numbers in " + printable(name_));
    numbers_.push_back(static_cast<std::int64_t>(value));
    return true;
  }

  bool string(string_t& text) override {
    if (place_ == Place::kMetadata) {
      header_.metadata.emplace(field_, text);
    } else if (place_ == Place::kTensor && field_ == "dtype") {
      const auto* const type =
          std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& entry) { return entry.first == text; });
      if (type == kTypes.end()) {
        fail_data(where_tensor(), "element type", "one of F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL", printable(text));
      }
      header_.tensors.back().dtype = type->second;
    } else {
      refuse("text in an unexpected place");
    }
    return true;
  }

  bool null() override { refuse("null in an unexpected place"); }
  bool boolean(bool) override { refuse("a boolean in an unexpected place"); }
  bool number_integer(number_integer_t) override { refuse("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { refuse("a number that is not whole"); }
  bool binary(binary_t&) override { refuse("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    refuse("not valid JSON at byte " + std::to_string(position));
  }

 private:
  enum class Place { kOutside, kHeader, kMetadata, kTensor, kNumbers };

  [[noreturn]] void refuse(const std::string& what) const {
    fail(ErrorKind::kData, where_ + ": safetensors header: " + what);
  }
  [[nodiscard]] std::string where_tensor() const { return where_ + ": tensor " + printable(name_); }

  void start_tensor() {
    header_.tensors.push_back({name_, DType::kF32, Shape()});
    header_.ranges.emplace_back();
  }

  void finish_tensor() const {
    // Repeated and unknown fields were refused, so three are all of them.
    if (fields_.size() != 3) refuse("tensor " + printable(name_) + " needs dtype, shape and data_offsets");
  }

  std::string where_;
  SafetensorsHeader& header_;
  Place place_ = Place::kOutside;
  std::string name_, field_;
  std::unordered_set<std::string> names_;
  std::set<std::string> fields_;
  std::vector<std::int64_t> numbers_;
};

void check_ranges(const std::string& where, const SafetensorsHeader& header, std::uint64_t data_bytes) {
  std::vector<std::size_t> order(header.ranges.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(header.ranges[a].begin, header.ranges[a].end) <
           std::pair(header.ranges[b].begin, header.ranges[b].end);
  });
  std::uint64_t expected = 0;
  for (const std::size_t i : order) {
    const TensorInfo& tensor = header.tensors[i];
    const auto [begin, end] = header.ranges[i];
    const std::string text = std::to_string(begin) + " to " + std::to_string(end);
    const std::string place = where + ": tensor " + printable(tensor.name);
    if (begin > end || end > data_bytes) {
      fail_data(place, "data_offsets", "a range within " + std::to_string(data_bytes) + " bytes", text);
    }
    const std::uint64_t bytes = checked_bytes(place, tensor.shape, tensor.dtype, data_bytes);
    if (bytes != end - begin) {
      fail_data(place, "data_offsets",
                std::to_string(bytes) + " bytes for shape " + tensor.shape.text() + " of " +
                    std::string(name_of(tensor.dtype)),
                text);
    }
    if (begin != expected) {
      fail_data(place, begin < expected ? "overlaps another tensor" : "leaves a hole before it",
                "data to start at byte " + std::to_string(expected), std::to_string(begin));
    }
    expected = end;
  }
  if (expected != data_bytes) {
    fail_data(where, "size of the data", std::to_string(expected) + " bytes", std::to_string(data_bytes));
  }
}

}  // namespace

std::string_view safetensors_name_of(DType dtype) noexcept {
  return std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& entry) { return entry.second == dtype; })->first;
}

SafetensorsHeader parse_safetensors_header(const std::string& where, std::string_view text, std::uint64_t data_bytes) {
  SafetensorsHeader header;
  HeaderReader reader(where, header);
  nlohmann::json::sax_parse(text, &reader);
  check_ranges(where, header, data_bytes);
  return header;
}

}  // namespace mdd::weights
