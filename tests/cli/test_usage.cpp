// What the command line refuses: exit code 2 and one line that names the option; 4 for a device that is not there.
#include <cstdlib>
#include <doctest/doctest.h>

#include "cli/fixtures.h"

using namespace mdd::test;

TEST_CASE("impossible values of train's options") {
  const fs::path run = fresh_path("run");
  const std::vector<std::array<std::string, 3>> cases{
      // option, value, what the complaint must say
      {"--encoder", "vgg16", "wide_resnet50_2"},
      {"--device", "gpu", "device (--device): expected auto, cpu, cuda or cuda:N, found 'gpu'"},
      {"--device", "cuda:", "device (--device): expected"},
      {"--device", "cuda:-1", "device (--device): expected"},
      {"--precision", "f8", "precision (--precision): expected f32, tf32, bf16 or f16, found 'f8'"},
      {"--precision", "f16", "precision (--precision): expected f32 or bf16 on the CPU, found 'f16'"},
      {"--size", "100", "100"},
      {"--size", "32", "32"},
      {"--size", "0", "0"},
      {"--size", "1000000", "1000000"},
      {"--size", "many", "--size"},
      {"--epochs", "0", "--epochs"},
      {"--epochs", "1.5", "--epochs"},
      {"--batch", "0", "--batch"},
      {"--batch", "-4", "--batch"},
      {"--lr", "-1", "--lr"},
      {"--lr", "0", "--lr"},
      {"--lr", "nan", "--lr"},
      {"--lr", "inf", "--lr"},
      {"--decay-at", "1.5", "--decay-at"},
      {"--decay-factor", "0", "--decay-factor"},
      {"--clip-norm", "-1", "--clip-norm"},
      {"--seed", "-1", "--seed: expected a whole number"},
      {"--seed", "18446744073709551616", "--seed: expected a whole number"},
      {"--max-steps", "-1", "--max-steps"},
      {"--workers", "0", "--workers"},
      {"--workers", "1000", "--workers"},
      {"--cache-mb", "-1", "--cache-mb"},
      {"--device-cache-mb", "-1", "--device-cache-mb"},
      {"--format", "coco", "--format: expected one of auto, mvtec"},
      {"--classes", "nosuch", "unknown class: expected one of fabric, metal, found \"nosuch\""},
      {"--slots", "0", "prototypes per class"},
      {"--slots", "1000000000000", "prototypes per class"},
      {"--temperature", "0", "temperature"},
      {"--temperature", "nan", "temperature"},
      {"--shrinkage", "1", "shrinkage"},
      {"--bottleneck-width", "100", "bottleneck width"},
      {"--fusion", "multiply", "--fusion: expected concat, replace or add, found 'multiply'"},
      {"--cosine", "round", "--cosine: expected flat or pixel, found 'round'"},
      {"--mask-reduction", "median", "--mask-reduction: expected average, nearest or max, found 'median'"},
      {"--discrepancy-reduction", "max", "--discrepancy-reduction: expected mean or sum, found 'max'"},
      {"--map-fusion", "max", "--map-fusion: expected sum, product, tr, ri or weighted, found 'max'"},
      {"--map-weight", "2", "--map-weight"},
      {"--sigma", "-1", "--sigma"},
      {"--sigma", "100", "--sigma"},
      {"--score", "mean", "--score: expected max or top1%, found 'mean'"},
      {"--weight-class", "-1", "--weight-class"},
      {"--weight-restoration", "nan", "--weight-restoration"},
      {"--p-normal", "1.5", "--p-normal"},
      {"--max-opacity", "-0.5", "--max-opacity"},
      {"--bogus", "", "--bogus"},
      {"surplus", "", "surplus"},
  };
  for (const auto& [option, value, says] : cases) {
    CAPTURE(option);
    CAPTURE(value);
    CHECK_REFUSED(train(small_data_set(), run, {{option, value}}), 2, says);
  }
  CHECK_FALSE(fs::exists(run));
}

TEST_CASE("a device that is not there") {
  CHECK_REFUSED(train(small_data_set(), fresh_path("run"), {{"--device", "cuda:99"}}), 4, "cuda:99");
  CHECK_REFUSED(train(small_data_set(), fresh_path("run"), {{"--device", "cuda:98"}}), 4, "cuda:98");
  CHECK_REFUSED(evaluate(trained_run(), small_data_set(), {"--device", "cuda:99"}), 4, "cuda:99");
  CHECK_REFUSED(mddnet({"selfcheck", "--device", "cuda:99"}), 4, "cuda:99");
}

TEST_CASE("the subcommand itself") {
  CHECK_REFUSED(mddnet({}), 2, "subcommand");
  CHECK_REFUSED(mddnet({"trian"}), 2, "'trian'");
  CHECK_REFUSED(mddnet({"--bogus"}), 2, "mddnet --help");
  CHECK_REFUSED(mddnet({"weights"}), 2, "subcommand");
  for (const char* name : {"train", "eval", "predict", "synth"}) {
    CAPTURE(name);
    CHECK_REFUSED(mddnet({name}), 2, "is required (see mddnet " + std::string(name) + " --help)");
  }
  CHECK_REFUSED(train(small_data_set(), fresh_path("run"), {{"--out", ""}}), 2, "--out");
}

TEST_CASE("impossible values of the other subcommands' options") {
  const fs::path& run = trained_run();
  const fs::path image = small_data_set() / "metal" / "test" / "good" / "000.png";
  CHECK_REFUSED(evaluate(run, small_data_set(), {"--metrics", "loose"}), 2, "--metrics");
  CHECK_REFUSED(evaluate(run, small_data_set(), {"--classes", "nosuch"}), 2, "unknown class");
  CHECK_REFUSED(evaluate(run, small_data_set(), {"--batch", "0"}), 2, "--batch");
  CHECK_REFUSED(evaluate(run, small_data_set(), {"--fpr", "2", "--panels", fresh_path("panels").string()}), 2,
                "false-positive rate");
  for (const char* rate : {"-0.1", "1", "nan"}) {
    CAPTURE(rate);
    CHECK_REFUSED(predict(run, image, {"--fpr", rate}), 2, "false-positive rate");
  }
  CHECK_REFUSED(predict(run, image, {"--batch", "-1"}), 2, "--batch");
  CHECK_REFUSED(mddnet({"weights", "convert", (run / "model.safetensors").string(), "--out", fresh_path("out").string(),
                        "--dtype", "f8"}),
                2, "--dtype");
  const std::string out = fresh_path("made").string();
  for (const auto& [option, value] : Options{{"--classes", "0"},
                                             {"--classes", "99"},
                                             {"--size", "0"},
                                             {"--train", "-1"},
                                             {"--seed", "-1"},
                                             {"--severity", "9"}}) {
    CAPTURE(option);
    CHECK_REFUSED(mddnet({"synth", "--out", out, option, value, "--quiet"}), 2, option.substr(2, 4));
  }
  CHECK_FALSE(fs::exists(out));
}

TEST_CASE("selfcheck compares what it is told to, and golden files in f32 alone") {
  CHECK_REFUSED(mddnet({"selfcheck", "--precision", "f8"}), 2,
                "precision (--precision): expected f32, tf32, bf16 or f16");
  CHECK_REFUSED(mddnet({"selfcheck", "--device", "cpu", "--precision", "tf32"}), 2, "expected f32 or bf16 on the CPU");
  CHECK_REFUSED(mddnet({"selfcheck", "--golden", fresh_path("golden").string(), "--precision", "f16"}), 2,
                "golden files are compared in f32, found --precision f16");
}

TEST_CASE("--precision bf16 on a processor without it is a device that is not there") {
  ::setenv("DNNL_MAX_CPU_ISA", "AVX2", 1);  // oneDNN then says so of any processor
  const Outcome outcome = mddnet({"selfcheck", "--device", "cpu", "--precision", "bf16"});
  ::unsetenv("DNNL_MAX_CPU_ISA");
  CHECK_REFUSED(outcome, 4, "no bf16 arithmetic");
}

TEST_CASE("selfcheck --golden without golden files is bad data") {
  const fs::path empty = fresh_path("empty");
  fs::create_directories(empty);
  CHECK_REFUSED(mddnet({"selfcheck", "--golden", empty.string()}), 3, "golden files");
  CHECK_REFUSED(mddnet({"selfcheck", "--golden", fresh_path("missing").string()}), 3, "golden files");
  write_bytes(empty / "case.json", "{}");
  CHECK_REFUSED(mddnet({"selfcheck", "--golden", empty.string()}), 3, "case.json");
}
