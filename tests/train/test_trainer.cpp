// Whole runs on a generated data set: what is in RUN/, resuming bit for bit, stopping, and runs that must not start.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "cpu/cpu_backend.h"
#include "data/split.h"
#include "generate/dataset.h"
#include "inference/scorer.h"
#include "model/state_dict.h"
#include "support/temporary_folder.h"
#include "train/checkpoint.h"
#include "train/refusal.h"
#include "train/trainer.h"
#include "weights/safetensors.h"

using namespace mdd;
using namespace mdd::test;
using Json = nlohmann::json;

namespace {

constexpr std::uint64_t kAnySize = std::uint64_t{1} << 32;

/// Two classes of pictures: 24 of the first, from which 5 are held out, 8 of the second, from which none is.
class Pictures {
 public:
  Pictures() {
    generate::generate_dataset(
        {.out = folder_ / "data", .classes = 2, .size = 64, .train = 24, .test_good = 1, .test_defect = 1, .seed = 5},
        nullptr);
    dataset = data::open_dataset(root(), {});
    std::size_t kept = 0;
    std::erase_if(dataset.train, [&](const data::Sample& s) { return s.class_index == 1 && ++kept > 8; });
  }
  [[nodiscard]] std::filesystem::path root() const { return folder_ / "data"; }
  data::Dataset dataset;

 private:
  TemporaryFolder folder_;
};

const Pictures& pictures() {
  static const Pictures shared;
  return shared;
}

TrainRequest request_for(const std::filesystem::path& folder) {
  TrainRequest request;
  request.folder = folder;
  RunConfig& c = request.config;
  c.model.encoder = "tiny_basic";
  c.model.classes = 2;
  c.model.slots = 3;
  c.image_size = 64;
  c.weights = "random";
  c.class_names = pictures().dataset.class_names;
  c.training.epochs = 2;
  c.training.batch = 8;  // 27 images: 3 steps an epoch
  c.training.seed = 7;
  return request;
}

std::int64_t run(const TrainRequest& request, const TrainObserver& observer = {}) {
  const auto backend = make_cpu_backend();
  return train(*backend, request, pictures().dataset, pictures().root(), observer);
}

std::vector<Json> log_of(const std::filesystem::path& folder) {
  std::vector<Json> out;
  const std::string text = read_file(folder / "log.jsonl", kAnySize);
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
    Json line = Json::parse(text.substr(at, text.find('\n', at) - at));
    for (const char* clock : {"images_per_second", "seconds"}) line.erase(clock);
    if (line.contains("event")) line.erase("mean_total");  // of the steps that this process ran
    out.push_back(line);
  }
  return out;
}

/// The same files, bit for bit; the log but for its clocks.
void check_same_run(const std::filesystem::path& a, const std::filesystem::path& b) {
  for (const char* name : {"model.safetensors", "training_state.safetensors", "thresholds.json", "config.json"}) {
    CAPTURE(name);
    CHECK((read_file(a / name, kAnySize) == read_file(b / name, kAnySize)));
  }
  CHECK(log_of(a) == log_of(b));
}

/// A straight run, made once.
const std::filesystem::path& straight_run() {
  static const TemporaryFolder folder;
  static const std::filesystem::path path = [] {
    const std::filesystem::path run_folder = folder / "run";
    CHECK(run(request_for(run_folder)) == 6);
    return run_folder;
  }();
  return path;
}

}  // namespace

TEST_CASE("a run leaves a whole folder") {
  const std::filesystem::path folder = straight_run();
  const RunConfig config = read_config(folder / "config.json");
  CHECK(first_difference(config, request_for(folder).config).empty());
  const auto backend = make_cpu_backend();
  const TrainedRun opened = open_run(*backend, folder);
  CHECK(opened.model->trained().find("memory.prototypes")->shape == Shape{2, 3, 64});

  const std::vector<Json> log = log_of(folder);
  REQUIRE(log.size() == 8);  // 2 x (3 steps, 1 epoch)
  CHECK(log[0]["step"] == 1);
  CHECK(log[3]["event"] == "epoch");
  CHECK(log[6]["step"] == 6);
  CHECK(log[6]["epoch"] == 2);
  CHECK(log[0]["learning_rate"] == 0.005);
  CHECK(log[6]["learning_rate"].get<double>() == doctest::Approx(0.0005));  // 80 % of 2 epochs is 1
  CHECK(log[6]["total"].get<double>() < log[0]["total"].get<double>());
}

TEST_CASE("thresholds: a tenth but at least 5 held out; a class below 20 is scored optimistically on what it has") {
  const Thresholds thresholds = read_thresholds(straight_run() / "thresholds.json", pictures().dataset.class_names);
  CHECK(data::split_training(pictures().dataset, 7).hold_out.size() == 5);
  CHECK(thresholds.calibrations[0].scores.size() == 5);
  CHECK_FALSE(thresholds.calibrations[0].optimistic);
  CHECK(thresholds.calibrations[1].scores.size() == 8);
  CHECK(thresholds.calibrations[1].optimistic);
  for (const eval::Calibration& c : thresholds.calibrations) {
    for (const float score : c.scores) CHECK(score > 0.0f);
  }
  // They are what the finished model says about exactly the held-out images.
  const auto backend = make_cpu_backend();
  const TrainedRun opened = open_run(*backend, straight_run());
  Scorer scorer(*opened.model, opened.config.map, 64);
  std::vector<std::filesystem::path> paths;
  for (const std::size_t i : data::split_training(pictures().dataset, 7).hold_out) {
    paths.push_back(pictures().dataset.train[i].path);
  }
  std::vector<float> scores;
  const auto keep = [&](std::size_t, const data::Image&, ScoredResult& result) { scores.push_back(result.score); };
  score_files(scorer, paths, {2, false}, {keep, nullptr});
  std::sort(scores.begin(), scores.end());
  REQUIRE(scores.size() == 5);
  for (std::size_t i = 0; i < 5; ++i)
    CHECK(scores[i] == doctest::Approx(thresholds.calibrations[0].scores[i]).epsilon(1e-4));
}

TEST_CASE("images in the backend's memory change nothing: all of them, some, resumed with none") {
  constexpr std::uint64_t kImage = 64 * 64 * 3;
  const TemporaryFolder folder;
  TrainRequest request = request_for(folder / "all");
  request.resident_bytes = 100 * kImage;
  CHECK(run(request) == 6);
  check_same_run(folder / "all", straight_run());
  request = request_for(folder / "some");
  request.resident_bytes = 5 * kImage;
  request.max_steps = 4;
  CHECK(run(request) == 4);
  request.max_steps = 0;
  request.resume = true;
  request.resident_bytes = 0;
  CHECK(run(request) == 6);
  check_same_run(folder / "some", straight_run());
}

TEST_CASE("an interrupted run continues to the last bit, from inside an epoch and from its end") {
  for (const std::int64_t first : {2, 3, 4}) {
    CAPTURE(first);
    const TemporaryFolder folder;
    TrainRequest request = request_for(folder / "run");
    request.max_steps = first;
    CHECK(run(request) == first);
    CHECK_FALSE(std::filesystem::exists(folder / "run/thresholds.json"));
    request.max_steps = 0;
    request.resume = true;
    request.loader_workers = 1;
    request.cache_bytes = 0;
    std::vector<std::string> messages;
    std::vector<std::int64_t> steps;
    TrainObserver observer;
    observer.on_message = [&](const std::string& text) { messages.push_back(text); };
    observer.on_step = [&](const StepRecord& record, std::int64_t total, std::int64_t epochs) {
      steps.push_back(record.step);
      CHECK(total == 6);
      CHECK(epochs == 2);
    };
    CHECK(run(request, observer) == 6);
    REQUIRE(!messages.empty());
    CHECK(messages[0] == "continuing after step " + std::to_string(first));
    CHECK(steps.front() == first + 1);
    CHECK(steps.back() == 6);
    check_same_run(folder / "run", straight_run());
  }
}

TEST_CASE("a stop writes a checkpoint and says how to go on") {
  const TemporaryFolder folder;
  TrainRequest request = request_for(folder / "run");
  std::atomic<bool> stop = false;
  request.stop = &stop;
  TrainObserver observer;
  observer.on_step = [&](const StepRecord& record, std::int64_t, std::int64_t) { stop = record.step == 4; };
  check_refused(ErrorKind::kInterrupted, {"step 4", "--resume"}, [&] { static_cast<void>(run(request, observer)); });
  stop = false;
  request.resume = true;
  CHECK(run(request) == 6);
  check_same_run(folder / "run", straight_run());
}

TEST_CASE("half a checkpoint is refused, and the missing half named") {
  const TemporaryFolder folder;
  TrainRequest request = request_for(folder / "run");
  request.max_steps = 1;
  static_cast<void>(run(request));
  request.resume = true;
  std::filesystem::rename(folder / "run/model.safetensors", folder / "model");
  check_refused(ErrorKind::kData, {"model.safetensors"}, [&] { static_cast<void>(run(request)); });
  std::filesystem::rename(folder / "model", folder / "run/model.safetensors");
  std::filesystem::remove(folder / "run/training_state.safetensors");
  check_refused(ErrorKind::kUsage, {"--resume", "no training_state.safetensors"},
                [&] { static_cast<void>(run(request)); });
}

TEST_CASE("a checkpoint that a kill left half in its place is completed, and what was not whole is removed") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "run";
  TrainRequest request = request_for(path);
  request.max_steps = 1;
  static_cast<void>(run(request));
  // As after a kill between the two renames of the first checkpoint.
  std::filesystem::create_directory(path / ".checkpoint");
  std::filesystem::rename(path / "training_state.safetensors", path / ".checkpoint/training_state.safetensors");
  for (const char* name : {"log.jsonl.99-3.tmp", ".checkpoint/model.safetensors.99-4.tmp", "notes.tmp"}) {
    write_atomically(path / name, "half a fi");
  }
  std::int64_t first_step = 0;
  TrainObserver observer;
  observer.on_step = [&](const StepRecord& record, std::int64_t, std::int64_t) {
    if (first_step == 0) first_step = record.step;
  };
  request.resume = true;
  request.max_steps = 0;
  CHECK(run(request, observer) == 6);
  CHECK(first_step == 2);
  check_same_run(path, straight_run());
  CHECK_FALSE(std::filesystem::exists(path / "log.jsonl.99-3.tmp"));
  CHECK_FALSE(std::filesystem::exists(path / ".checkpoint"));
  CHECK(std::filesystem::exists(path / "notes.tmp"));  // not ours
}

TEST_CASE("a checkpoint that was killed before its model took its place is dropped") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "run";
  TrainRequest request = request_for(path);
  request.max_steps = 1;
  static_cast<void>(run(request));
  std::filesystem::create_directory(path / ".checkpoint");
  for (const char* name : {"model.safetensors", "training_state.safetensors"}) {
    write_atomically(path / ".checkpoint" / name, "of a later step");
  }
  request.resume = true;
  request.max_steps = 0;
  CHECK(run(request) == 6);
  check_same_run(path, straight_run());
}

TEST_CASE("a finished run resumes to itself; with nothing to resume it starts") {
  const TemporaryFolder folder;
  TrainRequest request = request_for(folder / "run");
  request.resume = true;
  CHECK(run(request) == 6);
  check_same_run(folder / "run", straight_run());
  std::filesystem::remove(folder / "run/thresholds.json");
  CHECK(run(request) == 6);
  check_same_run(folder / "run", straight_run());
}

TEST_CASE("a resume under other options or on other data is refused") {
  const TemporaryFolder folder;
  TrainRequest request = request_for(folder / "run");
  request.max_steps = 1;
  static_cast<void>(run(request));
  const std::string state = read_file(folder / "run/training_state.safetensors", kAnySize);
  SUBCASE("without --resume") {
    check_refused(ErrorKind::kUsage, {"a new folder", "--resume"}, [&] { static_cast<void>(run(request)); });
  }
  SUBCASE("other options") {
    request.resume = true;
    request.config.training.learning_rate = 0.004;
    check_refused(ErrorKind::kUsage, {"--resume", "training.learning_rate", "0.005", "0.004"},
                  [&] { static_cast<void>(run(request)); });
  }
  SUBCASE("other data") {
    request.resume = true;
    data::Dataset fewer = pictures().dataset;
    fewer.train.pop_back();
    const auto backend = make_cpu_backend();
    check_refused(ErrorKind::kUsage, {"--resume", "other data", "training_state.safetensors"},
                  [&] { static_cast<void>(train(*backend, request, fewer, pictures().root(), {})); });
  }
  CHECK((read_file(folder / "run/training_state.safetensors", kAnySize) == state));
}

TEST_CASE("ten steps without a finite loss end the run; nothing of them is kept") {
  // An encoder whose features overflow: every value in the file is finite, no loss is.
  const TemporaryFolder folder;
  const auto backend = make_cpu_backend();
  TrainRequest request = request_for(folder / "run");
  request.config.training.epochs = 20;
  MddNet model(*backend, request.config.model, false);
  model.initialise(7);
  auto tensors = export_tensors(model.frozen(), 0);
  std::vector<weights::NamedTensor> named;
  for (auto& [name, tensor] : tensors) {
    if (name == "encoder.bn1.weight") {
      for (float& value : tensor.span<float>()) value = 3e38f;
    }
    named.push_back({name, tensor.view()});
  }
  weights::write_safetensors(folder / "broken.safetensors", named, {});
  request.config.weights = folder / "broken.safetensors";
  std::vector<std::int64_t> skipped;
  TrainObserver observer;
  observer.on_step = [&](const StepRecord& record, std::int64_t, std::int64_t) {
    skipped.push_back(record.report.skipped_in_a_row);
  };
  check_refused(ErrorKind::kRuntime, {"not finite", "10 steps in a row", "step 10", "checkpoint is kept"},
                [&] { static_cast<void>(run(request, observer)); });
  CHECK(skipped == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9});

  TrainRequest short_run = request;
  short_run.folder = folder / "short";
  short_run.max_steps = 2;
  check_refused(ErrorKind::kRuntime, {"not finite in every step of the run (2)"},
                [&] { static_cast<void>(run(short_run)); });
  CHECK_FALSE(std::filesystem::exists(short_run.folder / "model.safetensors"));
  // The checkpoint of step 9 holds the initial model, its running statistics untouched.
  const auto state = weights::open_archive(folder / "run/training_state.safetensors");
  CHECK(state->metadata().at("step") == "9");
  int compared = 0;
  for (const Parameter& p : model.trained().parameters()) {
    CAPTURE(p.name);
    CHECK((state->read(p.name).bytes == model.trained().to_file_order(p, p.view.value).bytes));
    ++compared;
  }
  CHECK(compared > 50);
}

TEST_CASE("a run that cannot start says why and leaves nothing") {
  const TemporaryFolder folder;
  TrainRequest request = request_for(folder / "run");
  SUBCASE("weights that are not there") {
    request.config.weights = folder / "missing.pth";
    check_refused(ErrorKind::kData, {"missing.pth"}, [&] { static_cast<void>(run(request)); });
    CHECK_FALSE(std::filesystem::exists(folder / "run/config.json"));
  }
  SUBCASE("weights of another encoder") {
    const auto backend = make_cpu_backend();
    ModelOptions other = request.config.model;
    other.encoder = "tiny_bottleneck";
    MddNet model(*backend, other, false);
    auto tensors = export_tensors(model.frozen(), 0);
    std::vector<weights::NamedTensor> named;
    for (auto& [name, tensor] : tensors) named.push_back({name, tensor.view()});
    weights::write_safetensors(folder / "other.safetensors", named, {});
    request.config.weights = folder / "other.safetensors";
    check_refused(ErrorKind::kData, {"other.safetensors", "tensor encoder.layer"},
                  [&] { static_cast<void>(run(request)); });
  }
  SUBCASE("an option out of range") {
    request.config.training.batch = 0;
    check_refused(ErrorKind::kUsage, {"--batch"}, [&] { static_cast<void>(run(request)); });
    CHECK_FALSE(std::filesystem::exists(folder / "run"));
  }
  SUBCASE("a folder that cannot be made") {
    write_atomically(folder / "file", "in the way");
    request.folder = folder / "file" / "run";
    check_refused(ErrorKind::kRuntime, {"cannot create"}, [&] { static_cast<void>(run(request)); });
  }
  SUBCASE("an image that went away") {
    data::Dataset broken = pictures().dataset;
    broken.train[0].path = folder / "gone.png";
    request.config.weights = "random";
    const auto backend = make_cpu_backend();
    check_refused(ErrorKind::kData, {"gone.png"},
                  [&] { static_cast<void>(train(*backend, request, broken, pictures().root(), {})); });
  }
}

TEST_CASE("open_run refuses a folder whose parts do not belong together") {
  const auto backend = make_cpu_backend();
  const TemporaryFolder folder;
  const auto copy = folder / "copy";
  std::filesystem::copy(straight_run(), copy);
  const auto refused = [&](std::initializer_list<std::string> texts) {
    check_refused(ErrorKind::kData, texts, [&] { static_cast<void>(open_run(*backend, copy)); });
  };
  CHECK_NOTHROW(static_cast<void>(open_run(*backend, copy)));
  RunConfig config = read_config(copy / "config.json");
  const auto rewrite = [&](const std::function<void(RunConfig&)>& change) {
    RunConfig changed = config;
    change(changed);
    write_atomically(copy / "config.json", to_json(changed));
  };
  rewrite([](RunConfig& c) { c.model.encoder = "tiny_bottleneck"; });
  refused({"model.safetensors", "encoder of the checkpoint", "tiny_bottleneck", "tiny_basic"});
  rewrite([](RunConfig& c) { c.class_names[1] = "other"; });
  refused({"class_names of the checkpoint", "other"});
  rewrite([](RunConfig& c) { c.model.slots = 4; });
  refused({"memory.prototypes"});
  rewrite([](RunConfig& c) { c.model.slots = 100000; });  // refused before such a memory is allocated
  refused({"memory.prototypes", "[2, 100000, 64]", "[2, 3, 64]"});
  rewrite([](RunConfig&) {});
  std::filesystem::remove(copy / "model.safetensors");
  refused({"model.safetensors"});
  std::filesystem::remove(copy / "config.json");
  refused({"config.json"});
  std::filesystem::remove_all(copy);
  refused({"copy", "no such file or folder"});
}
