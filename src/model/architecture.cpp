#include "model/architecture.h"

#include "core/error.h"

namespace mdd {
namespace {
const std::array<Architecture, 6> kArchitectures{{
    {"resnet18", BlockKind::kBasic, {2, 2, 2}, 2, 64, 64, 64},
    {"resnet34", BlockKind::kBasic, {3, 4, 6}, 2, 64, 64, 64},
    {"resnet50", BlockKind::kBottleneck, {3, 4, 6}, 3, 64, 64, 64},
    {"wide_resnet50_2", BlockKind::kBottleneck, {3, 4, 6}, 3, 64, 128, 128},
    {"tiny_basic", BlockKind::kBasic, {1, 1, 1}, 1, 8, 64, 64},
    {"tiny_bottleneck", BlockKind::kBottleneck, {1, 2, 1}, 1, 8, 128, 128},
}};
}  // namespace

std::span<const Architecture> architectures() { return kArchitectures; }

const Architecture& architecture(const std::string& name) {
  std::string names;
  for (const Architecture& candidate : kArchitectures) {
    if (candidate.name == name) return candidate;
    names += (names.empty() ? "" : ", ") + candidate.name;
  }
  fail(ErrorKind::kUsage, "unknown encoder '" + name + "': expected one of " + names);
}

void check_image_side(std::int64_t side) {
  if (side < 64 || side > 4096 || side % 32 != 0) {
    fail(ErrorKind::kUsage,
         "image size " + std::to_string(side) + " (--size): expected a multiple of 32 from 64 to 4096");
  }
}

}  // namespace mdd
