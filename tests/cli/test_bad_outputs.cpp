// Disks that are full and places that cannot be written: exit code 1, and what was there before stays.
#include <doctest/doctest.h>

#include "cli/fixtures.h"

using namespace mdd::test;

namespace {

bool has_temporary_files(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".tmp") return true;
  }
  return false;
}

/// A file where a folder is wanted.
fs::path obstacle() {
  fs::path path = fresh_path("obstacle");
  write_bytes(path, "in the way");
  return path;
}

const fs::path& image() {
  static const fs::path path = small_data_set() / "metal" / "test" / "good" / "000.png";
  return path;
}

}  // namespace

TEST_CASE("a disk that fills up while a checkpoint is written leaves the earlier one, and the run goes on later") {
  const fs::path run = fresh_path("run"), straight = fresh_path("straight");
  const Options options{{"--epochs", "2"}};
  CHECK_SUCCEEDED(train(small_data_set(), run, {{"--epochs", "2"}, {"--max-steps", "2"}}));
  const Snapshot before = snapshot(run);
  const std::uint64_t state_bytes = fs::file_size(run / "training_state.safetensors");
  Launch full;
  full.file_limit = state_bytes / 2;
  CHECK_REFUSED(train(small_data_set(), run, {{"--epochs", "2"}, {"--resume", ""}}, full), 1,
                "training_state.safetensors");
  CHECK_FALSE(has_temporary_files(run));
  Snapshot after = snapshot(run);
  after["log.jsonl"] = before.at("log.jsonl");  // the steps were done and logged
  CHECK(changes(before, after) == "");

  CHECK_SUCCEEDED(train(small_data_set(), run, {{"--epochs", "2"}, {"--resume", ""}}));
  CHECK_SUCCEEDED(train(small_data_set(), straight, options));
  for (const char* file : {"model.safetensors", "training_state.safetensors", "thresholds.json"}) {
    CAPTURE(file);
    CHECK((read_bytes(run / file) == read_bytes(straight / file)));
  }
}

TEST_CASE("a disk that is full from the beginning") {
  Launch full;
  full.file_limit = 100;
  const fs::path run = fresh_path("run");
  CHECK_REFUSED(train(small_data_set(), run, {}, full), 1, "config.json");
  CHECK(snapshot(run).empty());

  const fs::path json = fresh_path("metrics.json");
  write_bytes(json, "earlier");
  CHECK_REFUSED(mddnet({"eval", "--model", trained_run().string(), "--data", small_data_set().string(), "--quiet",
                        "--json", json.string()},
                       full),
                1, "metrics.json");
  CHECK(read_bytes(json) == "earlier");
  CHECK_REFUSED(mddnet({"predict", "--model", trained_run().string(), image().string(), "--json", json.string()}, full),
                1, "metrics.json");
  CHECK(read_bytes(json) == "earlier");

  const fs::path out = fresh_path("out.safetensors");
  CHECK_REFUSED(
      mddnet({"weights", "convert", (trained_run() / "model.safetensors").string(), "--out", out.string()}, full), 1,
      "out.safetensors");
  CHECK_FALSE(fs::exists(out));
  write_bytes(out, "earlier");
  CHECK_REFUSED(mddnet({"export", "--model", trained_run().string(), "--out", out.string()}, full), 1,
                "out.safetensors");
  CHECK(read_bytes(out) == "earlier");
  const fs::path made = fresh_path("made");
  CHECK_REFUSED(
      mddnet({"synth", "--out", made.string(), "--classes", "1", "--size", "64", "--train", "1", "--quiet"}, full), 1,
      "cannot write");
  CHECK_FALSE(has_temporary_files(made));
}

TEST_CASE("a disk that fills up under maps, reports and overlays leaves what was there, and nothing by half") {
  struct Output {
    Words command;
    const char* file;  ///< one that cannot be finished
  };
  const std::string run = trained_run().string(), data = small_data_set().string();
  const Words eval{"eval", "--model", run, "--data", data, "--quiet"};
  const fs::path dump = fresh_path("dump"), report = fresh_path("report"), overlays = fresh_path("overlays");
  const auto with = [](Words words, const char* option, const fs::path& place) {
    words.insert(words.end(), {option, place.string()});
    return words;
  };
  const Words predict{"predict", "--model", run, image().string()};
  for (const Output& output :
       {Output{with(eval, "--dump", dump), ".npy"}, Output{with(eval, "--report", report), "index.html"},
        Output{with(predict, "--out", overlays), ".png"}}) {
    CAPTURE(output.file);
    const fs::path folder = output.command.back();
    Launch full;
    full.file_limit = 1500;
    CHECK_REFUSED(mddnet(output.command, full), 1, output.file);
    const Snapshot halves = fs::exists(folder) ? snapshot(folder) : Snapshot{};
    CHECK_SUCCEEDED(mddnet(output.command));
    const Snapshot before = snapshot(folder);
    for (const auto& [name, bytes] : halves) CHECK_MESSAGE(bytes == before.at(name), name);
    CHECK_REFUSED(mddnet(output.command, full), 1, output.file);
    CHECK(changes(before, snapshot(folder)) == "");
  }
}

TEST_CASE("a full disk behind standard output is no success") {
  Launch full;
  full.standard_output = "/dev/full";
  CHECK_REFUSED(mddnet({"info"}, full), 1, "standard output");
  CHECK_REFUSED(mddnet({"--help"}, full), 1, "standard output");
  CHECK_REFUSED(mddnet({"predict", "--model", trained_run().string(), image().string()}, full), 1, "standard output");
}

TEST_CASE("places that cannot be written") {
  const std::string run = trained_run().string(), data = small_data_set().string();
  for (const fs::path& place : {obstacle(), fs::path("/proc/nowhere")}) {
    CAPTURE(place.string());
    const std::string inside = (place / "result").string();
    CHECK_REFUSED(train(small_data_set(), place), 1, place.string());
    CHECK_REFUSED(train(small_data_set(), inside), 1, place.string());
    for (const char* option : {"--json", "--dump", "--panels", "--report"}) {
      const Outcome refused = evaluate(run, data, {option, inside});
      CHECK_REFUSED(refused, 1, inside);
      CHECK(refused.err.find("test images") == std::string::npos);  // before anything was scored
    }
    CHECK_REFUSED(predict(run, image(), {"--json", inside}), 1, inside);
    CHECK_REFUSED(predict(run, image(), {"--out", inside}), 1, inside);
    CHECK_REFUSED(mddnet({"synth", "--out", inside, "--quiet"}), 1, inside);
    CHECK_REFUSED(mddnet({"weights", "convert", run + "/model.safetensors", "--out", inside}), 1, inside);
  }
  const fs::path folder = fresh_path("folder");
  fs::create_directories(folder);
  CHECK_REFUSED(predict(run, image(), {"--json", folder.string()}), 1, folder.string());
  CHECK(fs::is_empty(folder));
}

TEST_CASE("synth replaces only what it made itself") {
  const fs::path folder = fresh_path("photos");
  write_bytes(folder / "holiday.png", "precious");
  const Snapshot before = snapshot(folder);
  CHECK_REFUSED(mddnet({"synth", "--out", folder.string(), "--quiet"}), 2, "expected an empty folder");
  CHECK(changes(before, snapshot(folder)) == "");
  const fs::path made = copy_of(small_data_set());
  CHECK_REFUSED(mddnet({"synth", "--out", made.string(), "--keep", "--quiet"}), 2, "generated earlier");
  CHECK(changes(snapshot(small_data_set()), snapshot(made)) == "");
}
