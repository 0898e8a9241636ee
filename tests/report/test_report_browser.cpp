// The page in a real browser: no error, no request, nothing wider than a phone. Runs where a Chromium is installed.
#include <cstdlib>
#include <doctest/doctest.h>
#include <sstream>

#include "report_fixture.h"

using namespace mdd;
using namespace mdd::test;
namespace fs = std::filesystem;

namespace {

/// The first of the usual names that PATH has; empty if none.
std::string find_browser() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    for (const char* name : {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}) {
      std::error_code ignored;
      if (fs::is_regular_file(fs::path(folder) / name, ignored)) return (fs::path(folder) / name).string();
    }
  }
  return {};
}

/// Goes into a copy of the page: tries the sorting, then tells the frame's parent what became of it.
constexpr const char* kProbe = R"js(<script>
let failures = [];
addEventListener("error", (event) => failures.push(event.message || event.target.tagName), true);
addEventListener("securitypolicyviolation", (event) => failures.push("blocked " + event.blockedURI));
addEventListener("load", () => {
  const root = document.documentElement, pictures = [...document.images];
  const broken = pictures.filter((picture) => picture.naturalWidth === 0).length;
  const requests = performance.getEntriesByType("resource").filter((entry) => !entry.name.startsWith("data:")).length;
  const names = () => [...document.querySelectorAll("table.sortable tbody th")].map((cell) => cell.textContent).join();
  const before = names(), buttons = document.querySelectorAll("table.sortable .sort");
  buttons[1].click();
  const sorted = names();
  buttons[1].click();
  const map = document.querySelector("img[data-values]");
  map.dispatchEvent(new PointerEvent("pointermove", {clientX: map.getBoundingClientRect().left + 1,
                                                     clientY: map.getBoundingClientRect().top + 1}));
  const readout = map.parentElement.querySelector(".readout").textContent;
  parent.postMessage(`width ${innerWidth} fits ${root.scrollWidth <= root.clientWidth} pictures ${pictures.length} ` +
      `broken ${broken} requests ${requests} failures ${failures.join(";") || "none"} ` +
      `order ${before === names()} ${sorted !== before} ${readout.startsWith("here up to")};`, "*");
});
</script>)js";

/// Shows the copy at a phone's and a desk's width at once. A frame, because windows have a least width.
constexpr const char* kFrames = R"html(<!DOCTYPE html><meta charset="utf-8"><link rel="icon" href="data:,">
<pre id="said"></pre><script>addEventListener("message", (event) => { said.textContent += event.data; });</script>
<iframe src="copy.html" style="border:0;width:390px;height:844px"></iframe>
<iframe src="copy.html" style="border:0;width:1280px;height:800px"></iframe>)html";

}  // namespace

TEST_CASE("a browser shows the page without error, without request, and without scrolling sideways") {
  const std::string browser = find_browser();
  if (browser.empty()) {
    MESSAGE("no chromium program in PATH: the report was not looked at in a browser");
    return;
  }
  const TemporaryFolder folder;
  write_made_report(folder.path(),
                    {kHostileName, "a_class_whose_name_is_much_longer_than_a_phone_is_wide_and_has_no_space", "c"}, 2);
  std::string html = read_file(folder / "page" / "index.html", 1 << 26);
  html.insert(html.find("<style>"), kProbe);
  write_atomically(folder / "copy.html", html);
  write_atomically(folder / "frames.html", kFrames);
  const std::string output = (folder / "output").string(), errors = (folder / "errors").string();
  const std::string command =
      "HOME='" + folder.path().string() + "' timeout 60 '" + browser +
      "' --headless=new --no-sandbox --disable-gpu --no-first-run --disable-extensions --disable-background-networking"
      " --disable-component-update --disable-sync --host-resolver-rules='MAP * 0.0.0.0' --enable-logging=stderr --v=0"
      " --window-size=1300,900 --virtual-time-budget=10000 --user-data-dir='" +
      (folder / "profile").string() + "' --dump-dom 'file://" + (folder / "frames.html").string() + "' >'" + output +
      "' 2>'" + errors + "'";
  const int status = std::system(command.c_str());
  const std::string said = read_file(output, 1 << 26), complaints = read_file(errors, 1 << 26);
  INFO(said);
  INFO(complaints);
  REQUIRE(status == 0);
  CHECK(complaints.find("CONSOLE") == std::string::npos);
  for (const char* width : {"390", "1280"}) {
    const std::string expected = std::string("width ") + width + " fits true pictures ";
    REQUIRE(said.find(expected) != std::string::npos);
    const std::string rest = said.substr(said.find(expected), 200);
    CHECK(rest.find(" broken 0 requests 0 failures none order true true true;") != std::string::npos);
  }
}
