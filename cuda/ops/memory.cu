// Class-aware memory (spec S4): matrix products by cuBLASLt in f32, the rest row by row.
#include <algorithm>

#include "cuda/implementation.h"
#include "cuda/kernels/class_mass.cuh"
#include "cuda/kernels/memory_rows.cuh"
#include "cuda/kernels/memory_softmax.cuh"
#include "cuda/ops/storage.h"
#include "ops/preconditions.h"

namespace mdd::cuda {
namespace {

struct Sizes : MemorySizes {
  using MemorySizes::MemorySizes;
  [[nodiscard]] std::int64_t features() const { return positions * channels; }
  [[nodiscard]] std::int64_t memory() const { return prototypes * channels; }
  [[nodiscard]] std::int64_t attention() const { return positions * prototypes; }
  /// A block for every row of the attention, with as many threads as the row has elements, up to 256.
  [[nodiscard]] LaunchGeometry rows() const {
    const std::int64_t threads = std::clamp<std::int64_t>((prototypes + 31) / 32 * 32, 32, 256);
    return {dim3(static_cast<unsigned>(positions)), dim3(static_cast<unsigned>(threads))};
  }
};

/// Room for `elements` floats such that the next part stays 256-byte aligned.
constexpr std::int64_t padded(std::int64_t elements) { return (elements + 63) / 64 * 64; }

/// Divides one piece of scratch memory into its parts, in order.
class Parts {
 public:
  explicit Parts(float* memory) : next_(memory) {}
  [[nodiscard]] float* take(std::int64_t elements) {
    float* const part = next_;
    next_ += padded(elements);
    return part;
  }

 private:
  float* next_;
};

/// unit = the rows of x, scaled to length 1.
void normalise_rows(cudaStream_t stream, const LaunchGeometry& geometry, const Tensor& x, std::int64_t rows,
                    float* unit, float* inverse_norm) {
  const std::int64_t columns = x.elements() / rows;
  with_storage(x.dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* const values = elements_of<T>(x);
    with_pack<T>(columns, {values}, [&](auto pack) {
      launch(stream, geometry, kernels::normalise_rows<T, decltype(pack)::value>, values, rows, columns,
             kernels::lanes_for(columns / pack), unit, inverse_norm);
    });
  });
}

/// dx (+)= the gradient through normalise_rows.
void normalise_rows_backward(cudaStream_t stream, const LaunchGeometry& geometry, const float* unit, const float* dunit,
                             const float* inverse_norm, std::int64_t rows, const Tensor& dx, WriteMode mode) {
  const std::int64_t columns = dx.elements() / rows;
  with_storage(dx.dtype, [&](auto zero) {
    using T = decltype(zero);
    const kernels::Destination<T> to{elements_of<T>(dx), mode == WriteMode::kAccumulate};
    with_pack<T>(columns, {to.data}, [&](auto pack) {
      launch(stream, geometry, kernels::normalise_rows_gradient<T, decltype(pack)::value>, unit, dunit, inverse_norm,
             rows, columns, kernels::lanes_for(columns / pack), to);
    });
  });
}

}  // namespace

void CudaBackend::memory_read_forward(const MemoryParams& params, const Tensor& z, const Tensor& prototypes,
                                      const MemoryState& state, const Tensor& read, const Tensor& mass) {
  const TraceRange range("memory_read_forward");
  const Sizes s(params, z, prototypes);
  require(params.temperature > 0.0f && read.elements() == z.elements(), "memory read shapes");
  require(mass.elements() == s.images * params.classes, "mass has a value per image and class");
  float* const softmax = state.softmax.f32();
  float* const attention = state.attention.f32();
  float* const to_mass = mass.f32();
  Parts parts(scratch<float>(padded(s.features()) + padded(s.memory())));
  float* const unit_z = parts.take(s.features());
  float* const unit_p = parts.take(s.memory());
  normalise_rows(context_.stream(), streaming(s.features()), z, s.positions, unit_z, state.query_inverse_norm.f32());
  normalise_rows(context_.stream(), streaming(s.memory()), prototypes, s.prototypes, unit_p,
                 state.memory_inverse_norm.f32());
  multiply({.transpose_b = true, .m = s.positions, .n = s.prototypes, .k = s.channels}, unit_z, unit_p, softmax);
  launch(s.rows(), kernels::memory_softmax, softmax, attention, s.prototypes, 1.0f / params.temperature,
         params.shrinkage);
  // The product is f32. Where features are not, it takes the place of the unit queries, which have served.
  const Tensor product = read.dtype == DType::kF32 ? read : Tensor{unit_z, DType::kF32, read.shape};
  multiply({.m = s.positions, .n = s.channels, .k = s.prototypes}, attention, prototypes.f32(), product.f32());
  if (product.data != read.data) cast(product, read);
  launch({dim3(static_cast<unsigned>(mass.elements())), dim3(256)}, kernels::class_mass, attention, s.per_image,
         params.classes, params.slots, to_mass);
}

void CudaBackend::memory_read_backward(const MemoryParams& params, const Tensor& z, const Tensor& prototypes,
                                       const MemoryState& state, const Tensor& dread, const Tensor& dmass,
                                       const Tensor& dz, WriteMode dz_mode, const Tensor& dprototypes) {
  const TraceRange range("memory_read_backward");
  const Sizes s(params, z, prototypes);
  require(dz.elements() == z.elements() && dprototypes.elements() == prototypes.elements(), "memory gradient shapes");
  const float* const softmax = state.softmax.f32();
  const float* const attention = state.attention.f32();
  const float* const inverse_norm_z = state.query_inverse_norm.f32();
  const float* const inverse_norm_p = state.memory_inverse_norm.f32();
  Parts parts(scratch<float>(2 * (padded(s.features()) + padded(s.memory())) + padded(s.attention())));
  float* const unit_z = parts.take(s.features());
  float* const unit_p = parts.take(s.memory());
  float* const dunit_z = parts.take(s.features());
  float* const dunit_p = parts.take(s.memory());
  float* const gradient = parts.take(s.attention());
  normalise_rows(context_.stream(), streaming(s.features()), z, s.positions, unit_z, state.query_inverse_norm.f32());
  normalise_rows(context_.stream(), streaming(s.memory()), prototypes, s.prototypes, unit_p,
                 state.memory_inverse_norm.f32());
  if (dread.defined()) {
    // The products are f32. Where features are not, their f32 copy lies where dunit_z comes later.
    const Tensor upstream = dread.dtype == DType::kF32 ? dread : Tensor{dunit_z, DType::kF32, dread.shape};
    if (upstream.data != dread.data) cast(dread, upstream);
    multiply({.transpose_b = true, .m = s.positions, .n = s.prototypes, .k = s.channels}, upstream.f32(),
             prototypes.f32(), gradient);
    multiply({.transpose_a = true, .m = s.prototypes, .n = s.channels, .k = s.positions}, attention, upstream.f32(),
             dprototypes.f32());
  }
  const kernels::AttentionUpstream upstream{dmass.defined() ? dmass.f32() : nullptr, static_cast<int>(s.per_image),
                                            static_cast<int>(params.classes), static_cast<int>(params.slots),
                                            dread.defined()};
  launch(s.rows(), kernels::memory_softmax_gradient, gradient, softmax, attention, upstream, s.prototypes,
         1.0f / params.temperature, params.shrinkage);
  multiply({.m = s.positions, .n = s.channels, .k = s.prototypes}, gradient, unit_p, dunit_z);
  multiply({.transpose_a = true, .m = s.prototypes, .n = s.channels, .k = s.positions}, gradient, unit_z, dunit_p);
  normalise_rows_backward(context_.stream(), streaming(s.features()), unit_z, dunit_z, inverse_norm_z, s.positions, dz,
                          dz_mode);
  normalise_rows_backward(context_.stream(), streaming(s.memory()), unit_p, dunit_p, inverse_norm_p, s.prototypes,
                          dprototypes, dread.defined() ? WriteMode::kAccumulate : WriteMode::kOverwrite);
}

}  // namespace mdd::cuda
