#include "selfcheck/golden.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "inference/tensor_source.h"
#include "model/anomaly_map.h"
#include "train/training_step.h"

namespace mdd {
namespace {

constexpr double kForwardTolerance = 1e-4;
constexpr double kGradientTolerance = 1e-3;
constexpr double kStepTolerance = 1e-3;
constexpr double kCurveTolerance = 2e-2;
constexpr double kMapTolerance = 1e-3;
constexpr double kLearningRate = 0.005;  // of every golden file
constexpr int kCurveSteps = 10;

struct Case {
  std::filesystem::path folder;
  ModelOptions options;
  std::int64_t side = 0;
};

Case read_case(const std::filesystem::path& folder) {
  const auto path = folder / "case.json";
  try {
    const auto json = nlohmann::json::parse(read_file(path, 1 << 20));
    Case out;
    out.folder = folder;
    out.side = json.at("size").get<std::int64_t>();
    out.options.encoder = json.at("arch").get<std::string>();
    out.options.classes = json.at("classes").get<std::int64_t>();
    out.options.slots = json.at("slots").get<std::int64_t>();
    out.options.temperature = json.at("temperature").get<float>();
    out.options.memory = json.at("memory").get<bool>();
    out.options.identity = json.at("identity").get<bool>();
    const auto fusion = json.at("fusion").get<std::string>();
    if (fusion != "concat" && fusion != "replace" && fusion != "add") {
      fail_data(path.string(), "fusion", "concat, replace or add", fusion);
    }
    out.options.fusion = fusion == "concat"    ? MemoryFusion::kConcat
                         : fusion == "replace" ? MemoryFusion::kReplace
                                               : MemoryFusion::kAdd;
    return out;
  } catch (const nlohmann::json::exception& error) {
    fail(ErrorKind::kData, path.string() + ": not a case description: " + error.what());
  }
}

/// |a - b| / |b|; NaN anywhere gives NaN. A reference of zeros must be met exactly.
double relative_norm(std::span<const float> actual, std::span<const float> expected) {
  double difference = 0, norm = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double d = static_cast<double>(actual[i]) - static_cast<double>(expected[i]);
    difference += d * d;
    norm += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
  }
  if (norm == 0.0) return std::sqrt(difference);
  return std::sqrt(difference / norm);
}

class GoldenCheck {
 public:
  GoldenCheck(Backend& backend, const Case& description)
      : backend_(backend),
        case_(description),
        model_(backend, description.options, true),
        step_(model_, {}, {}),
        state_(open("state")),
        batch_(open("batch")) {
    load_inputs();
  }

  std::vector<GoldenRow> run() {
    check_forward_and_gradients();
    check_step_and_curve();
    check_inference();
    return std::move(rows_);
  }

 private:
  std::unique_ptr<weights::TensorArchive> open(const std::string& name) const {
    return weights::open_archive(case_.folder / (name + ".safetensors"));
  }

  void reset() {
    load_checkpoint_tensors(model_, source_of(*state_));
    for (const Tensor& flat : {model_.trained().first_moments(), model_.trained().second_moments()}) {
      backend_.fill(flat, 0.0f);
    }
    step_.set_optimizer_state({});
  }

  /// NCHW file -> NHWC values.
  std::vector<float> channels_last(const weights::TensorArchive& archive, const std::string& name) const {
    const HostTensor tensor = archive.read(name);
    std::vector<float> values = to_f32(tensor);
    if (tensor.shape.rank() != 4) return values;
    const std::int64_t n = tensor.shape[0], c = tensor.shape[1], area = tensor.shape[2] * tensor.shape[3];
    std::vector<float> out(values.size());
    for (std::int64_t i = 0; i < n * c * area; ++i) {
      const std::int64_t image = i / (c * area), channel = i / area % c, position = i % area;
      out[static_cast<std::size_t>((image * area + position) * c + channel)] = values[static_cast<std::size_t>(i)];
    }
    return out;
  }

  void load_inputs() {
    const HostTensor mask = batch_->read("mask"), label = batch_->read("label");
    count_ = label.shape.elements();
    const Shape images{count_, 3, case_.side, case_.side};
    for (const char* name : {"normal", "anomalous"}) {
      if (const Shape found = batch_->read(name).shape; !(found == images)) {
        fail_data(batch_->path().string(), std::string("shape of ") + name, images.text(), found.text());
      }
    }
    if (label.dtype != DType::kI64 || mask.shape.elements() != count_ * case_.side * case_.side) {
      fail_data(batch_->path().string(), "mask and label", "[N,1,S,S] and i64 [N]", mask.shape.text());
    }
    std::vector<float> pixels = channels_last(*batch_, "normal");
    const std::vector<float> anomalous = channels_last(*batch_, "anomalous");
    pixels.insert(pixels.end(), anomalous.begin(), anomalous.end());
    std::vector<std::uint8_t> bits;
    for (const float value : to_f32(mask)) bits.push_back(value > 0.5f ? 1 : 0);
    std::vector<std::int32_t> labels;
    for (const std::int64_t value : label.span<std::int64_t>()) {
      if (value < 0 || value >= case_.options.classes) {
        fail_data(batch_->path().string(), "label", "a class index", std::to_string(value));
      }
      labels.push_back(static_cast<std::int32_t>(value));
    }
    const Shape sides{2 * count_, case_.side, case_.side, 3};
    inputs_.images = cast(upload(DType::kF32, sides, std::as_bytes(std::span(pixels))), backend_.feature_type());
    inputs_.mask = upload(DType::kU8, {count_, case_.side, case_.side}, std::as_bytes(std::span(bits)));
    inputs_.labels = upload(DType::kI32, {count_}, std::as_bytes(std::span(labels)));
  }

  Variable upload(DType dtype, const Shape& shape, std::span<const std::byte> bytes) {
    const Tensor tensor = reserve(dtype, shape);
    backend_.copy_from_host(tensor, bytes);
    return Tape::constant(tensor);
  }

  Variable cast(const Variable& values, DType dtype) {
    if (values->value.dtype == dtype) return values;
    const Tensor tensor = reserve(dtype, values->value.shape);
    backend_.cast(values->value, tensor);
    return Tape::constant(tensor);
  }

  Tensor reserve(DType dtype, const Shape& shape) {
    const Tensor sizes{nullptr, dtype, shape};
    buffers_.emplace_back(backend_, sizes.bytes());
    return {buffers_.back().data(), dtype, shape};
  }

  /// f32 values or features.
  std::vector<float> fetch(const Tensor& tensor) const {
    HostTensor host(tensor.dtype, tensor.shape);
    backend_.copy_to_host(host.bytes, tensor);
    return to_f32(host);
  }

  void compare(const std::string& group, const std::string& name, std::span<const float> actual,
               std::span<const float> expected, const std::string& file, double tolerance) {
    if (actual.size() != expected.size()) {
      fail_data((case_.folder / file).string(), "elements of " + name, std::to_string(actual.size()),
                std::to_string(expected.size()));
    }
    rows_.push_back({group, name, relative_norm(actual, expected), tolerance});
  }

  void compare_forward(const weights::TensorArchive& file, const std::string& name, const Variable& value) {
    if (!value) return;
    compare("forward", name, fetch(value->value), channels_last(file, name), "forward.safetensors", kForwardTolerance);
  }

  void check_forward_and_gradients() {
    reset();
    const auto forward = open("forward");
    Tape tape = step_.tape(true);
    {
      const Features targets = model_.encoder().forward(tape, Tape::rows(inputs_.images, 0, count_));
      const ModelOutput output = step_.forward(tape, inputs_);
      for (std::size_t i = 0; i < 3; ++i) {
        const std::string level = "." + std::to_string(i + 1);
        compare_forward(*forward, "target" + level, targets[i]);
        compare_forward(*forward, "teacher" + level, output.teacher[i]);
        compare_forward(*forward, "restored" + level, output.restored[i]);
        compare_forward(*forward, "identity" + level, output.identity[i]);
      }
      compare_forward(*forward, "z", output.z);
      compare_forward(*forward, "zr", output.zr);
      compare_forward(*forward, "mass", output.mass);
    }
    const StepReport report = step_.report();
    const auto scalar = [&](const std::string& name, float value) {
      compare("forward", name, std::span(&value, 1), channels_last(*forward, name), "forward.safetensors",
              kForwardTolerance);
    };
    scalar("loss.restoration", report.terms[kRestorationLoss]);
    scalar("loss.identity", report.terms[kIdentityLoss]);
    scalar("loss.discrepancy", report.terms[kDiscrepancyLoss]);
    scalar("loss.class", report.terms[kClassLoss]);
    scalar("loss.total", report.total);
    tape.backward();
    step_.arena().reset();
    check_gradients();
  }

  void check_gradients() {
    const auto grad = open("grad");
    for (const Parameter& p : model_.trained().parameters()) {
      if (!p.trained) continue;
      gradients_[p.name] = to_f32(grad->read(p.name));
      std::vector<float> actual = to_f32(model_.trained().to_file_order(p, p.view.gradient));
      for (float& value : actual) value /= step_.loss_scale();
      compare("gradient", p.name, actual, gradients_[p.name], "grad.safetensors", kGradientTolerance);
    }
  }

  void train_step() { step_.run(inputs_, kLearningRate); }

  void check_step_and_curve() {
    reset();
    std::map<std::string, std::vector<float>> before;
    for (const auto& [name, tensor] : export_tensors(model_.trained(), 0)) before[name] = to_f32(tensor);
    const auto step = open("step");
    std::vector<float> curve;
    for (int i = 0; i < kCurveSteps; ++i) {
      train_step();
      curve.push_back(step_.report().total);
      if (i == 0) check_stepped(*step, before);
    }
    const std::vector<float> expected = to_f32(step->read("loss_curve"));
    if (expected.size() != curve.size()) {
      fail_data(step->path().string(), "loss_curve", "10 values", std::to_string(expected.size()));
    }
    double worst = 0;
    for (std::size_t i = 0; i < curve.size(); ++i) {
      const double error = std::fabs(static_cast<double>(curve[i] - expected[i]) / static_cast<double>(expected[i]));
      if (!(error <= worst)) worst = error;  // keeps a NaN
    }
    rows_.push_back({"curve", "ten steps", worst, kCurveTolerance});
  }

  /// Adam's first step moves every weight by the learning rate in the direction of its gradient's sign, however small
  /// the gradient: only weights whose gradient stands well above its rounding can be compared. Compared are the moves.
  void check_stepped(const weights::TensorArchive& step, const std::map<std::string, std::vector<float>>& before) {
    for (const Parameter& p : model_.trained().parameters()) {
      const std::vector<float> actual = to_f32(model_.trained().to_file_order(p, p.view.value));
      const std::vector<float> expected = to_f32(step.read(p.name));
      if (!p.trained) {
        compare("step", p.name, actual, expected, "step.safetensors", kStepTolerance);
        continue;
      }
      const std::vector<float>& gradient = gradients_.at(p.name);
      const std::vector<float>& start = before.at(p.name);
      if (expected.size() != actual.size()) fail_data(step.path().string(), p.name, "the parameter's shape", "another");
      double squares = 0;
      for (const float g : gradient) squares += static_cast<double>(g) * static_cast<double>(g);
      const double floor = 1e-2 * std::sqrt(squares / static_cast<double>(gradient.size()));
      std::vector<float> moved, wanted;
      for (std::size_t i = 0; i < actual.size(); ++i) {
        if (std::fabs(static_cast<double>(gradient[i])) <= floor) continue;
        moved.push_back(actual[i] - start[i]);
        wanted.push_back(expected[i] - start[i]);
      }
      compare("step", p.name, moved, wanted, "step.safetensors", kStepTolerance);
    }
  }

  void check_inference() {
    reset();
    train_step();
    model_.fold();
    const auto file = open("infer");
    Tape tape = step_.tape(false);
    {
      const Variable anomalous = Tape::rows(inputs_.images, count_, count_);
      const Features teacher = model_.encoder().forward(tape, cast(anomalous, backend_.inference_feature_type()));
      const ModelOutput output = model_.forward(tape, teacher);
      const AnomalyMaps maps = anomaly_maps(tape, {}, output, case_.side);
      const auto check = [&](const std::string& name, const Variable& value) {
        compare("inference", name, fetch(value->value), to_f32(file->read(name)), "infer.safetensors", kMapTolerance);
      };
      check("teacher_restored", maps.teacher_restored);
      check("restored_identity", maps.restored_identity);
      check("fused", maps.fused);
      check("score", maps.scores);
      if (output.mass) check_vote(*file, fetch(output.mass->value));
    }
    step_.arena().reset();
    model_.unfold();
  }

  void check_vote(const weights::TensorArchive& file, const std::vector<float>& mass) {
    const std::vector<float> expected = to_f32(file.read("vote"));
    const auto classes = static_cast<std::ptrdiff_t>(case_.options.classes);
    double wrong = static_cast<std::int64_t>(expected.size()) == count_ ? 0 : 1;
    for (std::ptrdiff_t n = 0; wrong == 0 && n < count_; ++n) {
      const auto row = mass.begin() + n * classes;
      if (static_cast<float>(std::max_element(row, row + classes) - row) != expected[static_cast<std::size_t>(n)])
        ++wrong;
    }
    rows_.push_back({"inference", "vote", wrong, 0.0});
  }

  Backend& backend_;
  Case case_;
  MddNet model_;
  TrainingStep step_;
  std::unique_ptr<weights::TensorArchive> state_, batch_;
  std::vector<Buffer> buffers_;
  StepInputs inputs_;
  std::int64_t count_ = 0;
  std::map<std::string, std::vector<float>> gradients_;
  std::vector<GoldenRow> rows_;
};

}  // namespace

std::vector<std::filesystem::path> golden_cases(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> cases;
  std::error_code error;
  if (std::filesystem::exists(folder / "case.json", error)) return {folder};
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (std::filesystem::exists(entry.path() / "case.json", error)) cases.push_back(entry.path());
  }
  if (cases.empty()) fail_data(folder.string(), "golden files", "folders with a case.json", "none");
  std::sort(cases.begin(), cases.end());
  return cases;
}

std::vector<GoldenRow> check_golden_case(Backend& backend, const std::filesystem::path& folder) {
  const Case description = read_case(folder);
  try {
    check_image_side(description.side);
    return GoldenCheck(backend, description).run();
  } catch (const Error& error) {
    // What would be a wrong option elsewhere came from a file here.
    if (error.kind() != ErrorKind::kUsage) throw;
    fail(ErrorKind::kData, (folder / "case.json").string() + ": " + error.what());
  }
}

}  // namespace mdd
