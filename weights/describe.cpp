#include <algorithm>
#include <cstdint>

#include "weights/convert.h"
#include "weights/encoder_guess.h"
#include "weights/untrusted.h"

namespace mdd::weights {
namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string line(const std::string& label, const std::string& value) { return padded(label, 12) + value + "\n"; }

bool is_statistic(const std::string& name) {
  return name.ends_with("running_mean") || name.ends_with("running_var") || name.ends_with("num_batches_tracked");
}

}  // namespace

std::string describe(const TensorArchive& archive) {
  std::uint64_t parameters = 0;
  std::uint64_t bytes = 0;
  std::size_t widest = 0;
  for (const TensorInfo& tensor : archive.tensors()) {
    const auto elements = static_cast<std::uint64_t>(tensor.shape.elements());
    if (!is_statistic(tensor.name)) parameters += elements;
    bytes += elements * size_of(tensor.dtype);
    widest = std::max(widest, printable(tensor.name).size());
  }
  std::string out = line("file", archive.path().string());
  out += line("format", std::string(archive.format()));
  out += line("tensors", std::to_string(archive.tensors().size()));
  out += line("parameters", std::to_string(parameters));
  out += line("bytes", std::to_string(bytes));
  const std::string encoder = guess_encoder(archive);
  out += line("encoder", encoder.empty() ? "none that is known" : encoder + " (guessed from names and shapes)");
  for (const auto& [key, value] : archive.metadata())
    out += line("metadata", printable(key) + " = " + printable(value));
  if (!archive.tensors().empty()) out += "\n";
  for (const TensorInfo& tensor : archive.tensors()) {
    out += padded(printable(tensor.name), widest) + "  " + padded(std::string(name_of(tensor.dtype)), 4) + "  " +
           tensor.shape.text() + "\n";
  }
  return out;
}

}  // namespace mdd::weights
