#include "cuda/ops/filter_copies.h"

namespace mdd::cuda {
namespace {

const std::byte* begin_of(const Tensor& t) { return static_cast<const std::byte*>(t.data); }
const std::byte* end_of(const Tensor& t) { return begin_of(t) + t.bytes(); }

}  // namespace

bool FilterCopies::mirror(const Tensor& master, DType type) {
  if (master_.data == master.data && master_.shape == master.shape) return false;
  const auto elements = static_cast<std::size_t>(master.elements());
  copy_memory_ = Buffer(*memory_, elements * size_of(type));
  copy_ = {copy_memory_.data(), type, master.shape};
  master_ = master;
  ++generation_;
  return true;
}

void FilterCopies::forget_mirror_of(const void* address) noexcept {
  if (master_.data != address) return;
  master_ = {};
  copy_ = {};
  copy_memory_ = {};
  ++generation_;
}

Tensor FilterCopies::find_mirrored(const Tensor& weights) const {
  if (!master_.defined() || begin_of(weights) < begin_of(master_) || end_of(weights) > end_of(master_)) return {};
  const auto offset = static_cast<std::size_t>(weights.f32() - master_.f32());
  return {static_cast<std::byte*>(copy_.data) + offset * size_of(copy_.dtype), copy_.dtype, weights.shape};
}

bool FilterCopies::touches_mirrored(const Tensor& written) const {
  return master_.defined() && begin_of(written) < end_of(master_) && end_of(written) > begin_of(master_);
}

Tensor FilterCopies::frozen(const Tensor& weights, DType type, bool& fresh) {
  const auto [found, inserted] = frozen_.try_emplace({weights.data, weights.elements()});
  fresh = inserted;
  if (inserted) {
    try {
      found->second.memory = Buffer(*memory_, static_cast<std::size_t>(weights.elements()) * size_of(type));
    } catch (...) {
      frozen_.erase(found);
      throw;
    }
    found->second.copy = {found->second.memory.data(), type, weights.shape};
  }
  return found->second.copy;
}

}  // namespace mdd::cuda
