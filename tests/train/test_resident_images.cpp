// Images in the CPU backend's memory. Whole runs with them: test_trainer.cpp; on the emulated GPU: tests/emu.
#include "cpu/cpu_backend.h"
#include "train/resident_checks.h"

using namespace mdd;
using namespace mdd::test;

TEST_CASE("recipes carried out by the cpu backend give the host's bytes") {
  check_drawn_recipes(*make_cpu_backend(), 600);
}

TEST_CASE("batches of resident images on the cpu backend are the host's") {
  check_resident_batches(*make_cpu_backend());
}

TEST_CASE("the host distorts where it is the backend, unless asked otherwise") {
  const auto backend = make_cpu_backend();
  CHECK_FALSE(resident_bytes(*backend, std::nullopt).has_value());
  CHECK(resident_bytes(*backend, 5) == 5);
}

TEST_CASE("a batch of recipes without resident images is refused") {
  const auto backend = make_cpu_backend();
  BatchPreparer preparer(*backend, 1, 32, {}, 0);
  data::Batch batch;
  batch.count = 1;
  batch.items = {0};
  batch.labels = {0};
  batch.recipes.resize(1);
  CHECK_THROWS_AS(static_cast<void>(preparer.prepare(batch)), Error);
}
