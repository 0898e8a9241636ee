// The guided tour names what is there, shows code that is there, and leaves no kernel out.
#include <doctest/doctest.h>

#include "tests/tour/pages.h"

namespace {

using namespace mdd;
namespace fs = std::filesystem;

const fs::path kRoot = MDDNET_SOURCE_DIR;
constexpr const char* kPages[] = {"cuda/README.md",    "cuda/tour.md",        "cuda/profiling.md",
                                  "cuda/extending.md", "bench/lab/README.md", "tests/emu/README.md",
                                  "README.md",         "bench/README.md"};

std::vector<std::string> mistakes_in(const std::string& text) { return tour::read_page(kRoot, "cuda", text).mistakes; }

std::string only_mistake_in(const std::string& text) {
  const auto mistakes = mistakes_in(text);
  REQUIRE(mistakes.size() == 1);
  return mistakes[0];
}

std::string table_of_kernels() {
  const std::string text = tour::contents(kRoot / "cuda/README.md");
  const std::size_t begin = text.find("## Kernels"), end = text.find("## ", begin + 3);
  REQUIRE(end != std::string::npos);
  return text.substr(begin, end - begin);
}

}  // namespace

TEST_CASE("every file, function and piece of code that the tour names is in the tree") {
  tour::PageReport all;
  for (const std::string page : kPages) {
    const tour::PageReport report = tour::read_page(kRoot, fs::path(page).parent_path(), tour::contents(kRoot / page));
    for (const std::string& mistake : report.mistakes) FAIL_CHECK(page, ", ", mistake);
    CHECK_MESSAGE(report.files > 0, page);
    all.files += report.files;
    all.functions += report.functions;
    all.blocks += report.blocks;
  }
  CHECK(all.files > 100);
  CHECK(all.functions > 50);
  CHECK(all.blocks == 8);
}

TEST_CASE("the main page leads to the tour, and the tour to its pages") {
  CHECK(tour::contents(kRoot / "README.md").find("(cuda/README.md)") != std::string::npos);
  const std::string tour_page = tour::contents(kRoot / "cuda/README.md");
  for (const char* link : {"(tour.md)", "(profiling.md)", "(extending.md)", "(../bench/lab/README.md)"}) {
    CHECK_MESSAGE(tour_page.find(link) != std::string::npos, link);
  }
}

TEST_CASE("every kernel is in the table, and no other") {
  const std::string table = table_of_kernels();
  int kernels = 0;
  for (const auto& entry : fs::directory_iterator(kRoot / "cuda/kernels")) {
    if (entry.path().extension() != ".cuh") continue;
    const bool has_kernel = tour::contents(entry.path()).find("__global__") != std::string::npos;
    const bool in_table = table.find('`' + entry.path().stem().string() + '`') != std::string::npos;
    CHECK_MESSAGE(has_kernel == in_table, entry.path().filename().string());
    kernels += has_kernel ? 1 : 0;
  }
  CHECK(kernels > 20);
}

TEST_CASE("a page of the lab has a section, a last version from the product, and a text for each version") {
  const std::string readme = tour::contents(kRoot / "bench/lab/README.md");
  int pages = 0;
  for (const auto& folder : fs::directory_iterator(kRoot / "bench/lab")) {
    if (!fs::exists(folder.path() / "page.cu")) continue;
    ++pages;
    CAPTURE(folder.path().filename().string());
    CHECK(readme.find("\n### " + folder.path().filename().string().substr(0, 2) + ' ') != std::string::npos);
    const std::string page = tour::contents(folder.path() / "page.cu");
    bool from_the_product = false;
    for (int version = 0; fs::exists(folder.path() / ("v" + std::to_string(version) + ".cuh")); ++version) {
      const std::string text = tour::contents(folder.path() / ("v" + std::to_string(version) + ".cuh"));
      CHECK(text.starts_with("// v" + std::to_string(version)));
      CHECK((version == 0 || text.find("\n// Gain: ") != std::string::npos));
      CHECK(page.find("{\"v" + std::to_string(version) + '"') + page.find(".name = \"v" + std::to_string(version)) +
                page.find("version(\"v" + std::to_string(version)) !=
            3 * std::string::npos);
      from_the_product = from_the_product || text.find("#include \"cuda/kernels/") != std::string::npos;
    }
    CHECK(from_the_product);
  }
  CHECK(pages == 8);
}

TEST_CASE("planted mistakes are found") {
  CHECK(mistakes_in("See `src/model/losses.cpp`: `record_losses()`, then `mddnet train`.").empty());
  CHECK(only_mistake_in("\nSee `src/model/looses.cpp`.") == "line 2: no such file: src/model/looses.cpp");
  CHECK(only_mistake_in("In `src/nowhere` lies nothing.") == "line 1: no such file: src/nowhere");
  CHECK(only_mistake_in("`src/model/losses.cpp`: `record_loses()`") ==
        "line 1: no record_loses() in src/model/losses.cpp");
  CHECK(only_mistake_in("`src/model/losses.cpp`: `Other::record_losses()`") ==
        "line 1: no Other::record_losses() in src/model/losses.cpp");
  // In another file of the tree, but not in this one.
  CHECK(only_mistake_in("`src/model/losses.cpp`\nholds `judge_all()`") ==
        "line 2: no judge_all() in src/model/losses.cpp");
  CHECK(only_mistake_in("`no_such_function"
                        "_anywhere()`")
            .starts_with("line 1: no such function"));
  // A new paragraph forgets the file.
  CHECK(mistakes_in("`src/model/losses.cpp`\n\n`judge_all()` is elsewhere").empty());
  CHECK(only_mistake_in("```cpp\nint x;\n```") == "line 3: code that says not where it is from");
  const std::string marker = "<!-- tests/tour/squared_distance.h [contract] -->\n";
  CHECK(only_mistake_in(marker + "```cpp\nint x;\n```") ==
        "line 4: not what tests/tour/squared_distance.h has in [contract]");
  CHECK(only_mistake_in("<!-- tests/tour/squared_distance.h [treaty] -->\n```cpp\n```") ==
        "line 3: no region [treaty] in tests/tour/squared_distance.h");
}
