#include <doctest/doctest.h>
#include <fstream>

#include "core/atomic_file.h"
#include "core/error.h"
#include "cuda/dnn/plan_cache.h"
#include "support/temporary_folder.h"

using namespace mdd;
using namespace mdd::cuda;
using mdd::test::TemporaryFolder;

namespace {

const EngineChoice kChoice{17, {{2, 3}, {12, 0}}};
const std::string kKey = "cudnn 91900 sm 90 deterministic forward 3x3 x [1, 4, 4, 8]";
const std::string kHeading = "mddnet convolution engines 1\n";

std::string contents(const std::filesystem::path& path) { return read_file(path, 1 << 20); }
void put(const std::filesystem::path& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

}  // namespace

TEST_CASE("A stored choice is found again, by this object and by the next run") {
  const TemporaryFolder folder;
  const auto path = folder / "caches/plans.txt";  // the folder is made
  PlanCache cache(path);
  CHECK_FALSE(cache.find(kKey));
  cache.store(kKey, kChoice);
  cache.store("other", {0, {}});
  CHECK(cache.find(kKey) == kChoice);
  const PlanCache next(path);
  CHECK(next.find(kKey) == kChoice);
  CHECK(next.find("other") == EngineChoice{0, {}});
  CHECK(contents(path) == kHeading + kKey + "\t17\t2=3 12=0\nother\t0\t\n");
}

TEST_CASE("A choice made under another library version or device is not found") {
  const TemporaryFolder folder;
  PlanCache cache(folder / "plans.txt");
  cache.store(kKey, kChoice);
  const PlanCache next(folder / "plans.txt");
  CHECK_FALSE(next.find("cudnn 92000 sm 90 deterministic forward 3x3 x [1, 4, 4, 8]"));
  CHECK_FALSE(next.find("cudnn 91900 sm 80 deterministic forward 3x3 x [1, 4, 4, 8]"));
}

TEST_CASE("A forgotten choice is gone, and a new one replaces it in the file") {
  const TemporaryFolder folder;
  PlanCache cache(folder / "plans.txt");
  cache.store(kKey, kChoice);
  cache.forget(kKey);
  CHECK_FALSE(cache.find(kKey));
  cache.store(kKey, {5, {}});
  CHECK(PlanCache(folder / "plans.txt").find(kKey) == EngineChoice{5, {}});
}

TEST_CASE("Lines that are not well formed are ignored, the others count") {
  const TemporaryFolder folder;
  const auto path = folder / "plans.txt";
  std::string many = "many\t1\t";
  for (int i = 0; i < 100; ++i) many += "1=1 ";
  for (const std::string& bad :
       {std::string("no tabs"), std::string("\t1\t"), std::string("k\t"), std::string("k\t-1\t"), std::string("k\tx\t"),
        std::string("k\t1x\t"), std::string("k\t99999999999999999999\t"), std::string("k\t1\t2"),
        std::string("k\t1\t2=") + "", std::string("k\t1\t=3"), std::string("k\t1\t2=-3"), std::string("k\t1\t2=3  4=5"),
        std::string("k\t1\t2=3\t4=5"), std::string("k\t 1\t"), std::string("k\t1 2=3"), many,
        std::string("k\0\t\x01\t", 5), std::string(100000, 'k'), std::string("\t\t\t\t")}) {
    CAPTURE(bad);
    put(path, kHeading + bad + "\n" + kKey + "\t17\t2=3 12=0\n" + bad);
    const PlanCache cache(path);
    CHECK(cache.find(kKey) == kChoice);
    CHECK_FALSE(cache.find("k"));
    CHECK_FALSE(cache.find("many"));
    CHECK_FALSE(cache.find(""));
  }
}

TEST_CASE("Any cut of a file is read without harm") {
  const TemporaryFolder folder;
  const auto path = folder / "plans.txt";
  const std::string whole = kHeading + kKey + "\t17\t2=3 12=0\nlast\t4\t1=2\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    put(path, whole.substr(0, length));
    const PlanCache cache(path);
    const auto found = cache.find(kKey);
    CHECK((!found || found->engine == 17 || found->engine == 1));
  }
}

TEST_CASE("A file of another format is replaced; a file that is no plan cache is left alone") {
  const TemporaryFolder folder;
  const auto path = folder / "plans.txt";
  put(path, "mddnet convolution engines 2\n" + kKey + "\t17\t\n");
  PlanCache newer(path);
  CHECK_FALSE(newer.find(kKey));
  newer.store("k", {1, {}});
  CHECK(contents(path) == kHeading + "k\t1\t\n");

  const std::string precious = "weights that took a week\n";
  put(path, precious);
  PlanCache foreign(path);
  foreign.store("k", {1, {}});
  CHECK(foreign.find("k"));  // still remembered in this run
  CHECK(contents(path) == precious);
}

TEST_CASE("Two runs that share a file keep each other's choices") {
  const TemporaryFolder folder;
  const auto path = folder / "plans.txt";
  PlanCache first(path), second(path);
  first.store("first", {1, {}});
  second.store("second", {2, {}});
  first.store("third", {3, {}});
  const PlanCache next(path);
  CHECK(next.find("first"));
  CHECK(next.find("second"));
  CHECK(next.find("third"));
}

TEST_CASE("A cache that cannot be written, or has no file, still works in memory") {
  const TemporaryFolder folder;
  put(folder / "file", "x");
  for (const std::filesystem::path& path :
       {std::filesystem::path(), folder / "file/plans.txt", folder.path(), std::filesystem::path("/proc/plans.txt")}) {
    CAPTURE(path);
    PlanCache cache(path);
    cache.store(kKey, kChoice);
    CHECK(cache.find(kKey) == kChoice);
  }
  CHECK(contents(folder / "file") == "x");
}

TEST_CASE("A key is one line") {
  PlanCache cache({});
  CHECK_THROWS_AS(cache.store("a\nb", kChoice), Error);
  CHECK_THROWS_AS(cache.store("a\tb", kChoice), Error);
  CHECK_THROWS_AS(cache.store("", kChoice), Error);
}
