// Every version of every page: its result against the float64 reference, and what its text claims against the counts.
#include <doctest/doctest.h>

#include "bench/lab/support/counts.h"

using namespace mdd;

TEST_CASE("every version agrees with the reference, and its counts show what it claims") {
  for (const lab::Entry& entry : lab::kPages) {
    CAPTURE(std::string(entry.name));
    const lab::Page page = entry.make(lab::Scale::kSmall);
    REQUIRE(page.versions.size() >= 2);
    lab::Counts before;
    for (std::size_t i = 0; i < page.versions.size(); ++i) {
      const lab::Version& version = page.versions[i];
      CAPTURE(version.name);
      const lab::Counts counts = lab::count(page, version);
      CHECK(counts.error <= version.tolerance);
      CHECK(counts.memory.load_requests > 0);
      CHECK(version.claims.empty() == (i == 0));
      for (const lab::Claim& claim : version.claims) {
        CHECK_MESSAGE(lab::holds(claim, before, counts), lab::name_of(claim.quantity), ": from ",
                      lab::value_of(before, claim.quantity), " to ", lab::value_of(counts, claim.quantity),
                      ", claimed ", claim.falls ? "at most " : "at least ", claim.share, " of it");
      }
      before = counts;
    }
  }
}

TEST_CASE("a claim that does not hold is found") {
  lab::Counts before, after;
  before.memory.load_sectors = 100;
  after.memory.load_sectors = 60;
  CHECK(lab::holds(lab::falls_to(lab::Quantity::kLoadSectors, 0.6), before, after));
  CHECK_FALSE(lab::holds(lab::falls_to(lab::Quantity::kLoadSectors, 0.5), before, after));
  CHECK(lab::holds(lab::grows_to(lab::Quantity::kLoadSectors, 0.6), before, after));
  CHECK_FALSE(lab::holds(lab::grows_to(lab::Quantity::kLoadSectors, 1.0), before, after));
}
