// An interrupted run goes on bit for bit, and nothing but its own continuation may touch it.
#include <csignal>
#include <doctest/doctest.h>
#include <thread>

#include "cli/fixtures.h"

using namespace mdd::test;

namespace {

/// Two epochs of 8 steps; so ten steps end in the second.
const Options kTwoEpochs{{"--epochs", "2"}};

Options with(Options options, const Options& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

/// Log lines without what depends on time. An epoch's mean covers the steps of one process, so it goes too.
std::vector<Json> timeless_log(const fs::path& run) {
  std::vector<Json> lines = read_json_lines(run / "log.jsonl");
  for (Json& line : lines) {
    for (const char* key : {"images_per_second", "seconds", "mean_total"}) line.erase(key);
  }
  return lines;
}

void check_equal_runs(const fs::path& a, const fs::path& b) {
  CHECK((read_bytes(a / "model.safetensors") == read_bytes(b / "model.safetensors")));
  CHECK((read_bytes(a / "training_state.safetensors") == read_bytes(b / "training_state.safetensors")));
  CHECK(timeless_log(a) == timeless_log(b));
}

/// A run of ten steps in one go.
const fs::path& straight_run() {
  static const fs::path path = [] {
    fs::path run = fresh_path("straight");
    CHECK_SUCCEEDED(train(data_set(), run, with(kTwoEpochs, {{"--max-steps", "10"}})));
    return run;
  }();
  return path;
}

/// The first five steps of the same run.
const fs::path& half_run() {
  static const fs::path path = [] {
    fs::path run = fresh_path("half");
    CHECK_SUCCEEDED(train(data_set(), run, with(kTwoEpochs, {{"--max-steps", "5"}})));
    return run;
  }();
  return path;
}

std::int64_t step_of(const fs::path& run) {
  const Json metadata = TensorFile::read(run / "training_state.safetensors").header["__metadata__"];
  return std::stoll(metadata["step"].get<std::string>());
}

/// So many epochs that no run of this file comes near the end, however slow the machine.
const Options kEndless{{"--epochs", "1000"}, {"--batch", "2"}};

/// Starts an endless run and sends `signal` after its first step; returns its folder.
fs::path interrupted_run(int signal) {
  const fs::path run = fresh_path("interrupted");
  Program program(train_command(data_set(), run, kEndless));
  CHECK(program.wait_for_error_text("epoch 1/1000"));
  program.send(signal);
  const Outcome outcome = program.wait();
  CHECK_REFUSED(outcome, 130, "interrupted after step " + std::to_string(step_of(run)));
  CHECK(outcome.err.find("--resume") != std::string::npos);
  return run;
}

void check_goes_on_like_an_uninterrupted_run(const fs::path& run) {
  const std::string target = std::to_string(step_of(run) + 3);
  CHECK_SUCCEEDED(train(data_set(), run, with(kEndless, {{"--max-steps", target}, {"--resume", ""}})));
  const fs::path straight = fresh_path("straight");
  CHECK_SUCCEEDED(train(data_set(), straight, with(kEndless, {{"--max-steps", target}})));
  check_equal_runs(run, straight);
}

}  // namespace

TEST_CASE("five steps and a resume are ten steps, bit for bit") {
  const fs::path run = copy_of(half_run());
  CHECK_SUCCEEDED(train(data_set(), run, with(kTwoEpochs, {{"--max-steps", "10"}, {"--resume", ""}})));
  CHECK(step_of(run) == 10);
  check_equal_runs(run, straight_run());
}

TEST_CASE("neither the number of workers nor a cache matters") {
  const fs::path run = copy_of(half_run());
  CHECK_SUCCEEDED(train(data_set(), run,
                        with(kTwoEpochs, {{"--max-steps", "10"},
                                          {"--resume", ""},
                                          {"--workers", "5"},
                                          {"--cache-mb", "0"},
                                          {"--device-cache-mb", "1"}})));
  check_equal_runs(run, straight_run());
}

TEST_CASE("the data may have moved") {
  const fs::path run = copy_of(half_run()), moved = copy_of(data_set());
  CHECK_SUCCEEDED(train(moved / "", run, with(kTwoEpochs, {{"--max-steps", "10"}, {"--resume", ""}})));
  check_equal_runs(run, straight_run());
}

TEST_CASE("a run that is resumed to its end equals one that never stopped, thresholds too") {
  const fs::path run = fresh_path("stopped");
  CHECK_SUCCEEDED(train(data_set(), run, {{"--batch", "8"}, {"--max-steps", "3"}}));
  CHECK_FALSE(fs::exists(run / "thresholds.json"));
  CHECK_SUCCEEDED(train(data_set(), run, {{"--batch", "8"}, {"--resume", ""}}));
  check_equal_runs(run, trained_run());
  CHECK(read_bytes(run / "thresholds.json") == read_bytes(trained_run() / "thresholds.json"));
}

TEST_CASE("a run without thresholds scores, but gives no verdict") {
  const Outcome outcome = predict(half_run(), data_set() / "metal" / "test" / "good" / "000.png");
  CHECK_SUCCEEDED(outcome);
  CHECK(outcome.out.find("\tunknown\t") != std::string::npos);
  CHECK(outcome.err.find("warning: ") != std::string::npos);
  CHECK(outcome.err.find("has no thresholds (training has not finished)") != std::string::npos);
}

TEST_CASE("SIGINT ends a run with a checkpoint and exit code 130") {
  check_goes_on_like_an_uninterrupted_run(interrupted_run(SIGINT));
}

TEST_CASE("so does SIGTERM") { check_goes_on_like_an_uninterrupted_run(interrupted_run(SIGTERM)); }

TEST_CASE("a second signal ends the run at once") {
  const fs::path run = fresh_path("impatient");
  Program program(train_command(data_set(), run, kEndless));
  CHECK(program.wait_for_error_text("encoder: random weights"));
  program.send(SIGSTOP);  // so that both are there before it goes on
  program.send(SIGINT);
  program.send(SIGTERM);
  program.send(SIGCONT);
  const Outcome outcome = program.wait();
  CHECK((outcome.code == 128 + SIGINT || outcome.code == 128 + SIGTERM));
  CHECK(outcome.err.find("interrupted after") == std::string::npos);
}

TEST_CASE("a killed run goes on from its last checkpoint, and its log has every step once") {
  const fs::path run = fresh_path("killed");
  Program program(train_command(data_set(), run, {{"--epochs", "1000"}, {"--batch", "16"}}));
  CHECK(program.wait_for_error_text("epoch 1/1000"));
  for (int i = 0; i < 300000 && !fs::exists(run / "training_state.safetensors"); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  program.send(SIGKILL);
  CHECK(program.wait().code == -SIGKILL);
  const std::int64_t target = step_of(run) + 3;
  CHECK_SUCCEEDED(
      train(data_set(), run,
            {{"--epochs", "1000"}, {"--batch", "16"}, {"--max-steps", std::to_string(target)}, {"--resume", ""}}));
  std::int64_t steps = 0;
  for (const Json& line : read_json_lines(run / "log.jsonl")) {
    if (!line.contains("event")) CHECK(line["step"] == ++steps);
  }
  CHECK(steps == target);
}

TEST_CASE("a resume under other options or on other data is refused and changes nothing") {
  const fs::path run = copy_of(half_run());
  const Snapshot before = snapshot(run);
  const auto resume = [&](const Options& options, const fs::path& data = data_set()) {
    Options all{{"--epochs", "2"}, {"--resume", ""}};
    for (const auto& option : options) {
      if (option.first == "--epochs") all.erase(all.begin());
      all.push_back(option);
    }
    return train(data, run, all);
  };
  CHECK_REFUSED(resume({{"--epochs", "3"}}), 2, "training.epochs: expected 2, found 3");
  CHECK_REFUSED(resume({{"--batch", "8"}}), 2, "training.batch: expected 4, found 8");
  CHECK_REFUSED(resume({{"--lr", "0.1"}}), 2, "training.learning_rate");
  CHECK_REFUSED(resume({{"--seed", "1"}}), 2, "training.seed");
  CHECK_REFUSED(resume({{"--encoder", "tiny_bottleneck"}}), 2, "encoder");
  CHECK_REFUSED(resume({{"--size", "96"}}), 2, "image_size");
  CHECK_REFUSED(resume({{"--fusion", "add"}}), 2, "model.fusion");
  CHECK_REFUSED(resume({{"--no-memory", ""}}), 2, "model.memory");
  CHECK_REFUSED(resume({{"--cosine", "pixel"}}), 2, "losses.cosine");
  CHECK_REFUSED(resume({{"--weight-class", "0"}}), 2, "losses.class");
  CHECK_REFUSED(resume({{"--p-normal", "0.5"}}), 2, "synthesis.p_normal");
  CHECK_REFUSED(resume({{"--map-fusion", "product"}}), 2, "map.fusion");
  CHECK_REFUSED(resume({{"--classes", "metal"}}), 2, "class_names");
  CHECK_REFUSED(resume({}, small_data_set()), 2, "other data");
  const fs::path renamed = copy_of(data_set());
  fs::rename(renamed / "metal" / "train" / "good" / "003.png", renamed / "metal" / "train" / "good" / "new.png");
  CHECK_REFUSED(resume({}, renamed), 2, "other data");
  CHECK(changes(before, snapshot(run)) == "");
}

TEST_CASE("--out with a run in it, without --resume, is refused and changes nothing") {
  const fs::path run = copy_of(half_run());
  const Snapshot before = snapshot(run);
  CHECK_REFUSED(train(data_set(), run, kTwoEpochs), 2, "--resume");
  CHECK(changes(before, snapshot(run)) == "");
  fs::remove(run / "training_state.safetensors");  // the model alone is a result too
  const Snapshot model_only = snapshot(run);
  CHECK_REFUSED(train(data_set(), run, kTwoEpochs), 2, "found a run");
  CHECK_REFUSED(train(data_set(), run, with(kTwoEpochs, {{"--resume", ""}})), 2, "no training_state.safetensors");
  CHECK(changes(model_only, snapshot(run)) == "");
}

TEST_CASE("--resume in an empty folder starts a run") {
  const fs::path run = fresh_path("new");
  CHECK_SUCCEEDED(train(small_data_set(), run, {{"--max-steps", "1"}, {"--resume", ""}}));
  CHECK(step_of(run) == 1);
}
