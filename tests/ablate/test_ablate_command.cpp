// `mddnet ablate` end to end: the numbers of train and eval, nothing done twice, bad input.
#include <csignal>
#include <doctest/doctest.h>

#include "cli/fixtures.h"

using namespace mdd::test;

namespace {

Words ablate_command(const fs::path& out, const Words& more, const Words& length = {"--epochs", "1"}) {
  Words words{"ablate", "--data", small_data_set().string(), "--out", out.string(), "--encoder", "tiny_basic"};
  for (const char* word : {"--weights", "random", "--size", "64", "--batch", "4"}) words.emplace_back(word);
  words.insert(words.end(), length.begin(), length.end());
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Outcome ablate(const fs::path& out, const Words& more = {}) { return mddnet(ablate_command(out, more)); }

/// Three variants, two seeds: two models of each that trains, two steps each. Made once; not to be changed.
const Words kVariants{"--seeds", "0,3", "--variants", "map-ri", "--variant", "soft=--temperature 0.5 --slots 3"};
const fs::path& finished() {
  static const fs::path path = [] {
    fs::path out = fresh_path("ablation");
    const Outcome outcome = ablate(out, kVariants);
    CHECK_SUCCEEDED(outcome);
    CHECK(outcome.out.find("variant  seeds") == 0);
    CHECK(outcome.out.find("minus full") != std::string::npos);
    CHECK(outcome.err.find("[6/6] soft, seed 3: scoring") != std::string::npos);
    return out;
  }();
  return path;
}

/// What `train` and `eval` make of the same switches.
Json metrics_of_train_and_eval(const Options& options) {
  const fs::path run = fresh_path("run"), json = fresh_path("metrics.json");
  CHECK_SUCCEEDED(train(small_data_set(), run, options));
  CHECK_SUCCEEDED(evaluate(run, small_data_set(), {"--json", json.string(), "--quiet"}));
  return read_json(json);
}

bool says(const Outcome& outcome, const std::string& text) { return outcome.err.find(text) != std::string::npos; }

}  // namespace

TEST_CASE("the numbers are those of train and eval") {
  CHECK(read_json(finished() / "full" / "seed-3" / "metrics.json") == metrics_of_train_and_eval({{"--seed", "3"}}));
  CHECK(read_json(finished() / "soft" / "seed-0" / "metrics.json") ==
        metrics_of_train_and_eval({{"--seed", "0"}, {"--temperature", "0.5"}, {"--slots", "3"}}));
  CHECK(read_json(finished() / "map-ri" / "seed-0" / "metrics.json") ==
        metrics_of_train_and_eval({{"--seed", "0"}, {"--map-fusion", "ri"}}));
  CHECK(fs::exists(finished() / "soft" / "seed-3" / "thresholds.json"));
  CHECK_FALSE(fs::exists(finished() / "map-ri" / "seed-3" / "model.safetensors"));  // scored the base's model
}

TEST_CASE("the reports") {
  const Json json = read_json(finished() / "ablation.json");
  CHECK(json["seeds"] == Json{0, 3});
  CHECK(json["command"].get<std::string>().find("'soft=--temperature 0.5 --slots 3'") != std::string::npos);
  CHECK(json["program"].get<std::string>().find("mddnet ") == 0);
  CHECK(json["machine"].get<std::string>().size() > 3);
  CHECK(json["variants"].size() == 3);
  const Json &full = json["variants"][0], &map = json["variants"][1], &soft = json["variants"][2];
  CHECK(map["trains"] == false);
  CHECK(map["runs"][1]["model"] == "full/seed-3");
  CHECK(map["seconds"]["training"] == 0.0);
  CHECK(full["seconds"]["training"].get<double>() > 0.0);
  CHECK(soft["config"]["model"]["slots"] == 3);
  CHECK(soft["runs"][1]["metrics"] == read_json(finished() / "soft" / "seed-3" / "metrics.json"));
  const auto value = [](const Json& variant, int run) {
    return variant["runs"][run]["metrics"]["mean"]["pixel_auroc"].get<double>();
  };
  const double difference = (value(soft, 0) - value(full, 0) + value(soft, 1) - value(full, 1)) / 2;
  CHECK(soft["difference"]["pixel_auroc"]["mean"].get<double>() == doctest::Approx(difference));
  CHECK(soft["classes"]["fabric"]["pixel_ap"]["seeds"] == 2);
  CHECK(read_bytes(finished() / "ablation.md").find("| minus full |") != std::string::npos);
}

TEST_CASE("a repeated command does nothing again; what is missing is made, what changed is scored again") {
  const fs::path out = copy_of(finished());
  fs::remove_all(out / "soft" / "seed-0");
  fs::remove(out / "full" / "seed-3" / "thresholds.json");  // as if it had been broken off before its end
  const std::string model = read_bytes(out / "full" / "seed-3" / "model.safetensors");
  const Outcome again = ablate(out, kVariants);
  CHECK_SUCCEEDED(again);
  for (const char* text : {"full, seed 0: done before", "map-ri, seed 3: done before", "soft, seed 3: done before",
                           "full, seed 3: training", "continuing after step 2", "soft, seed 0: training"}) {
    CAPTURE(text);
    CHECK(says(again, text));
  }
  CHECK_FALSE(says(again, "full, seed 0: training"));
  CHECK((read_bytes(out / "full" / "seed-3" / "model.safetensors") == model));
  const Json before = read_json(finished() / "ablation.json"), after = read_json(out / "ablation.json");
  for (std::size_t i = 0; i < 3; ++i) CHECK(before["variants"][i]["summary"] == after["variants"][i]["summary"]);

  // The same folder, another selection: what was made is used; a name that now means something else is scored again.
  const Outcome other = ablate(out, {"--seeds", "3", "--variant", "map-own=--sigma 2"});
  CHECK_SUCCEEDED(other);
  CHECK(says(other, "full, seed 3: done before"));
  CHECK_SUCCEEDED(ablate(out, {"--seeds", "3", "--variant", "map-own=--sigma 1", "--quiet"}));
  CHECK(read_json(out / "map-own" / "seed-3" / "scored.json")["config"]["map"]["sigma"] == 1.0);
}

TEST_CASE("broken off by a signal, then repeated") {
  const fs::path out = fresh_path("ablation");
  const Words command = ablate_command(out, {"--seeds", "1", "--variants", "plain"}, {"--epochs", "100000"});
  Program program(command);
  REQUIRE(program.wait_for_error_text("epoch 1/100000"));
  program.send(SIGINT);
  CHECK_REFUSED(program.wait(), 130, "interrupted at full, seed 1; repeat the command");
  CHECK(fs::exists(out / "full" / "seed-1" / "training_state.safetensors"));
  Program again(command);
  REQUIRE(again.wait_for_error_text("continuing after step"));
  again.send(SIGTERM);
  CHECK(again.wait().code == 130);
}

TEST_CASE("a folder with other runs is refused before anything is trained") {
  const fs::path out = copy_of(finished());
  const Snapshot before = snapshot(out);
  CHECK_REFUSED(ablate(out, {"--seeds", "0", "--base", "--lr 0.001"}), 2, "training.learning_rate");
  CHECK_REFUSED(ablate(out, {"--seeds", "0", "--variant", "soft=--slots 4"}), 2, "model.slots");
  CHECK_REFUSED(ablate(out, {"--seeds", "0", "--classes", "metal"}), 2, "class_names");
  CHECK(changes(before, snapshot(out)) == "");
}

TEST_CASE("a run that fails leaves a gap and exit code 1, the others go on") {
  const fs::path out = copy_of(finished());
  write_bytes(out / "plain", "a file where a folder should be");
  const Outcome outcome = ablate(out, {"--seeds", "0", "--variants", "plain,map-ri"});
  CHECK_REFUSED(outcome, 1, "1 run failed; the first, plain/seed-0: cannot ");
  CHECK(says(outcome, "map-ri, seed 0: done before"));
  CHECK(outcome.out.find("\nplain        0") != std::string::npos);
  CHECK(read_json(out / "ablation.json")["variants"][1]["runs"][0]["failure"].is_string());
}

TEST_CASE("--steps chooses the epochs, --list needs nothing") {
  const Outcome list = mddnet({"ablate", "--list"});
  CHECK_SUCCEEDED(list);
  CHECK(list.out.find("no-discrepancy") != std::string::npos);
  CHECK(list.out.find("--weight-discrepancy 0") != std::string::npos);
  const fs::path out = fresh_path("ablation");
  const Outcome outcome = mddnet(ablate_command(out, {"--seeds", "0", "--variant", "same="}, {"--steps", "5"}));
  CHECK_SUCCEEDED(outcome);
  CHECK(says(outcome, "--steps 5: 3 epochs"));
  CHECK_FALSE(says(outcome, "warning: full has so few epochs"));
  CHECK(read_json(out / "full" / "seed-0" / "config.json")["training"]["epochs"] == 3);
  CHECK(outcome.out.find("+0.0") != std::string::npos);  // the same switches score the same models
}

TEST_CASE("bad input is refused before anything is trained") {
  const fs::path out = fresh_path("ablation");
  CHECK_REFUSED(ablate(out, {"--variants", "no-such"}), 2, "no-memory, no-identity");
  CHECK_REFUSED(ablate(out, {"--suite", "no-such"}), 2, "paper, memory");
  CHECK_REFUSED(ablate(out, {"--suite", "paper", "--variants", "plain"}), 2, "--suite");
  CHECK_REFUSED(ablate(out, {"--variant", "x"}), 2, "NAME=");
  CHECK_REFUSED(ablate(out, {"--variant", "../x=--slots 3"}), 2, "NAME=");
  CHECK_REFUSED(ablate(out, {"--variant", "x=--slotz 3"}), 2, "variant x: ");
  CHECK_REFUSED(ablate(out, {"--variant", "x=--slots three"}), 2, "variant x: ");
  CHECK_REFUSED(ablate(out, {"--variant", "x=--slots 0"}), 2, "variant x: ");
  CHECK_REFUSED(ablate(out, {"--variant", "x=--fusion blend"}), 2, "variant x: --fusion: expected concat");
  CHECK_REFUSED(ablate(out, {"--variant", "x=--seed 3"}), 2, "variant x: ");
  CHECK_REFUSED(ablate(out, {"--variant", "x=stray"}), 2, "variant x: ");
  CHECK_REFUSED(ablate(out, {"--variant", "x=--help"}), 2, "variant x: ");
  CHECK_REFUSED(ablate(out, {"--base", "--decay-at 2"}), 2, "--decay-at");
  CHECK_REFUSED(ablate(out, {"--seeds", "1,1"}), 2, "--seeds: expected each seed once");
  CHECK_REFUSED(ablate(out, {"--seeds", "-1"}), 2, "--seeds");
  CHECK_REFUSED(ablate(out, {"--steps", "10"}), 2, "--steps");
  CHECK_REFUSED(mddnet({"ablate", "--out", out.string()}), 2, "--data is required");
  CHECK_FALSE(fs::exists(out));
}
