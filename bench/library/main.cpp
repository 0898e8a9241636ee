// library_bench MODEL [REPETITIONS] [SIDE]: how long a model takes to open, and how long one image takes through the C
// interface and through the classes behind it, in turn, each on a model of its own opened from the same file.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fmt/core.h>
#include <sys/resource.h>

#include "api/mddnet.hpp"
#include "cpu/cpu_backend.h"
#include "inference/inspector.h"

namespace {

using Clock = std::chrono::steady_clock;

template <class Body>
double milliseconds(const Body& body) {
  const Clock::time_point start = Clock::now();
  body();
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

long peak_megabytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

int run(const std::string& path, int repetitions, std::int64_t side) {
  std::vector<double> opening;
  for (int i = 0; i < 9; ++i) opening.push_back(milliseconds([&] { mddnet::Model model(path); }));
  fmt::print("open: {:.1f} ms first, median {:.1f}\n", opening[0], median(opening));

  mdd::data::Image picture{side, side, {}};
  for (std::int64_t i = 0; i < 3 * side * side; ++i) picture.pixels.push_back(static_cast<std::uint8_t>(i * i >> 7));
  const mddnet_image image = mddnet::image(picture.pixels.data(), side, side);
  mddnet::Model model(path);
  const double first = milliseconds([&] { model.predict(image); });
  fmt::print("first prediction: {:.1f} ms; peak {} MiB\n", first, peak_megabytes());

  const auto backend = mdd::make_cpu_backend();
  mdd::Inspector inspector(*backend, path);
  std::vector<double> direct, through;
  for (int i = 0; i < repetitions + 2; ++i) {
    const auto judge = [&] {
      direct.push_back(milliseconds([&] { static_cast<void>(inspector.judge(std::span(&picture, 1))); }));
    };
    // In turn, and each as often first as second: what runs second finds caches that the first has filled.
    if (i % 2 == 0) judge();
    through.push_back(milliseconds([&] { model.predict(image)[0]; }));
    if (i % 2 == 1) judge();
  }
  // The first two of each pack filters and let memory grow.
  direct.erase(direct.begin(), direct.begin() + 2);
  through.erase(through.begin(), through.begin() + 2);
  fmt::print("one image, median of {}: inspector {:.3f} ms, C interface {:.3f} ms, ratio {:.4f}\n", repetitions,
             median(direct), median(through), median(through) / median(direct));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: library_bench MODEL [REPETITIONS] [SIDE]\n", stderr);
    return 2;
  }
  try {
    return run(argv[1], argc > 2 ? std::atoi(argv[2]) : 100, argc > 3 ? std::atoll(argv[3]) : 256);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
