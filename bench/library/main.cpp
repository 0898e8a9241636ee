// library_bench MODEL [REPETITIONS] [SIDE]: how long a model takes to open, and how long one image takes through the C
// interface and through the classes behind it, in turn, each on models of its own opened from the same file.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fmt/core.h>
#include <memory>
#include <numeric>
#include <string>
#include <sys/resource.h>
#include <vector>

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

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

long peak_megabytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

mdd::data::Image picture_of(std::int64_t side) {
  mdd::data::Image out{side, side, {}};
  for (std::int64_t i = 0; i < 3 * side * side; ++i) out.pixels.push_back(static_cast<std::uint8_t>(i * i >> 7));
  return out;
}

/// A model behind one way in, which judges a picture and looks at the result.
class Judge {
 public:
  virtual ~Judge() = default;
  virtual void judge() = 0;
};

class Behind final : public Judge {
 public:
  Behind(const std::string& path, const mdd::data::Image& picture) : picture_(picture), inspector_(*backend_, path) {}
  void judge() override { static_cast<void>(inspector_.judge(std::span(&picture_, 1))); }

 private:
  const mdd::data::Image& picture_;
  std::unique_ptr<mdd::Backend> backend_ = mdd::make_cpu_backend();
  mdd::Inspector inspector_;
};

class Interface final : public Judge {
 public:
  Interface(const std::string& path, const mdd::data::Image& picture)
      : image_(mddnet::image(picture.pixels.data(), picture.width, picture.height)), model_(path) {}
  void judge() override { static_cast<void>(model_.predict(image_)[0]); }

 private:
  mddnet_image image_;
  mddnet::Model model_;
};

void time_opening(const std::string& path) {
  std::vector<double> opening;
  for (int i = 0; i < 9; ++i) opening.push_back(milliseconds([&] { mddnet::Model model(path); }));
  fmt::print("open: {:.1f} ms first, median {:.1f}\n", opening[0], median(opening));
}

/// "40.1 ms (39.9 to 40.3)": the mean of several models' times, the fastest and the slowest.
std::string text_of(const std::vector<double>& times) {
  const auto [least, most] = std::minmax_element(times.begin(), times.end());
  return fmt::format("{:.2f} ms ({:.2f} to {:.2f})", mean(times), *least, *most);
}

/// Four models each way, all of the same file. How fast a model is depends by some per cent on the memory that it got,
/// and that on when it was opened: they are opened in an order that favours neither way, and the four of one way show
/// how much is left of it. They take turns, and each is as often first as last: what runs later finds warmer caches.
void compare(const std::string& path, int repetitions, const mdd::data::Image& picture) {
  constexpr std::array kBehind{true, false, false, true, false, true, true, false};
  std::vector<std::unique_ptr<Judge>> judges;
  for (const bool behind : kBehind) {
    if (behind) {
      judges.push_back(std::make_unique<Behind>(path, picture));
    } else {
      judges.push_back(std::make_unique<Interface>(path, picture));
    }
    // The first packs filters, the second lets memory settle: so each has all of its memory before the next is opened.
    judges.back()->judge();
    judges.back()->judge();
  }
  std::array<std::vector<double>, kBehind.size()> times;
  for (int i = 0; i < repetitions; ++i) {
    for (std::size_t k = 0; k < judges.size(); ++k) {
      const std::size_t who = (k + static_cast<std::size_t>(i)) % judges.size();
      times[who].push_back(milliseconds([&] { judges[who]->judge(); }));
    }
  }
  std::vector<double> behind, interface;
  for (std::size_t k = 0; k < judges.size(); ++k) (kBehind[k] ? behind : interface).push_back(median(times[k]));
  fmt::print("one image, four models each, medians of {}: classes {}, C interface {}, ratio {:.4f}\n", repetitions,
             text_of(behind), text_of(interface), mean(interface) / mean(behind));
}

int run(const std::string& path, int repetitions, std::int64_t side) {
  time_opening(path);
  const mdd::data::Image picture = picture_of(side);
  {
    Interface interface(path, picture);
    const double first = milliseconds([&] { interface.judge(); });
    fmt::print("first prediction: {:.1f} ms; peak {} MiB\n", first, peak_megabytes());
  }
  compare(path, repetitions, picture);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: library_bench MODEL [REPETITIONS] [SIDE]\n", stderr);
    return 2;
  }
  try {
    return run(argv[1], argc > 2 ? std::atoi(argv[2]) : 60, argc > 3 ? std::atoll(argv[3]) : 256);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
