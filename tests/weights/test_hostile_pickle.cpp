// PyTorch files that want code run, memory filled, or bytes beyond their storage.
#include <algorithm>
#include <doctest/doctest.h>

#include "support/temporary_folder.h"
#include "weights/archive.h"
#include "weights/archive_builder.h"
#include "weights/check_refused.h"

using namespace mdd;
using namespace mdd::test;

namespace {

const std::string kZeros(48, '\0');  // twelve floats

TensorSpec tensor_spec() { return {.name = "x", .storage_elements = 12, .size = {12}, .strides = {1}}; }

/// What opening the pickle says, as the data.pkl of a zip and as the object of a legacy file; both must agree.
std::string refusal(const std::string& pickle) {
  const TemporaryFolder folder;
  write_file(folder / "a", zip_of(torch_entries(pickle, {{"0", kZeros}})));
  std::string in_zip = error_of(folder / "a");
  write_file(folder / "a", legacy_of(pickle, {{"0", 12, kZeros}}));
  const std::string in_legacy = error_of(folder / "a");
  CHECK(in_zip.empty() == in_legacy.empty());
  return in_zip;
}

std::string refusal(const TensorSpec& tensor) { return refusal(state_dict_pickle({tensor})); }

std::string refusal_of_entries(const Entries& entries) {
  const TemporaryFolder folder;
  write_file(folder / "a", zip_of(entries));
  return error_of(folder / "a");
}

std::string refusal_of_legacy(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "a", bytes);
  return error_of(folder / "a");
}

Entries good_entries() { return torch_entries(state_dict_pickle({tensor_spec()}), {{"0", kZeros}}); }

}  // namespace

TEST_CASE("a correct file is the control of this file") {
  CHECK(refusal(tensor_spec()) == "");
  CHECK(refusal_of_entries(good_entries()) == "");
}

TEST_CASE("no global but those of tensors is loaded, whatever protocol names it") {
  for (const auto& [module, name] :
       std::vector<std::pair<std::string, std::string>>{{"os", "system"},
                                                        {"builtins", "eval"},
                                                        {"posix", "system"},
                                                        {"__builtin__", "eval"},
                                                        {"torch", "load"},
                                                        {"numpy.core.multiarray", "scalar"},
                                                        {"torch", "ComplexFloatStorage"},
                                                        {"torch._utils", "_rebuild_tensor"},
                                                        {"torch", "_utils._rebuild_tensor_v2"},
                                                        {"collections", "OrderedDict "},
                                                        {"", "collections.OrderedDict"}}) {
    std::string expected("refuses to load ");
    expected.append(module).append(".").append(name);
    CAPTURE(expected);
    CHECK_REFUSED(expected, refusal(PickleWriter().global(module, name).text("true").op('\x85').op('R').finish()));
    CHECK_REFUSED(expected, refusal(PickleWriter(4).global(module, name).text("true").op('\x85').op('R').finish()));
  }
  CHECK_REFUSED("refuses to load \\x1b[2J.x", refusal(PickleWriter().global("\x1b[2J", "x").finish()));
  CHECK_REFUSED("name of a global", refusal(PickleWriter().op('c').bytes(std::string(1000, 'm')).finish()));
}

TEST_CASE("a file may be named with its path in the message") {
  const TemporaryFolder folder;
  write_file(folder / "evil.pth", zip_of(torch_entries(PickleWriter().global("os", "system").finish(), {})));
  CHECK_REFUSED((folder / "evil.pth").string() + ": refuses to load os.system", error_of(folder / "evil.pth"));
}

TEST_CASE("every opcode that state dicts do not use is refused by name") {
  const std::string used = "(.NJKMGTUXabcehjqrQRsut)]}\x80\x85\x86\x87\x88\x89\x8a\x8c\x93\x94\x95";
  int refused = 0;
  for (int code = 0; code < 256; ++code) {
    if (used.find(static_cast<char>(code)) != std::string::npos) continue;
    CAPTURE(code);
    CHECK_REFUSED("refuses the opcode", refusal(PickleWriter().op(static_cast<char>(code)).bytes("aa\nbb\n").finish()));
    ++refused;
  }
  CHECK(refused == 256 - 37);
  CHECK_REFUSED("INST (0x69)", refusal(PickleWriter().bytes("(S'true'\nios\nsystem\n").finish().erase(3, 8)));
  CHECK_REFUSED("NEWOBJ (0x81)", refusal(PickleWriter().op('\x81').finish()));
  CHECK_REFUSED("opcode 0xff", refusal(PickleWriter().op('\xff').finish()));
}

TEST_CASE("calls with odd arguments") {
  const auto call = [](const std::string& module, const std::string& name) {
    return refusal(PickleWriter().global(module, name).integer(1).op('\x85').op('R').finish());
  };
  CHECK_REFUSED("OrderedDict is built from something odd", call("collections", "OrderedDict"));
  CHECK_REFUSED("refuses to call torch._utils._rebuild_parameter", call("torch._utils", "_rebuild_parameter"));
  CHECK_REFUSED("refuses to call torch.Size", call("torch", "Size"));
  CHECK_REFUSED("refuses to call torch.FloatStorage", call("torch", "FloatStorage"));
  CHECK_REFUSED("not a known global", refusal(PickleWriter().integer(1).op(')').op('R').finish()));
  CHECK_REFUSED("not a tuple", refusal(PickleWriter().global("torch", "Size").integer(1).op('R').finish()));
  CHECK_REFUSED(
      "other than pairs",
      refusal(
          PickleWriter().global("collections", "OrderedDict").op(']').integer(1).op('a').op('\x85').op('R').finish()));
  CHECK_REFUSED("malformed arguments", refusal(PickleWriter()
                                                   .op('}')
                                                   .text("x")
                                                   .global("torch._utils", "_rebuild_tensor_v2")
                                                   .op(')')
                                                   .op('R')
                                                   .op('s')
                                                   .finish()));
}

TEST_CASE("a broken stack") {
  CHECK_REFUSED("empty stack", refusal(PickleWriter().finish()));
  CHECK_REFUSED("empty stack", refusal(PickleWriter().op('(').op('\x85').finish()));
  CHECK_REFUSED("empty stack", refusal(PickleWriter().integer(1).op('(').op('q').op('\0').finish()));
  CHECK_REFUSED("a mark is missing", refusal(PickleWriter().op('t').finish()));
  CHECK_REFUSED("left on the stack", refusal(PickleWriter().integer(1).integer(2).finish()));
  CHECK_REFUSED("not a list", refusal(PickleWriter().integer(1).integer(2).op('a').finish()));
  CHECK_REFUSED("no dict", refusal(PickleWriter().integer(1).integer(2).integer(3).op('s').finish()));
  CHECK_REFUSED("no dict", refusal(PickleWriter().op('}').op('(').integer(3).op('u').finish()));
  CHECK_REFUSED("attributes", refusal(PickleWriter().op('}').integer(3).op('b').finish()));
  CHECK_REFUSED("attributes", refusal(PickleWriter().integer(3).op('}').op('b').finish()));
  CHECK_REFUSED("memo entry 7", refusal(PickleWriter().op('h').op('\x07').finish()));
  CHECK_REFUSED("unknown protocol 9", refusal(std::string("\x80\x09N.", 4)));
  CHECK_REFUSED("the name of a global is not text", refusal(PickleWriter().text("os").integer(1).op('\x93').finish()));
}

TEST_CASE("persistent ids") {
  const auto id = [](const std::string& opcodes) {
    PickleWriter pickle;
    pickle.op('}').text("x").global("torch._utils", "_rebuild_tensor_v2").op('(').bytes(opcodes).op('Q');
    return refusal(pickle.integer(0).tuple({1}).tuple({1}).op('\x89').op('N').op('t').op('R').op('s').finish());
  };
  const auto fields = [](const std::string& kind, const std::string& storage, std::int64_t elements) {
    PickleWriter pickle;
    pickle.op('(').text(kind).global("torch", storage).text("0").text("cpu").integer(elements);
    return pickle.unfinished().substr(2);
  };
  CHECK(id(fields("storage", "FloatStorage", 12) + "t") == "");
  CHECK_REFUSED("malformed persistent id", id(fields("module", "FloatStorage", 12) + "t"));
  CHECK_REFUSED("malformed persistent id", id(")"));
  CHECK_REFUSED("malformed persistent id", id(fields("storage", "FloatStorage", 12) + "NNt"));
  CHECK_REFUSED("view of another storage", id(fields("storage", "FloatStorage", 12) + ")t"));
  CHECK_REFUSED("unknown storage class torch.Size", id(fields("storage", "Size", 12) + "t"));
  CHECK_REFUSED("storage size", id(fields("storage", "FloatStorage", -1) + "t"));
  CHECK_REFUSED("no more than the file holds", id(fields("storage", "FloatStorage", 1000000) + "t"));
  CHECK_REFUSED("no more than the file holds", id(fields("storage", "FloatStorage", (1LL << 62) + 3) + "t"));
  CHECK_REFUSED("not a tuple", id("K\1"));
}

TEST_CASE("one storage cannot be two things") {
  TensorSpec other = tensor_spec();
  other.name = "y";
  other.storage_class = "IntStorage";
  CHECK_REFUSED("described in two ways", refusal(state_dict_pickle({tensor_spec(), other})));
  other.storage_class = "FloatStorage";
  other.storage_elements = 11;
  CHECK_REFUSED("described in two ways", refusal(state_dict_pickle({tensor_spec(), other})));
}

TEST_CASE("tensors that reach beyond their storage") {
  constexpr std::int64_t kHuge = std::int64_t{1} << 62;
  const auto reach = [](std::int64_t offset, std::vector<std::int64_t> size, std::vector<std::int64_t> strides) {
    TensorSpec tensor = tensor_spec();
    tensor.offset = offset;
    tensor.size = std::move(size);
    tensor.strides = std::move(strides);
    return refusal(tensor);
  };
  CHECK(reach(11, {1}, {1}) == "");
  CHECK(reach(0, {3, 2}, {5, 1}) == "");
  CHECK_REFUSED("tensor x: reaches beyond", reach(0, {13}, {1}));
  CHECK_REFUSED("reaches beyond", reach(1, {12}, {1}));
  CHECK_REFUSED("reaches beyond", reach(12, {}, {}));
  CHECK_REFUSED("reaches beyond", reach(13, {0}, {1}));
  CHECK_REFUSED("reaches beyond", reach(0, {3, 3}, {5, 1}));
  CHECK_REFUSED("reaches beyond", reach(0, {3}, {kHuge}));
  CHECK_REFUSED("reaches beyond", reach(0, {5}, {kHuge}));
  CHECK_REFUSED("reaches beyond", reach(0, {2, 2, 2}, {kHuge, kHuge, 1}));
  CHECK_REFUSED("reaches beyond", reach(kHuge, {1}, {1}));
  CHECK_REFUSED("storage offset", reach(-1, {1}, {1}));
  CHECK_REFUSED("stride", reach(11, {2}, {-1}));
  CHECK_REFUSED("size", reach(0, {-1}, {1}));
  CHECK_REFUSED("strides: expected 2, found 1", reach(0, {2, 2}, {1}));
  CHECK_REFUSED("at most 5 dimensions", reach(0, {1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1}));
  CHECK_REFUSED("overflows", reach(0, {kHuge, kHuge}, {0, 0}));
}

TEST_CASE("strides of 0 and shared storages cannot unfold a small file into a large one") {
  TensorSpec tensor = tensor_spec();
  tensor.size = {std::int64_t{1} << 40};
  tensor.strides = {0};
  CHECK_REFUSED("too large for this file", refusal(tensor));
  std::vector<TensorSpec> many;
  for (int i = 0; i < 40; ++i) {
    many.push_back(tensor);
    many.back().name.append(std::to_string(i));
    many.back().size = {100000};
  }
  CHECK(refusal(state_dict_pickle(many)) == "");
  many.resize(60, many.back());
  CHECK_REFUSED("too large for this file", refusal(state_dict_pickle(many)));
}

TEST_CASE("pickles that would fill memory or the stack") {
  const auto repeated = [](const std::string& part, int count) {
    PickleWriter pickle;
    for (int i = 0; i < count; ++i) pickle.bytes(part);
    return pickle.finish();
  };
  CHECK_REFUSED("nested marks", refusal(repeated("(", 100000)));
  CHECK_REFUSED("1048576 objects", refusal(repeated("]", 1100000)));
  CHECK_REFUSED("values on the stack", refusal(repeated("Nq\1h\1h\1h\1h\1", 300000)));
  CHECK_REFUSED("bytes in one string", refusal(PickleWriter().op('X').bytes("\xff\xff\xff\xff").finish()));
  CHECK_REFUSED("bytes in one string", refusal(PickleWriter().op('T').bytes("\xff\xff\xff\xff").finish()));

  PickleWriter memo;
  memo.op('N');
  for (std::uint64_t i = 0; i < 1100000; ++i) memo.op('r').bytes(little_endian(i, 4));
  CHECK_REFUSED("memo entries", refusal(memo.finish()));

  // A list of 1000 references, appended to itself through the memo again and again.
  PickleWriter items;
  items.op(']').op('q').op('\0');
  for (int round = 0; round < 5000; ++round) {
    items.op('(');
    for (int i = 0; i < 1000; ++i) items.bytes(std::string("h\0", 2));
    items.op('e');
  }
  CHECK_REFUSED("items in containers", refusal(items.finish()));

  const TemporaryFolder folder;
  write_file(folder / "a", legacy_preamble() + repeated("N\x85", 10000000));
  CHECK_REFUSED("more than", error_of(folder / "a"));
}

TEST_CASE("nesting, cycles and shared references cost nothing") {
  PickleWriter pickle;
  pickle.op('}').text("x");
  push_tensor(pickle, tensor_spec(), false);
  pickle.op('s').text("deep").op('N');
  for (int i = 0; i < 500000; ++i) pickle.op('\x85');
  pickle.op('s').text("self").op(']').op('q').op('\x05').op('h').op('\x05').op('a').op('s');
  pickle.text("laughs").op(']').op('q').op('\x06');
  for (int i = 0; i < 100; ++i) pickle.op('\x85').op('q').op('\x06').op('h').op('\x06').op('\x86');
  pickle.op('s');
  CHECK(refusal(pickle.finish()) == "");
}

TEST_CASE("zip archives that are not what they seem") {
  Entries entries = good_entries();
  const auto named = [&](const std::string& name) {
    return std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first == name; });
  };
  SUBCASE("a storage is missing") {
    entries.erase(named("archive/data/0"));
    CHECK_REFUSED("entry archive/data/0 is missing", refusal_of_entries(entries));
  }
  SUBCASE("a storage has another size") {
    named("archive/data/0")->second.pop_back();
    CHECK_REFUSED("storage 0: size: expected 48 bytes, found 47", refusal_of_entries(entries));
  }
  SUBCASE("no pickle") {
    entries.erase(named("archive/data.pkl"));
    CHECK_REFUSED("without data.pkl", refusal_of_entries(entries));
  }
  SUBCASE("two pickles") {
    entries.emplace_back("other/data.pkl", entries[0].second);
    CHECK_REFUSED("two folders", refusal_of_entries(entries));
  }
  SUBCASE("a name appears twice") {
    entries.push_back(*named("archive/data/0"));
    CHECK_REFUSED("entry archive/data/0 appears twice", refusal_of_entries(entries));
  }
  SUBCASE("big-endian") {
    named("archive/byteorder")->second = "big";
    CHECK_REFUSED("big-endian", refusal_of_entries(entries));
  }
  SUBCASE("an entry claims to be compressed") {
    std::string bytes = zip_of(entries);
    const std::size_t central = bytes.find("PK\x01\x02");
    REQUIRE(central != std::string::npos);
    bytes[central + 10] = 8;
    CHECK_REFUSED("compressed or encrypted", refusal_of_legacy(bytes));
  }
  SUBCASE("no entries") { CHECK_REFUSED("unknown format", refusal_of_entries({})); }
}

TEST_CASE("legacy files that are not what they seem") {
  const std::string pickle = state_dict_pickle({tensor_spec()}, {.legacy = true});
  const auto storages = [&](std::vector<LegacyStorage> list) { return refusal_of_legacy(legacy_of(pickle, list)); };
  CHECK(storages({{"0", 12, kZeros}}) == "");
  CHECK_REFUSED("storage 0: elements: expected 12, found 11", storages({{"0", 11, kZeros}}));
  CHECK_REFUSED("storage 0: elements", storages({{"0", ~std::uint64_t{0}, kZeros}}));
  CHECK_REFUSED("truncated inside storage 0", storages({{"0", 12, kZeros.substr(1)}}));
  CHECK_REFUSED("size of the file", storages({{"0", 12, kZeros + "x"}}));
  CHECK_REFUSED("a list of the 1 that tensors use, found 2", storages({{"0", 12, kZeros}, {"1", 12, kZeros}}));
  CHECK_REFUSED("a list of the 1 that tensors use, found 0", storages({}));
  CHECK_REFUSED("a key that no tensor uses", storages({{"1", 12, kZeros}}));

  TensorSpec second = tensor_spec();
  second.name = "y";
  second.key = "1";
  const std::string two = state_dict_pickle({tensor_spec(), second}, {.legacy = true});
  CHECK_REFUSED("listed twice", refusal_of_legacy(legacy_of(two, {{"0", 12, kZeros}, {"0", 12, kZeros}})));

  CHECK_REFUSED("big-endian", refusal_of_legacy(legacy_preamble(false) + pickle));
  std::string other = legacy_of(pickle, {{"0", 12, kZeros}});
  const std::size_t protocol = other.find("M\xe9\x03");
  REQUIRE(protocol != std::string::npos);
  other[protocol + 1] = '\xea';
  CHECK_REFUSED("expected 1001, found 1002", refusal_of_legacy(other));
}
