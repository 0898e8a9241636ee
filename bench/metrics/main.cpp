// Times the metrics of one class on synthetic maps, or writes cases for bench/peers/verify_metrics.py.
#include <CLI/CLI.hpp>
#include <chrono>
#include <ctime>
#include <fmt/core.h>
#include <functional>
#include <sys/resource.h>

#include "bench/metrics/cases.h"
#include "bench/metrics/synthetic.h"
#include "core/error.h"
#include "eval/class_metrics.h"

namespace {

using namespace mdd;

struct Options {
  std::uint64_t images = 100, seed = 1, memory_mib = 1024;
  std::int64_t side = 256;
  std::string folder, cases;
};

/// Two clocks: on a machine that others use too, the processor's tells more.
struct Stopwatch {
  double wall = 0.0, processor = 0.0;  ///< seconds

  void time(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t begin = std::clock();
    work();
    processor += static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    wall += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  [[nodiscard]] std::string text() const { return fmt::format("{:.3f} s ({:.3f} s of processor)", wall, processor); }
};

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

std::string text_of(const std::optional<double>& value) { return value ? fmt::format("{:.17g}", *value) : "undefined"; }

void measure(const Options& o) {
  eval::ClassMetrics metrics(o.side, o.side, {o.memory_mib << 20, o.folder});
  Stopwatch adding, exact, coarse;
  for (std::uint64_t i = 0; i < o.images; ++i) {
    const metrics_bench::SyntheticImage image = metrics_bench::synthetic_image(o.seed, i, o.side);
    adding.time([&] { metrics.add({image.map[0], image.defective, 0, 0, image.map, image.mask}); });
  }
  eval::MetricRow row;
  exact.time([&] { row = metrics.row(); });
  eval::AderRow ader;
  coarse.time([&] { ader = metrics.ader_row(); });
  const Stopwatch both{adding.wall + exact.wall, adding.processor + exact.processor};
  fmt::print("{} images of {} x {}, at most {} MiB of pixels in memory\n", o.images, o.side, o.side, o.memory_mib);
  fmt::print("taking in      {}\nexact metrics  {}\ntogether       {}\nADer variants  {} more\n", adding.text(),
             exact.text(), both.text(), coarse.text());
  fmt::print("peak memory of the process {:.0f} MiB\n", peak_mib());
  fmt::print("image AUROC {}, AP {}, F1 {}\n", text_of(row.image_auroc), text_of(row.image_ap),
             text_of(row.image_f1max));
  fmt::print("pixel AUROC {}, AP {}, F1 {}\n", text_of(row.pixel_auroc), text_of(row.pixel_ap),
             text_of(row.pixel_f1max));
  fmt::print("AUPRO {}, ADer AUPRO {}, ADer F1 {}\n", text_of(row.aupro), text_of(ader.aupro),
             text_of(ader.pixel_f1max));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times the metrics of one class on synthetic maps, on one core.");
  Options o;
  app.add_option("--images", o.images)->capture_default_str();
  app.add_option("--size", o.side, "side of a map, in pixels")->capture_default_str()->check(CLI::Range(1, 1 << 14));
  app.add_option("--seed", o.seed)->capture_default_str();
  app.add_option("--memory", o.memory_mib, "MiB of pixels in memory; the rest is spooled")
      ->capture_default_str()
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--spool", o.folder, "folder of the temporary file (default: the system's)");
  app.add_option("--write-cases", o.cases, "write cases for bench/peers/verify_metrics.py into this folder instead");
  CLI11_PARSE(app, argc, argv);
  try {
    if (o.cases.empty()) {
      measure(o);
    } else {
      metrics_bench::write_cases(o.cases, o.seed);
    }
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return exit_code(error.kind());
  }
}
