// Golden files against the CPU backend, where there are any; and folders that are not golden files.
#include <algorithm>
#include <doctest/doctest.h>
#include <functional>
#include <limits>
#include <set>

#include "core/atomic_file.h"
#include "cpu/cpu_backend.h"
#include "selfcheck/golden.h"
#include "support/temporary_folder.h"

using namespace mdd;
using mdd::test::TemporaryFolder;

namespace {

constexpr const char* kCase = R"({"arch": "tiny_basic", "classes": 2, "slots": 4, "size": 64, "batch": 2,
  "fusion": "concat", "memory": true, "identity": true, "temperature": 0.1})";

void check_refused(std::initializer_list<const char*> texts, const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK_MESSAGE(error.kind() == ErrorKind::kData, message);
    for (const char* text : texts) CHECK_MESSAGE(message.find(text) != std::string::npos, message);
    return;
  }
  FAIL_CHECK("nothing was refused");
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const std::size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("the cpu backend agrees with every golden file") {
  const std::filesystem::path golden = std::filesystem::path(MDDNET_SOURCE_DIR) / "../shared/golden";
  if (!std::filesystem::is_directory(golden)) {
    MESSAGE("skipped: no golden files in " << golden.string());
    return;
  }
  const auto backend = make_cpu_backend();
  for (const std::filesystem::path& folder : golden_cases(golden)) {
    std::set<std::string> groups;
    for (const GoldenRow& row : check_golden_case(*backend, folder)) {
      REQUIRE_MESSAGE(row.passed(), folder.filename().string(), ", ", row.group, " ", row.name, ": error ", row.error,
                      ", tolerance ", row.tolerance);
      groups.insert(row.group);
    }
    CHECK(groups == std::set<std::string>{"curve", "forward", "gradient", "inference", "step"});
  }
}

TEST_CASE("a row passes up to its tolerance and never as NaN") {
  CHECK(GoldenRow{"forward", "z", 1e-4, 1e-4}.passed());
  CHECK_FALSE(GoldenRow{"forward", "z", 1.1e-4, 1e-4}.passed());
  CHECK_FALSE(GoldenRow{"forward", "z", std::numeric_limits<double>::quiet_NaN(), 1e-4}.passed());
}

TEST_CASE("cases are found below a folder, sorted, or in the folder itself") {
  const TemporaryFolder folder;
  for (const char* name : {"b", "a", "empty"}) std::filesystem::create_directory(folder / name);
  check_refused({"golden files", "case.json"}, [&] { static_cast<void>(golden_cases(folder.path())); });
  write_atomically(folder / "b/case.json", kCase);
  write_atomically(folder / "a/case.json", kCase);
  CHECK(golden_cases(folder.path()) == std::vector<std::filesystem::path>{folder / "a", folder / "b"});
  CHECK(golden_cases(folder / "a") == std::vector<std::filesystem::path>{folder / "a"});
}

TEST_CASE("a folder that is not there, or is a file, has no cases") {
  const TemporaryFolder folder;
  write_atomically(folder / "file", "text");
  check_refused({"missing"}, [&] { static_cast<void>(golden_cases(folder / "missing")); });
  check_refused({"file"}, [&] { static_cast<void>(golden_cases(folder / "file")); });
}

TEST_CASE("a malformed case is refused, and its file named") {
  const auto backend = make_cpu_backend();
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& text, std::initializer_list<const char*> texts) {
    CAPTURE(text);
    write_atomically(folder / "case.json", text);
    check_refused(texts, [&] { static_cast<void>(check_golden_case(*backend, folder.path())); });
    check_refused({"case.json"}, [&] { static_cast<void>(check_golden_case(*backend, folder.path())); });
  };
  const std::string good = kCase;
  refused("", {"not a case description"});
  refused("{", {"not a case description"});
  refused("[]", {"not a case description"});
  refused("{}", {"not a case description", "size"});
  refused(replaced(good, R"("slots": 4, )", ""), {"not a case description", "slots"});
  refused(replaced(good, R"("slots": 4)", R"("slots": "4")"), {"not a case description"});
  refused(replaced(good, R"("memory": true)", R"("memory": 1)"), {"not a case description"});
  refused(replaced(good, "concat", "mean"), {"fusion", "concat, replace or add", "mean"});
  refused(replaced(good, "tiny_basic", "vgg"), {"unknown encoder 'vgg'"});
  refused(replaced(good, R"("size": 64)", R"("size": 65)"), {"image size 65"});
  refused(replaced(good, R"("classes": 2)", R"("classes": 0)"), {"classes"});
  refused(replaced(good, R"("slots": 4)", R"("slots": -4)"), {"prototypes per class"});
  refused(replaced(good, R"("temperature": 0.1)", R"("temperature": 0)"), {"temperature"});
}

TEST_CASE("a case without its tensors is refused by the name of the file") {
  const auto backend = make_cpu_backend();
  const TemporaryFolder folder;
  write_atomically(folder / "case.json", kCase);
  check_refused({"state.safetensors"}, [&] { static_cast<void>(check_golden_case(*backend, folder.path())); });
  write_atomically(folder / "state.safetensors", "not safetensors");
  check_refused({"state.safetensors"}, [&] { static_cast<void>(check_golden_case(*backend, folder.path())); });
}
