#include "data/decode_budget.h"

#include <cstdlib>

namespace mdd::data {
namespace {

constexpr std::size_t kHeaderBudget = std::size_t{1} << 20;
thread_local std::size_t bytes_allowed = kHeaderBudget;

}  // namespace

DecodeBudget::DecodeBudget(std::size_t bytes) noexcept { bytes_allowed = bytes; }
DecodeBudget::~DecodeBudget() { bytes_allowed = kHeaderBudget; }

void* budgeted_malloc(std::size_t bytes) noexcept { return bytes > bytes_allowed ? nullptr : std::calloc(bytes, 1); }

void* budgeted_realloc(void* block, std::size_t bytes) noexcept {
  return bytes > bytes_allowed ? nullptr : std::realloc(block, bytes);
}

}  // namespace mdd::data
