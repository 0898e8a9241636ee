// The page: what it says, that nothing in it can become markup, and that it asks nothing of any other place.
#include <doctest/doctest.h>
#include <set>

#include "core/error.h"
#include "report/html.h"
#include "report/picture_encoding.h"
#include "report_fixture.h"

using namespace mdd;
using namespace mdd::test;

namespace {

/// What stands between `before` and the next `after`, everywhere.
std::vector<std::string> all_between(const std::string& text, const std::string& before, const std::string& after) {
  std::vector<std::string> out;
  for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
    at += before.size();
    out.push_back(text.substr(at, text.find(after, at) - at));
  }
  return out;
}

std::size_t count_of(const std::string& text, const std::string& part) { return all_between(text, part, "").size(); }

std::string page_of(const TemporaryFolder& folder) { return read_file(folder / "page" / "index.html", 1 << 26); }

/// Names the first tag that closes another than the innermost open one; "" if all match.
std::string first_mismatch(const std::string& html) {
  const std::set<std::string> alone{"meta", "link", "img", "!DOCTYPE"};
  std::vector<std::string> open;
  for (std::size_t at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    const std::string tag = html.substr(at + 1, html.find_first_of(" >\n", at) - at - 1);
    if (tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) return tag;
      open.pop_back();
    } else if (!alone.contains(tag)) {
      open.push_back(tag);
      if (tag == "style" || tag == "script") at = html.find("</" + tag, at) - 1;
    }
  }
  return open.empty() ? "" : open.back();
}

}  // namespace

TEST_CASE("text never becomes markup") {
  CHECK(report::escape_html("a<b>&\"c\" 'd'") == "a&lt;b&gt;&amp;&quot;c&quot; &#39;d&#39;");
  CHECK(report::escape_html("gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\xa9") == "gr\xc3\xbc\xc3\x9f \xf0\x9f\x94\xa9");
  const std::string bad = "\xef\xbf\xbd";
  for (const char* broken : {"\xff", "\xc3", "\xc0\xbc", "\xe0\x80\xbc", "\xed\xa0\x80", "\xf5\x80\x80\x80"}) {
    CHECK(report::escape_html(broken).substr(0, 3) == bad);
    CHECK(report::escape_html(broken).find_first_not_of(bad) == std::string::npos);
  }
  CHECK(report::escape_html("\x01 \x7f \xe2\x80\xae") == bad + " " + bad + " " + bad);
  report::HtmlWriter html;
  html.element("p", {{"title", "\"><script>"}}, [&] { html.text("<i>"); });
  CHECK(html.html() == "<p title=\"&quot;&gt;&lt;script&gt;\">&lt;i&gt;</p>\n");
}

TEST_CASE("pictures as addresses") {
  CHECK(report::base64("") == "");
  CHECK(report::base64("f") == "Zg==");
  CHECK(report::base64("fo") == "Zm8=");
  CHECK(report::base64("foobar") == "Zm9vYmFy");
  CHECK(report::base64(std::string("\x00\xff\xfe", 3)) == "AP/+");
  const MadeImage made(0, 1, true, 1.0f);
  CHECK(report::jpeg_address(made.image, 85).rfind("data:image/jpeg;base64,/9j/", 0) == 0);
  CHECK(report::mask_address(made.mask, kSide, kSide).rfind("data:image/png;base64,iVBORw0KGgo", 0) == 0);
  CHECK_THROWS_AS((void)report::mask_address(made.mask, kSide, kSide - 1), Error);
}

TEST_CASE("the page says what was scored, and what went wrong") {
  const TemporaryFolder folder;
  const std::uint64_t bytes = write_made_report(folder.path(), {"bolt", "cable"});
  const std::string html = page_of(folder);
  CHECK(html.size() == bytes);
  CHECK(bytes < 1'500'000);
  CHECK(html.find("missed 2 of 10 defective images and raised 2 false alarms on 10 normal images.") !=
        std::string::npos);
  CHECK(html.find("1 of 5 defective images missed, 1 false alarm on 5 normal images.") != std::string::npos);
  for (const char* part : {"runs/made", "tiny_basic", "64 x 64 pixels", "10 normal, 10 defective", "2000-01-01",
                           "I-AUROC", "AUPRO", "threshold 0.5000", "too few images for 10.0 %",
                           "What the prototypes stand for", "bolt #1", "scale 0 to 1.2"}) {
    CAPTURE(part);
    CHECK(html.find(part) != std::string::npos);
  }
  CHECK(html.find("<td>50.0</td><td>-</td>") != std::string::npos);  // defined beside undefined
  CHECK(count_of(html, "class=\"case\"") == 12);
  CHECK(count_of(html, "class=\"histogram\"") == 2);
  // The hardest are shown in detail first: the missed defect, then the false alarm.
  const std::string first = html.substr(html.find("id=\"case-0-0\""), 200);
  CHECK(first.find("missed") != std::string::npos);
  CHECK(first.find("bolt/5.png") != std::string::npos);
  CHECK(html.substr(html.find("id=\"case-0-1\""), 200).find("false alarm") != std::string::npos);
}

TEST_CASE("the page carries everything and is well formed, whatever names say") {
  const TemporaryFolder folder;
  write_made_report(folder.path(), {kHostileName, "a/../b", "plain"});
  const std::string html = page_of(folder);
  CHECK(first_mismatch(html) == "");
  CHECK(html.find("<script>alert") == std::string::npos);
  CHECK(html.find("&lt;script&gt;alert") != std::string::npos);
  CHECK(html.find("default-src 'none'") == std::string::npos);  // quoted in the attribute
  CHECK(html.find("default-src &#39;none&#39;; img-src data:;") != std::string::npos);
  for (const char* foreign : {"http:", "https:", "//", "url(", "@import"}) {
    CAPTURE(foreign);
    std::string outside;  // without pictures: base64 holds any letters
    for (const std::string& part : all_between("\"" + html, "\"", "\"")) {
      if (part.rfind("data:", 0) != 0) outside += part;
    }
    CHECK(outside.find(foreign) == std::string::npos);
  }
  for (const std::string& source : all_between(html, " src=\"", "\"")) CHECK(source.rfind("data:image/", 0) == 0);
  std::set<std::string> ids;
  for (const std::string& id : all_between(html, " id=\"", "\"")) CHECK(ids.insert(id).second);
  for (const std::string& link : all_between(html, " href=\"", "\"")) {
    CHECK((link == "data:," || (link[0] == '#' && ids.contains(link.substr(1)))));
  }
  CHECK(count_of(html, "<img ") == count_of(html, " alt=\""));
}

TEST_CASE("how many images are shown in detail is the caller's choice") {
  for (const std::size_t wanted : {0, 3, 24}) {
    const TemporaryFolder folder;
    write_made_report(folder.path(), {"bolt"}, wanted);
    CHECK(count_of(page_of(folder), "class=\"case\"") == std::min<std::size_t>(wanted, 10));
  }
}

TEST_CASE("a report without memory, masks, or images; and one that cannot be written") {
  const TemporaryFolder folder;
  report::ReportHeader header = made_header({"bolt"});
  header.slots = 0;
  header.identity = false;
  report::Report report(folder / "plain", header, {});
  MadeImage made(0, 1, true, 0.9f);
  report.add({.path = "x.png",
              .name = "x.png",
              .class_name = "bolt",
              .defective = true,
              .score = 0.9f,
              .vote = -1,
              .image = &made.image,
              .mask = {},
              .fused = made.map,
              .teacher_restored = made.raw,
              .restored_identity = made.raw,
              .mass = {},
              .attention = {}});
  MadeImage elsewhere(0, 1, true, 0.8f);  // what the map shows is not what people marked
  elsewhere.mask.assign(elsewhere.mask.size(), 0);
  elsewhere.mask.back() = 1;
  elsewhere.raw.front() = std::nanf("");
  elsewhere.raw.back() = INFINITY;
  report.add({.path = "y.png",
              .name = "y.png",
              .class_name = "bolt",
              .defective = true,
              .score = 0.8f,
              .vote = -1,
              .image = &elsewhere.image,
              .mask = elsewhere.mask,
              .fused = elsewhere.map,
              .teacher_restored = elsewhere.raw,
              .restored_identity = elsewhere.raw,
              .mass = {},
              .attention = {}});
  report.finish({});
  const std::string html = read_file(report.page(), 1 << 26);
  CHECK(html.find("where was not recorded") != std::string::npos);
  CHECK(count_of(html, "Called defective for another place") == 1);
  CHECK(html.find("Class vote") == std::string::npos);
  CHECK(html.find("<b>Restored - identity") == std::string::npos);
  CHECK(first_mismatch(html) == "");
  report::Report(folder / "empty", header, {}).finish({});
  CHECK(first_mismatch(read_file(folder / "empty" / "index.html", 1 << 20)) == "");
  write_atomically(folder / "file", "in the way");
  CHECK_THROWS_AS(report::Report(folder / "file", header, {}), Error);
}
