// Images in the emulated GPU's memory: the host's bytes, in any order of threads.
#include "emulated_backend.h"
#include "emulator.h"
#include "tests/train/resident_checks.h"

using namespace mdd;
using namespace mdd::test;

TEST_CASE("recipes carried out on the device give the host's bytes") {
  const auto backend = emu::make_emulated_backend();
  check_drawn_recipes(*backend, 300);
}

TEST_CASE("batches of resident images on the device are the host's") {
  emu::set_schedule_seed(5);
  const auto backend = emu::make_emulated_backend();
  check_resident_batches(*backend);
  emu::set_schedule_seed(0);
}

TEST_CASE("a gpu keeps two gigabytes of images, unless asked otherwise") {
  const auto backend = emu::make_emulated_backend();
  CHECK(resident_bytes(*backend, std::nullopt) == std::uint64_t{2} << 30);
  CHECK(resident_bytes(*backend, 0) == 0);
}
