// The contract of inference/inspector.h about threads: one thread at a time uses an Inspector and its backend; several
// Inspectors, each on a backend of its own, work side by side. bench/trust/threads.sh looks at it under
// ThreadSanitizer.
#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <thread>

#include "core/atomic_file.h"
#include "data/resize.h"
#include "inference/inspector.h"
#include "model/tiny_problem.h"
#include "support/temporary_folder.h"

using namespace mdd;
using namespace mdd::test;

namespace {

constexpr std::size_t kThreads = 8, kRounds = 3;

std::vector<data::Image> pictures() {
  std::vector<data::Image> out;
  for (const std::int64_t side : {64, 40, 97}) {
    RandomStream random(19, 0, static_cast<std::uint32_t>(side), Purpose::kTest);
    data::Image tiles{4, 4, {}};
    for (int i = 0; i < 48; ++i) tiles.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
    out.push_back(data::resize_antialiased(tiles, side, side));
  }
  return out;
}

/// A run folder of an untrained model, with thresholds.
class RunOnDisk {
 public:
  RunOnDisk() {
    const auto backend = make_cpu_backend();
    RunConfig config;
    config.model = tiny();
    config.image_size = 64;
    config.weights = "random";
    config.class_names = {"a", "b", "c"};
    MddNet model(*backend, config.model, false);
    model.initialise(1);
    {
      StepArena arena(*backend);
      Tape tape(*backend, arena, false);
      model.encoder().calibrate(tape, random_images(*backend, 2, 64, 1).variable());
    }
    const RunPaths paths{folder_.path()};
    write_atomically(paths.config(), to_json(config));
    write_model(paths, model, config, 0);
    const eval::Calibration one = eval::make_calibration({0.5f, 1.0f}, false);
    write_thresholds(paths.thresholds(), {config.class_names, {one, one, one}});
  }
  [[nodiscard]] const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

bool same(const std::vector<Judgement>& a, const std::vector<Judgement>& b) {
  return std::ranges::equal(a, b, [](const Judgement& x, const Judgement& y) {
    return x.score == y.score && x.map == y.map && x.vote == y.vote && x.verdict == y.verdict &&
           x.regions.size() == y.regions.size();
  });
}

/// Runs `work` on eight threads; returns how many of them it gave true.
std::size_t on_eight_threads(const std::function<bool()>& work) {
  std::array<bool, kThreads> good{};
  std::vector<std::thread> threads;
  for (bool& one : good) threads.emplace_back([&work, &one] { one = work(); });
  for (std::thread& thread : threads) thread.join();
  return static_cast<std::size_t>(std::ranges::count(good, true));
}

}  // namespace

TEST_CASE("eight threads with an inspector each, from opening the run to the verdicts, agree to the last bit") {
  const RunOnDisk run;
  const std::vector<data::Image> images = pictures();
  const auto backend = make_cpu_backend();
  const std::vector<Judgement> expected = Inspector(*backend, run.path()).judge(images);
  CHECK(on_eight_threads([&] {
          const auto own = make_cpu_backend();
          Inspector inspector(*own, run.path());
          bool all = true;
          for (std::size_t round = 0; round < kRounds; ++round) all = same(inspector.judge(images), expected) && all;
          return all;
        }) == kThreads);
}

TEST_CASE("eight threads share an inspector if only one at a time uses it") {
  const RunOnDisk run;
  const std::vector<data::Image> images = pictures();
  const auto backend = make_cpu_backend();
  Inspector inspector(*backend, run.path());
  const std::vector<Judgement> expected = inspector.judge(images);
  std::mutex mutex;
  CHECK(on_eight_threads([&] {
          bool all = true;
          for (std::size_t round = 0; round < kRounds; ++round) {
            const std::lock_guard lock(mutex);
            all = same(inspector.judge(images), expected) && all;
          }
          return all;
        }) == kThreads);
}
