// fetch.sh with a stand-in for curl: nothing here touches a network.
#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

#include "support/temporary_folder.h"
#include "weights/archive_builder.h"

using namespace mdd::test;

namespace {

const std::filesystem::path kWeights = std::filesystem::path(MDDNET_SOURCE_DIR) / "weights";

/// Runs the script of `folder` with a curl that runs `curl_body`; $out is the file that curl is told to write.
int fetch(const TemporaryFolder& folder, const std::string& arguments, const std::string& curl_body) {
  std::filesystem::create_directories(folder / "bin");
  write_file(folder / "bin/curl",
             "#!/bin/sh\nwhile [ $# -gt 1 ]; do [ \"$1\" = --output ] && out=$2; shift; done\n" + curl_body + "\n");
  std::filesystem::permissions(folder / "bin/curl", std::filesystem::perms::owner_all);
  const std::string command = "PATH='" + (folder / "bin").string() + "':\"$PATH\" '" + (folder / "fetch.sh").string() +
                              "' " + arguments + " >'" + (folder / "log").string() + "' 2>&1";
  const int status = std::system(command.c_str());  // NOLINT: the command is ours
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// The script and a manifest with one small file, whose content is "weights\n".
void install(const TemporaryFolder& folder) {
  std::filesystem::copy(kWeights / "fetch.sh", folder / "fetch.sh");
  write_file(folder / "manifest.json",
             "{\n  \"base_url\": \"https://example.invalid/\",\n  \"files\": [\n    {\n"
             "      \"file\": \"small-1b465fa6.pth\"\n    }\n  ]\n}\n");
  std::filesystem::create_directories(folder / "out");
}

}  // namespace

TEST_CASE("the manifest is consistent") {
  const auto manifest = nlohmann::json::parse(read_all(kWeights / "manifest.json"));
  CHECK(manifest.at("base_url") == "https://download.pytorch.org/models/");
  std::vector<std::string> encoders;
  for (const auto& entry : manifest.at("files")) {
    const std::string prefix = entry.at("sha256_prefix");
    CHECK(prefix.size() == 8);
    CHECK(prefix.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(entry.at("file") == entry.at("encoder").get<std::string>() + "-" + prefix + ".pth");
    encoders.push_back(entry.at("encoder"));
  }
  CHECK(encoders == std::vector<std::string>{"resnet18", "resnet34", "resnet50", "wide_resnet50_2"});
}

TEST_CASE("a file with the right checksum is kept, and not fetched twice") {
  const TemporaryFolder folder;
  install(folder);
  CHECK(fetch(folder, "small-1b465fa6.pth '" + (folder / "out").string() + "'", "echo weights >\"$out\"") == 0);
  CHECK(read_all(folder / "out/small-1b465fa6.pth") == "weights\n");
  CHECK(fetch(folder, "small-1b465fa6.pth '" + (folder / "out").string() + "'", "exit 9") == 0);
  CHECK(read_all(folder / "log").find("already") != std::string::npos);
}

TEST_CASE("a wrong file is fetched again") {
  const TemporaryFolder folder;
  install(folder);
  write_file(folder / "out/small-1b465fa6.pth", "half of i");
  CHECK(fetch(folder, "small-1b465fa6.pth '" + (folder / "out").string() + "'", "echo weights >\"$out\"") == 0);
  CHECK(read_all(folder / "out/small-1b465fa6.pth") == "weights\n");
}

TEST_CASE("a failed fetch leaves nothing behind") {
  const TemporaryFolder folder;
  install(folder);
  const std::string arguments = "small-1b465fa6.pth '" + (folder / "out").string() + "'";
  CHECK(fetch(folder, arguments, "echo other >\"$out\"") == 3);
  CHECK(read_all(folder / "log").find("expected it to begin with 1b465fa6; nothing was kept") != std::string::npos);
  CHECK(fetch(folder, arguments, "echo weights >\"$out\"; exit 22") == 1);
  CHECK(read_all(folder / "log").find("could not download https://example.invalid/small-1b465fa6.pth") !=
        std::string::npos);
  CHECK(std::filesystem::is_empty(folder / "out"));
}

TEST_CASE("unknown names and wrong usage fetch nothing") {
  const TemporaryFolder folder;
  install(folder);
  const std::string curl = "touch '" + (folder / "called").string() + "'";
  CHECK(fetch(folder, "", curl) == 2);
  CHECK(fetch(folder, "other.pth", curl) == 2);
  CHECK(read_all(folder / "log").find("other.pth is not in") != std::string::npos);
  CHECK(fetch(folder, "../small-1b465fa6.pth", curl) == 2);
  CHECK(fetch(folder, "-v", curl) == 2);
  CHECK(fetch(folder, "small-1b465fa6.pth '" + (folder / "none").string() + "'", curl) == 1);
  CHECK_FALSE(std::filesystem::exists(folder / "called"));
}
