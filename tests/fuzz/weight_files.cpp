#include <algorithm>

#include "fuzz/oracle.h"
#include "weights/convert.h"
#include "weights/encoder_guess.h"
#include "weights/formats.h"
#include "weights/pickle.h"
#include "weights/state_dict.h"

namespace mdd::fuzz {
namespace {

/// Everything that can be asked of an opened file.
void read_all(const weights::TensorArchive& archive) {
  for (const weights::TensorInfo& info : archive.tensors()) {
    const HostTensor tensor = archive.read(info.name);
    if (!(tensor.shape == info.shape) || tensor.dtype != info.dtype) give_up("a tensor that is not as it was listed");
    static_cast<void>(to_f32(tensor));
  }
  static_cast<void>(weights::describe(archive));
  weights::convert_to_safetensors(archive, "/dev/null", DType::kBF16);
}

weights::InputFile in_memory(Bytes input) { return {"input", std::as_bytes(input)}; }

}  // namespace

void pickle(Bytes input) {
  accepted([&] {
    weights::pickle::ByteStream stream("input", 0, input.size(), [&](std::uint64_t offset, std::span<std::byte> out) {
      std::ranges::copy(std::as_bytes(input).subspan(static_cast<std::size_t>(offset), out.size()), out.begin());
    });
    const weights::pickle::Pickle saved = weights::pickle::load(stream);
    static_cast<void>(weights::read_state_dict("input", *saved.root, 4096));
  });
}

void torch_zip(Bytes input) {
  const std::filesystem::path path = put("archive.pth", input);
  accepted([&] { read_all(*weights::open_torch_zip(weights::InputFile(path))); });
}

void torch_legacy(Bytes input) {
  accepted([&] { read_all(*weights::open_torch_legacy(in_memory(input))); });
}

void safetensors(Bytes input) {
  accepted([&] { read_all(*weights::open_safetensors(in_memory(input))); });
}

}  // namespace mdd::fuzz
