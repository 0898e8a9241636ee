// What a report is chosen and computed from: hardest images, attention, axes, places for results, the dump.
#include <cmath>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "report/drawings.h"
#include "report/dump.h"
#include "report/output_place.h"
#include "report_fixture.h"

using namespace mdd;
using namespace mdd::test;

namespace {

report::CasePointer made_case(bool defective, float score) {
  report::Case out;
  out.defective = defective;
  out.score = score;
  return std::make_shared<const report::Case>(std::move(out));
}

std::vector<float> scores_of(const std::vector<report::CasePointer>& cases) {
  std::vector<float> out;
  for (const auto& image : cases) out.push_back(image->score);
  return out;
}

}  // namespace

TEST_CASE("the hardest and the easiest images are kept, and no others") {
  report::CaseSelection selection(2);
  for (const float score : {5.0f, 1.0f, 4.0f, 2.0f, 3.0f}) {
    for (const bool defective : {true, false}) {
      if (selection.wants(defective, score)) selection.add(made_case(defective, score));
    }
  }
  CHECK_FALSE(selection.wants(true, 3.0f));
  CHECK(selection.wants(true, 0.5f));
  CHECK(scores_of(selection.lowest_defective()) == std::vector<float>{1, 2});
  CHECK(scores_of(selection.highest_normal()) == std::vector<float>{5, 4});
  CHECK(scores_of(selection.highest_defective()) == std::vector<float>{5, 4});
  CHECK(scores_of(selection.lowest_normal()) == std::vector<float>{1, 2});
  report::CaseSelection few(3);
  few.add(made_case(true, 1.0f));
  CHECK(few.lowest_defective().size() == 1);
  CHECK(few.highest_defective().empty());  // shown already
  CHECK_FALSE(report::CaseSelection(0).wants(true, 1.0f));
}

TEST_CASE("large images are shown smaller, and nothing small disappears") {
  const std::int64_t side = 608, small = 203;  // blocks of 3, the last one cut short
  const data::Image image{side, side, std::vector<std::uint8_t>(static_cast<std::size_t>(side * side * 3), 9)};
  std::vector<float> map(static_cast<std::size_t>(side * side), -1.0f);
  std::vector<std::uint8_t> mask(map.size(), 0);
  map.back() = 2.0f;
  map[static_cast<std::size_t>(side * 4 + 5)] = 1.0f;
  mask.back() = 1;
  const report::Case shown = report::make_case({.path = "",
                                                .name = "x",
                                                .class_name = "c",
                                                .image = &image,
                                                .mask = mask,
                                                .fused = map,
                                                .teacher_restored = map,
                                                .restored_identity = map,
                                                .mass = {},
                                                .attention = {}},
                                               {});
  CHECK(shown.side() == small);
  REQUIRE(shown.fused.size() == static_cast<std::size_t>(small * small));
  CHECK(shown.fused.back() == 2.0f);
  CHECK(shown.fused[static_cast<std::size_t>(small + 1)] == 1.0f);
  CHECK(shown.fused[0] == -1.0f);
  CHECK(shown.mask.back() == 1);
  CHECK(std::count(shown.mask.begin(), shown.mask.end(), 1) == 1);
}

TEST_CASE("attention: classes of cells, prototypes read most, and who reads them most") {
  // Two classes of two slots, four cells.
  const std::vector<float> attention{0.7f, 0.1f, 0.1f, 0.1f, 0.4f, 0.4f, 0.1f, 0.1f,
                                     0.0f, 0.1f, 0.9f, 0.0f, 0.1f, 0.3f, 0.3f, 0.3f};
  const report::AttentionSummary summary = report::summarise_attention(attention, 2, 2, 3);
  CHECK(summary.side == 2);
  REQUIRE(summary.cells.size() == 4);
  const std::vector<std::size_t> classes{0, 0, 1, 1};
  for (std::size_t i = 0; i < 4; ++i) CHECK(summary.cells[i].class_index == classes[i]);
  CHECK(summary.cells[1].share == doctest::Approx(0.8));
  REQUIRE(summary.top.size() == 3);
  CHECK(summary.top[0].prototype == 2);
  CHECK(summary.top[0].share == doctest::Approx(0.35));
  CHECK(summary.top[1].prototype == 0);
  CHECK(report::summarise_attention({}, 2, 2, 3).side == 0);
  CHECK_THROWS_AS((void)report::summarise_attention(std::vector<float>(12), 2, 2, 3), Error);  // three cells

  report::PrototypeReaders readers(4);
  for (const float factor : {0.5f, 1.0f, 0.25f, 0.75f}) {
    std::vector<float> scaled = attention;
    for (float& value : scaled) value *= factor;
    readers.add("image" + std::to_string(readers.images().size()), scaled);
  }
  REQUIRE(readers.places(2).size() == 3);
  CHECK(readers.places(2)[0].cell == 2);
  CHECK(readers.images()[readers.places(2)[0].image] == "image1");
  CHECK(readers.images()[readers.places(2)[2].image] == "image0");
}

TEST_CASE("axis steps are round and few") {
  for (const double span : {1e-6, 0.3, 1.0, 7.0, 64.0, 12345.0}) {
    const double step = report::axis_step(span, 5);
    CHECK(span / step <= 5.0 + 1e-9);
    CHECK(span / step > 1.5);
    const double mantissa = step / std::pow(10.0, std::floor(std::log10(step) + 1e-9));
    CHECK(std::min({std::abs(mantissa - 1), std::abs(mantissa - 2), std::abs(mantissa - 5)}) < 1e-6);
  }
}

TEST_CASE("a histogram without spread, with one kind of image, without any") {
  const std::vector<float> same{0.0f, 0.0f};
  report::HtmlWriter html;
  report::draw_score_histogram(html, {"c", {}, {}, 0.5f});
  CHECK(html.html().empty());
  report::draw_score_histogram(html, {"c", same, {}, 0.0f});
  CHECK(html.html().find("2 normal images") != std::string::npos);
  CHECK(html.html().find("nan") == std::string::npos);
  CHECK(html.html().find("inf") == std::string::npos);
}

TEST_CASE("places are tried before work begins, and nothing is left there") {
  const TemporaryFolder folder;
  report::check_file_place(folder / "new.json");
  report::prepare_folder(folder / "a" / "b");
  CHECK(std::filesystem::is_empty(folder / "a" / "b"));
  CHECK_FALSE(std::filesystem::exists(folder / "new.json"));
  report::check_file_place("/dev/null");
  write_atomically(folder / "file", "x");
  report::check_file_place(folder / "file");
  CHECK(read_file(folder / "file", 9) == "x");
  CHECK_THROWS_AS(report::check_file_place(folder / "a"), Error);
  CHECK_THROWS_AS(report::check_file_place(folder / "absent" / "x"), Error);
  CHECK_THROWS_AS(report::check_file_place(folder / "file" / "x"), Error);
  CHECK_THROWS_AS(report::prepare_folder(folder / "file"), Error);
  CHECK_THROWS_AS(report::prepare_folder("/proc/nowhere"), Error);
}

TEST_CASE("the dump: maps, masks as they were used, and one, no or several mask files") {
  const TemporaryFolder folder;
  report::Dump dump(folder / "dump");
  const std::vector<float> map{0, 1, 2, 3};
  const std::vector<std::uint8_t> mask{0, 1, 1, 0};
  dump.add(0, {"a\xff.png", "c", 0, {}, 0.5f, std::nullopt, map, {}}, 2);
  dump.add(1, {"b.png", "c", 1, {"m.png"}, 1.0f, "c", map, mask}, 2);
  dump.add(2, {"d.png", "c", 1, {"m.png", "n.png"}, 1.0f, "c", map, mask}, 2);
  dump.finish();
  const auto images = nlohmann::json::parse(read_file(folder / "dump" / "index.json", 1 << 20))["images"];
  REQUIRE(images.size() == 3);
  CHECK(images[0]["mask"].is_null());
  CHECK(images[0]["mask_map"].is_null());
  CHECK(images[0]["vote"].is_null());
  CHECK(images[1]["mask"] == "m.png");
  CHECK(images[1]["mask_map"] == "000001_mask.npy");
  CHECK(images[1]["map"] == "000001.npy");
  CHECK(images[2]["mask"] == nlohmann::json{"m.png", "n.png"});
  const std::string bytes = read_file(folder / "dump" / "000001_mask.npy", 4096);
  CHECK(bytes.find("'descr': '|u1'") != std::string::npos);
  CHECK(bytes.find("(2, 2)") != std::string::npos);
  CHECK(bytes.substr(bytes.size() - 4) == std::string("\0\1\1\0", 4));
}
