// Headers that lie.
#include <doctest/doctest.h>
#include <initializer_list>

#include "support/temporary_folder.h"
#include "weights/archive.h"
#include "weights/archive_builder.h"
#include "weights/check_refused.h"

using namespace mdd;
using namespace mdd::test;

namespace {

std::string refusal(const std::string& header, std::size_t data_bytes) {
  const TemporaryFolder folder;
  write_file(folder / "a", safetensors_of(header, std::string(data_bytes, '\0')));
  return error_of(folder / "a");
}

/// The refusal of a header with these entries.
std::string refusal_of(std::initializer_list<std::string> entries, std::size_t data_bytes) {
  std::string header;
  for (const std::string& entry : entries) header.append(header.empty() ? "{" : ",").append(entry);
  return refusal(header.append("}"), data_bytes);
}

std::string f32(const std::string& name, const std::string& shape, const std::string& offsets) {
  return std::string("\"").append(name) + R"(":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}";
}

}  // namespace

TEST_CASE("a correct header is the control of this file") {
  CHECK(refusal_of({f32("a", "[2]", "[0,8]"), f32("b", "[]", "[8,12]")}, 12) == "");
}

TEST_CASE("ranges") {
  CHECK_REFUSED("tensor b: overlaps", refusal_of({f32("a", "[2]", "[0,8]"), f32("b", "[2]", "[4,12]")}, 12));
  CHECK_REFUSED("overlaps", refusal_of({f32("a", "[2]", "[0,8]"), f32("b", "[2]", "[0,8]")}, 8));
  CHECK_REFUSED("hole", refusal_of({f32("a", "[1]", "[0,4]"), f32("b", "[1]", "[8,12]")}, 12));
  CHECK_REFUSED("hole", refusal_of({f32("a", "[1]", "[4,8]")}, 8));
  CHECK_REFUSED("a range within 8 bytes", refusal_of({f32("a", "[3]", "[0,12]")}, 8));
  CHECK_REFUSED("a range within 8 bytes", refusal_of({f32("a", "[2]", "[8,0]")}, 8));
  CHECK_REFUSED("size of the data: expected 4 bytes, found 8", refusal_of({f32("a", "[1]", "[0,4]")}, 8));
  CHECK_REFUSED("12 bytes for shape [3] of f32", refusal_of({f32("a", "[3]", "[0,8]")}, 16));
  CHECK_REFUSED("must be two numbers", refusal_of({f32("a", "[2]", "[0,8,9]")}, 8));
  CHECK_REFUSED("must be two numbers", refusal_of({f32("a", "[2]", "[]")}, 8));
  CHECK_REFUSED("too large", refusal_of({f32("a", "[2]", "[0,18446744073709551615]")}, 8));
}

TEST_CASE("shapes") {
  CHECK_REFUSED("overflows", refusal_of({f32("a", "[4294967296,4294967296,4294967296]", "[0,0]")}, 0));
  CHECK_REFUSED("too large for this file", refusal_of({f32("a", "[4611686018427387905]", "[0,4]")}, 4));
  CHECK_REFUSED("at most 5 dimensions", refusal_of({f32("a", "[1,1,1,1,1,1]", "[0,4]")}, 4));
  CHECK_REFUSED("too many numbers", refusal_of({f32("a", "[1,1,1,1,1,1,1]", "[0,4]")}, 4));
  CHECK_REFUSED("negative", refusal_of({f32("a", "[-1]", "[0,4]")}, 4));
  CHECK_REFUSED("not whole", refusal_of({f32("a", "[1.5]", "[0,4]")}, 4));
  CHECK_REFUSED("not whole", refusal_of({f32("a", "[1e300]", "[0,4]")}, 4));
}

TEST_CASE("JSON") {
  CHECK_REFUSED("not valid JSON", refusal("{", 0));
  CHECK_REFUSED("not valid JSON", refusal("{} x", 0));
  CHECK_REFUSED("not valid JSON", refusal("{\"\xff\":1}", 0));
  CHECK_REFUSED("duplicate key a", refusal_of({f32("a", "[1]", "[0,4]"), f32("a", "[1]", "[4,8]")}, 8));
  CHECK_REFUSED("duplicate key dtype in a", refusal(R"({"a":{"dtype":"F32","dtype":"F32"}})", 0));
  CHECK_REFUSED("duplicate key k", refusal(R"({"__metadata__":{"k":"1","k":"2"}})", 0));
  CHECK_REFUSED("duplicate key __metadata__", refusal(R"({"__metadata__":{},"__metadata__":{}})", 0));
  CHECK_REFUSED("unknown field x", refusal(R"({"a":{"x":1}})", 0));
  CHECK_REFUSED("needs dtype, shape", refusal(R"({"a":{"dtype":"F32"}})", 0));
  CHECK_REFUSED("F32 F16 BF16", refusal(R"({"a":{"dtype":"F8_E4M3","shape":[],"data_offsets":[0,1]}})", 1));
  for (const char* value : {"1", "-1", "1.5", "null", "true", "\"x\"", "[]", "[[]]"}) {
    CAPTURE(value);
    CHECK_REFUSED("safetensors header: ", refusal(std::string(R"({"a":)") + value + "}", 0));
    const bool text = value[0] == '"';
    CHECK_REFUSED(text ? "element type" : "safetensors header: ",
                  refusal(std::string(R"({"a":{"dtype":)") + value + "}}", 0));
  }
  CHECK_REFUSED("unexpected place", refusal(R"({"__metadata__":{"k":1}})", 0));
  CHECK_REFUSED("unexpected place", refusal(R"({"a":{"shape":[[1]]}})", 0));
  CHECK_REFUSED("unexpected place", refusal(R"({"a":{"shape":[{}]}})", 0));
  CHECK_REFUSED("tensor \\x1b[2J: ", refusal(R"({"\u001b[2J":{"dtype":"?"}})", 0));
}

TEST_CASE("deep nesting ends at once") {
  std::string deep = R"({"a":{"dtype":{)";
  for (int i = 0; i < 200000; ++i) deep += R"("a":{)";
  CHECK_REFUSED("an object in an unexpected place", refusal(deep, 0));
  CHECK_REFUSED("unexpected place", refusal(R"({"a":{"shape":)" + std::string(200000, '['), 0));
}

TEST_CASE("header lengths beyond the file or the limit allocate nothing") {
  const TemporaryFolder folder;
  for (const std::uint64_t length :
       {std::uint64_t{1} << 60, ~std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{100000001}}) {
    CAPTURE(length);
    write_file(folder / "a", little_endian(length, 8) + "{}");
    CHECK_REFUSED("safetensors header length", error_of(folder / "a"));
  }
  // A sparse file is large enough for its header, but the header is longer than anyone needs.
  write_file(folder / "a", little_endian(100000001, 8) + "{}");
  std::filesystem::resize_file(folder / "a", 200000000);
  CHECK_REFUSED("at most 100000000 bytes", error_of(folder / "a"));
}
