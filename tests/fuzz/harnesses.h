// The readers of files that come from anywhere, one function each: bytes in; the reader takes them, or refuses them in
// one clear line, or the process is aborted. libFuzzer drives them one by one (libfuzzer_entry.cpp, `make fuzz`), and
// `make test` runs each over its corpus (regression.cpp), with and without sanitizers.
#pragma once
#include <array>
#include <cstdint>
#include <span>

namespace mdd::fuzz {

using Bytes = std::span<const std::uint8_t>;

void pickle(Bytes input);        ///< what both PyTorch containers hold, without a container
void torch_zip(Bytes input);     ///< the container of PyTorch 1.6 and later
void torch_legacy(Bytes input);  ///< the container before that
void safetensors(Bytes input);
void image(Bytes input);       ///< PNG, JPEG, BMP, TGA; as an image and as a mask
void csv(Bytes input);         ///< as a list and as VisA's index
void json(Bytes input);        ///< as a list and as a class of Real-IAD
void config(Bytes input);      ///< config.json of a run
void thresholds(Bytes input);  ///< thresholds.json of a run
void exported(Bytes input);    ///< what `mddnet export` writes, through mddnet.h

struct Harness {
  const char* name;  ///< of its folder below corpus/, too
  void (*run)(Bytes input);
};

inline constexpr std::array kHarnesses = {Harness{"pickle", pickle},
                                          Harness{"torch_zip", torch_zip},
                                          Harness{"torch_legacy", torch_legacy},
                                          Harness{"safetensors", safetensors},
                                          Harness{"image", image},
                                          Harness{"csv", csv},
                                          Harness{"json", json},
                                          Harness{"config", config},
                                          Harness{"thresholds", thresholds},
                                          Harness{"exported", exported}};

}  // namespace mdd::fuzz
