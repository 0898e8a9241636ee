// The one place where the code of stb is compiled, without our warning flags. Only the formats that we promise are
// built in, and every allocation of the decoder is bounded, and zero.
#include <cstdlib>

#include "data/decode_budget.h"

#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_ONLY_TGA
#define STBI_NO_STDIO
#define STBI_MALLOC(bytes) mdd::data::budgeted_malloc(bytes)
#define STBI_REALLOC(block, bytes) mdd::data::budgeted_realloc(block, bytes)
#define STBI_FREE(block) std::free(block)
#define STBI_ASSERT(condition) ((void)0)  // hostile data must not abort a debug build
#define STB_IMAGE_IMPLEMENTATION
#include <stb_image.h>

#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb_image_write.h>
