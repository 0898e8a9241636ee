// Training an encoder from nothing: it learns, goes on bit for bit, and gives a file that the model loads.
#include <cmath>
#include <fstream>
#include <set>

#include "cpu/cpu_backend.h"
#include "generate/pretraining_scene.h"
#include "inference/tensor_source.h"
#include "model/mddnet.h"
#include "model/state_dict.h"
#include "pretrain/pretrainer.h"
#include "support/temporary_folder.h"
#include "train/refusal.h"
#include "weights/archive.h"

using namespace mdd;
using namespace mdd::test;

namespace {

namespace fs = std::filesystem;

PretrainOptions tiny_options(const fs::path& out, std::int64_t steps = 6) {
  PretrainOptions options;
  options.encoder = "tiny_basic";
  options.steps = steps;
  options.warmup = 2;
  options.save_every = 3;
  options.data = {2, 64, 5};
  options.out = out;
  return options;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the rate warms up along a line and falls along half a cosine") {
  PretrainOptions options;
  options.steps = 110;
  options.warmup = 10;
  options.learning_rate = 1.0;
  CHECK(pretraining_rate(options, 0) == doctest::Approx(0.1));
  CHECK(pretraining_rate(options, 9) == doctest::Approx(1.0));
  CHECK(pretraining_rate(options, 10) == doctest::Approx(1.0));
  CHECK(pretraining_rate(options, 60) == doctest::Approx(0.5));
  CHECK(pretraining_rate(options, 109) < 0.001);
}

TEST_CASE("batches are a pure function of seed and number, with labels of their range") {
  const PretrainingData data{3, 64, 11};
  const LabelledBatch batch = render_batch(data, 4), again = render_batch(data, 4), other = render_batch(data, 5);
  CHECK((batch.images == again.images));
  CHECK((batch.labels == again.labels));
  CHECK_FALSE((batch.images == other.images));
  CHECK(batch.images.size() == 3 * 64 * 64 * 3);
  for (std::size_t head = 0; head < kHeads; ++head) {
    CHECK(std::ssize(batch.labels[head]) == 3 * (64 / kHeadCells[head].step) * (64 / kHeadCells[head].step));
    const std::set<std::int32_t> labels(batch.labels[head].begin(), batch.labels[head].end());
    CHECK(*labels.begin() >= kNoLabel);
    CHECK(*labels.rbegin() >= 0);
    CHECK(*labels.rbegin() < generate::pretraining_label_count());
  }
}

TEST_CASE("cross entropy falls below that of a guess") {
  const TemporaryFolder folder;
  const auto backend = make_cpu_backend();
  PretrainOptions options = tiny_options(folder.path() / "encoder.safetensors", 120);
  options.data.batch = 4;
  options.save_every = 1000;
  options.learning_rate = 0.01;
  double last = 0;
  pretrain(*backend, options, [&](const PretrainRecord& record) {
    if (record.step > 100) last += static_cast<double>(record.losses[1]) / 20;
  });
  CHECK(last < 0.95 * std::log(static_cast<double>(generate::pretraining_label_count())));
}

TEST_CASE("an interrupted run goes on bit for bit, and its encoder loads into the model") {
  const TemporaryFolder folder;
  const auto backend = make_cpu_backend();
  const fs::path whole = folder.path() / "whole.safetensors", parts = folder.path() / "parts.safetensors";
  CHECK(pretrain(*backend, tiny_options(whole), nullptr) == 6);

  PretrainOptions options = tiny_options(parts);
  std::atomic<bool> stop = false;
  options.stop = &stop;
  check_refused(ErrorKind::kInterrupted, {"after step 2"},
                [&] { pretrain(*backend, options, [&](const PretrainRecord& record) { stop = record.step == 2; }); });
  stop = false;
  options.resume = true;
  CHECK(pretrain(*backend, options, nullptr) == 6);
  CHECK((bytes_of(parts) == bytes_of(whole)));
  CHECK((bytes_of(parts.string() + ".state") == bytes_of(whole.string() + ".state")));

  ModelOptions model_options;
  model_options.encoder = "tiny_basic";
  MddNet model(*backend, model_options, false);
  const auto archive = weights::open_archive(whole);
  load_encoder(model, source_of(*archive));  // refuses missing, surplus and misshapen tensors
  CHECK(archive->metadata().at("seed") == "5");
  for (const weights::TensorInfo& tensor : archive->tensors()) CHECK_FALSE(is_head(tensor.name));
}

TEST_CASE("what would destroy a file or change a run is refused") {
  const TemporaryFolder folder;
  const auto backend = make_cpu_backend();
  const fs::path out = folder.path() / "encoder.safetensors";
  const auto refuse = [&](ErrorKind kind, std::initializer_list<std::string> texts, const PretrainOptions& options) {
    check_refused(kind, texts, [&] { pretrain(*backend, options, nullptr); });
  };
  PretrainOptions bad = tiny_options(out);
  bad.data.side = 100;
  refuse(ErrorKind::kUsage, {"--size", "100"}, bad);
  bad = tiny_options(out, 0);
  refuse(ErrorKind::kUsage, {"--steps"}, bad);
  bad = tiny_options(out);
  bad.encoder = "resnet99";
  refuse(ErrorKind::kUsage, {"resnet99"}, bad);

  pretrain(*backend, tiny_options(out, 1), nullptr);
  refuse(ErrorKind::kUsage, {"encoder.safetensors", "--resume"}, tiny_options(out, 1));
  PretrainOptions longer = tiny_options(out, 2);
  longer.resume = true;
  refuse(ErrorKind::kUsage, {"steps", "expected 1, found 2"}, longer);
  std::ofstream(out.string() + ".state", std::ios::trunc) << "nothing";
  PretrainOptions broken = tiny_options(out, 1);
  broken.resume = true;
  refuse(ErrorKind::kData, {"encoder.safetensors.state"}, broken);
}
