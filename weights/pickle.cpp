#include "weights/pickle.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "core/error.h"
#include "weights/pickle_opcodes.h"
#include "weights/untrusted.h"

namespace mdd::weights::pickle {
namespace {

constexpr std::string_view kOrderedDict = "collections.OrderedDict";
constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";
constexpr std::string_view kSize = "torch.Size";

/// The whole list of what a pickle may name. Storage classes are never called, only passed on as a field.
constexpr std::array<std::string_view, 14> kAllowedGlobals = {
    kOrderedDict,          kRebuildTensor,       kRebuildParameter,    kSize,
    "torch.DoubleStorage", "torch.FloatStorage", "torch.HalfStorage",  "torch.BFloat16Storage",
    "torch.LongStorage",   "torch.IntStorage",   "torch.ShortStorage", "torch.CharStorage",
    "torch.ByteStorage",   "torch.BoolStorage"};

class Unpickler {
 public:
  explicit Unpickler(ByteStream& stream) : stream_(stream), start_(stream.position()) {}

  Pickle load() {
    for (;;) {
      if (stream_.position() - start_ > kMaxBytes) refuse_limit("bytes", kMaxBytes);
      const std::uint8_t code = stream_.byte();
      if (code == static_cast<std::uint8_t>(Opcode::kStop)) break;
      run(code);
    }
    pickle_.root = pop();
    if (!stack_.empty() || !marks_.empty()) refuse("something is left on the stack at its end");
    return std::move(pickle_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    fail(ErrorKind::kData,
         stream_.where() + ": pickle: " + what + " (near byte " + std::to_string(stream_.position()) + ")");
  }
  [[noreturn]] void refuse_limit(const char* what, std::uint64_t limit) const {
    refuse(std::string("more than ") + std::to_string(limit) + " " + what);
  }

  // --- the stack ---
  void push(Object* object) {
    if (stack_.size() >= kMaxStack) refuse_limit("values on the stack", kMaxStack);
    stack_.push_back(object);
  }
  Object* push_new(Kind kind) {
    if (pickle_.objects.size() >= kMaxObjects) refuse_limit("objects", kMaxObjects);
    Object* object = &pickle_.objects.emplace_back();
    object->kind = kind;
    push(object);
    return object;
  }
  void push_integer(Kind kind, std::int64_t value) { push_new(kind)->integer = value; }
  void push_text(std::uint64_t length) {
    if (length > kMaxText) refuse_limit("bytes in one string", kMaxText);
    push_new(Kind::kText)->text = stream_.text(static_cast<std::size_t>(length));
  }
  /// A value may only be taken from above the last mark.
  [[nodiscard]] Object* top() const {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) refuse("a value is taken from an empty stack");
    return stack_.back();
  }
  Object* pop() {
    Object* object = top();
    stack_.pop_back();
    return object;
  }
  Object* pop(Kind kind, const char* what) {
    Object* object = pop();
    if (object->kind != kind) refuse(what);
    return object;
  }
  void mark() {
    if (marks_.size() >= kMaxMarks) refuse_limit("nested marks", kMaxMarks);
    marks_.push_back(stack_.size());
  }
  std::vector<const Object*> pop_marked() {
    if (marks_.empty()) refuse("a mark is missing");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<const Object*> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }
  std::vector<const Object*> pop_last(std::size_t count) {
    std::vector<const Object*> items(count);
    for (std::size_t i = count; i > 0; --i) items[i - 1] = pop();
    return items;
  }

  // --- containers ---
  void extend(Object& target, std::span<const Object* const> items) {
    held_items_ += items.size();
    if (held_items_ > kMaxItems) refuse_limit("items in containers", kMaxItems);
    target.items.insert(target.items.end(), items.begin(), items.end());
  }
  void push_tuple(const std::vector<const Object*>& items) { extend(*push_new(Kind::kTuple), items); }
  void append(const std::vector<const Object*>& items) {
    if (top()->kind != Kind::kList) refuse("items are appended to something that is not a list");
    extend(*top(), items);
  }
  void set_items(const std::vector<const Object*>& items) {
    if (top()->kind != Kind::kDictionary || items.size() % 2 != 0) refuse("keys are set on something that is no dict");
    extend(*top(), items);
  }

  // --- the memo ---
  void put(std::uint64_t index) {
    memo_[index] = top();
    if (memo_.size() > kMaxMemo) refuse_limit("memo entries", kMaxMemo);
  }
  void get(std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) refuse("memo entry " + std::to_string(index) + " does not exist");
    push(found->second);
  }

  // --- integers, globals, calls ---
  void push_long() {
    const std::string bytes = stream_.text(stream_.byte());
    if (bytes.size() > 8) {
      push_new(Kind::kBigInteger)->text = bytes;
      return;
    }
    const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes.back()) & 0x80u) != 0;
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
    push_integer(Kind::kInteger, static_cast<std::int64_t>(value));
  }
  std::string line() {
    constexpr std::size_t kLongestLine = 256;
    std::string out;
    for (char c = static_cast<char>(stream_.byte()); c != '\n'; c = static_cast<char>(stream_.byte())) {
      if (out.size() >= kLongestLine) refuse_limit("bytes in the name of a global", kLongestLine);
      out += c;
    }
    return out;
  }
  void push_global(const std::string& module, const std::string& name) {
    const std::string full = module + "." + name;
    // A module with a dot at its end, or a name with one inside, must not pass for another pair.
    const bool known = std::find(kAllowedGlobals.begin(), kAllowedGlobals.end(), full) != kAllowedGlobals.end();
    if (!known || name.find('.') != std::string::npos) {
      fail(ErrorKind::kData,
           stream_.where() + ": refuses to load " + printable(full) + ": only tensors and plain containers are read");
    }
    push_new(Kind::kGlobal)->text = full;
  }
  void push_stack_global() {
    const Object* name = pop(Kind::kText, "the name of a global is not text");
    const Object* module = pop(Kind::kText, "the module of a global is not text");
    push_global(module->text, name->text);
  }
  void push_storage() {
    const Object* id = pop(Kind::kTuple, "a persistent id is not a tuple");
    extend(*push_new(Kind::kStorage), id->items);
  }
  void reduce();
  void push_ordered_dict(const Object& arguments);
  void run(std::uint8_t code);

  ByteStream& stream_;
  std::uint64_t start_;
  Pickle pickle_;
  std::vector<Object*> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, Object*> memo_;
  std::size_t held_items_ = 0;
};

/// OrderedDict(), or OrderedDict([(key, value), ...]) as Python 2 wrote it.
void Unpickler::push_ordered_dict(const Object& arguments) {
  Object* dictionary = push_new(Kind::kDictionary);
  if (arguments.items.empty()) return;
  const Object& pairs = *arguments.items[0];
  if (arguments.items.size() != 1 || pairs.kind != Kind::kList) refuse("OrderedDict is built from something odd");
  for (const Object* pair : pairs.items) {
    const bool sequence = pair->kind == Kind::kTuple || pair->kind == Kind::kList;
    if (!sequence || pair->items.size() != 2) refuse("OrderedDict is built from something other than pairs");
    extend(*dictionary, pair->items);
  }
}

void Unpickler::reduce() {
  const Object* arguments = pop(Kind::kTuple, "arguments of a call are not a tuple");
  const Object* callee = pop(Kind::kGlobal, "a call of something that is not a known global");
  const auto& items = arguments->items;
  if (callee->text == kOrderedDict) return push_ordered_dict(*arguments);
  if (callee->text == kRebuildTensor) return extend(*push_new(Kind::kTensor), items);
  if (callee->text == kRebuildParameter && items.size() == 3 && items[0]->kind == Kind::kTensor) {
    return extend(*push_new(Kind::kTensor), items[0]->items);
  }
  if (callee->text == kSize && items.size() == 1 && items[0]->kind == Kind::kTuple) {
    return extend(*push_new(Kind::kTuple), items[0]->items);
  }
  refuse("refuses to call " + callee->text + " with these arguments");
}

void Unpickler::run(std::uint8_t code) {
  switch (static_cast<Opcode>(code)) {
    case Opcode::kProto: {
      const int protocol = stream_.byte();
      if (protocol < 2 || protocol > 5) refuse("unknown protocol " + std::to_string(protocol));
      return;
    }
    case Opcode::kFrame:
      static_cast<void>(stream_.number(8));
      return;
    case Opcode::kMark:
      return mark();
    case Opcode::kNone:
      push_new(Kind::kNone);
      return;
    case Opcode::kNewTrue:
      return push_integer(Kind::kBoolean, 1);
    case Opcode::kNewFalse:
      return push_integer(Kind::kBoolean, 0);
    case Opcode::kBinInt:
      return push_integer(Kind::kInteger, static_cast<std::int32_t>(stream_.number(4)));
    case Opcode::kBinInt1:
      return push_integer(Kind::kInteger, stream_.byte());
    case Opcode::kBinInt2:
      return push_integer(Kind::kInteger, static_cast<std::int64_t>(stream_.number(2)));
    case Opcode::kLong1:
      return push_long();
    case Opcode::kBinFloat:
      static_cast<void>(stream_.number(8));
      push_new(Kind::kReal);
      return;
    case Opcode::kBinUnicode:
    case Opcode::kBinString:
      return push_text(stream_.number(4));
    case Opcode::kShortBinUnicode:
    case Opcode::kShortBinString:
      return push_text(stream_.number(1));
    case Opcode::kEmptyDict:
      push_new(Kind::kDictionary);
      return;
    case Opcode::kEmptyList:
      push_new(Kind::kList);
      return;
    case Opcode::kEmptyTuple:
      push_new(Kind::kTuple);
      return;
    case Opcode::kTuple:
      return push_tuple(pop_marked());
    case Opcode::kTuple1:
      return push_tuple(pop_last(1));
    case Opcode::kTuple2:
      return push_tuple(pop_last(2));
    case Opcode::kTuple3:
      return push_tuple(pop_last(3));
    case Opcode::kAppend:
      return append(pop_last(1));
    case Opcode::kAppends:
      return append(pop_marked());
    case Opcode::kSetItem:
      return set_items(pop_last(2));
    case Opcode::kSetItems:
      return set_items(pop_marked());
    case Opcode::kBinPut:
      return put(stream_.number(1));
    case Opcode::kLongBinPut:
      return put(stream_.number(4));
    case Opcode::kMemoize:
      return put(memo_.size());
    case Opcode::kBinGet:
      return get(stream_.number(1));
    case Opcode::kLongBinGet:
      return get(stream_.number(4));
    case Opcode::kGlobal: {
      const std::string module = line();
      return push_global(module, line());
    }
    case Opcode::kStackGlobal:
      return push_stack_global();
    case Opcode::kReduce:
      return reduce();
    case Opcode::kBinPersId:
      return push_storage();
    case Opcode::kBuild:
      // OrderedDict carries its version numbers (`_metadata`) as attributes; they say nothing about tensors.
      pop(Kind::kDictionary, "attributes are not a dict");
      if (top()->kind != Kind::kDictionary) refuse("attributes are set on something that is not a dict");
      return;
    default:
      refuse("refuses the opcode " + opcode_name(code));
  }
}

}  // namespace

Pickle load(ByteStream& stream) { return Unpickler(stream).load(); }

}  // namespace mdd::weights::pickle
