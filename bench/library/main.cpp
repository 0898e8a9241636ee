// library_bench MODEL [REPETITIONS] [SIDE]: how long a model takes to open, and how long one image takes through the C
// interface and through the classes behind it, in turn, each on a model of its own opened from the same file.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fmt/core.h>
#include <functional>
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

  // The same code three times, each with a model of its own: two inspectors, each with a backend, so with scratch
  // memory, of its own, and the interface. They take turns, and each is as often first as last: what runs later finds
  // warmer caches.
  const auto backend = mdd::make_cpu_backend(), control_backend = mdd::make_cpu_backend();
  mdd::Inspector inspector(*backend, path), control(*control_backend, path);
  const std::array<std::function<void()>, 3> judges{[&] { static_cast<void>(inspector.judge(std::span(&picture, 1))); },
                                                    [&] { static_cast<void>(control.judge(std::span(&picture, 1))); },
                                                    [&] { model.predict(image)[0]; }};
  std::array<std::vector<double>, 3> times;
  constexpr int kWarmUps = 2;  // they pack filters and let memory grow
  for (int i = 0; i < repetitions + kWarmUps; ++i) {
    for (std::size_t k = 0; k < judges.size(); ++k) {
      const std::size_t who = (k + static_cast<std::size_t>(i)) % judges.size();
      const double time = milliseconds(judges[who]);
      if (i >= kWarmUps) times[who].push_back(time);
    }
  }
  const double direct = median(times[0]);
  fmt::print(
      "one image, median of {}: inspector {:.3f} ms, another {:.3f} ms ({:.4f}), C interface {:.3f} ms ({:.4f})\n",
      repetitions, direct, median(times[1]), median(times[1]) / direct, median(times[2]), median(times[2]) / direct);
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
