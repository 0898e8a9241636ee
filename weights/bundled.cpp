#include "weights/bundled.h"

#include "weights/formats.h"

// The assembler copies the file into the read-only data of the program; MDDNET_BUNDLED_FILE is its path.
asm(".section .rodata\n"
    ".balign 16\n"
    ".global mddnet_bundled_begin\n"
    ".hidden mddnet_bundled_begin\n"
    "mddnet_bundled_begin:\n"
    ".incbin \"" MDDNET_BUNDLED_FILE
    "\"\n"
    ".global mddnet_bundled_end\n"
    ".hidden mddnet_bundled_end\n"
    "mddnet_bundled_end:\n"
    ".byte 0\n"
    ".previous\n");

// Names of the assembler's, not of this namespace's kind.
extern "C" const std::byte mddnet_bundled_begin[];  // NOLINT(readability-identifier-naming)
extern "C" const std::byte mddnet_bundled_end[];    // NOLINT(readability-identifier-naming)

namespace mdd::weights {

std::unique_ptr<TensorArchive> open_bundled_encoder() {
  const auto bytes = static_cast<std::size_t>(mddnet_bundled_end - mddnet_bundled_begin);
  return open_safetensors(InputFile("the bundled encoder", {mddnet_bundled_begin, bytes}));
}

std::unique_ptr<TensorArchive> open_encoder(const std::string& name_or_path) {
  return name_or_path == kBundledName ? open_bundled_encoder() : open_archive(name_or_path);
}

}  // namespace mdd::weights
