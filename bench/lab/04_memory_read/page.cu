// The read of the class-aware memory: the versions, their launches, and what they must agree with.
#include "bench/lab/04_memory_read/v0.cuh"
#include "bench/lab/04_memory_read/v1.cuh"
#include "bench/lab/04_memory_read/v2.cuh"
#include "bench/lab/04_memory_read/v3.cuh"
#include "bench/lab/support/device_array.h"
#include "bench/lab/support/library.h"
#include "reference/memory.h"

namespace mdd::lab {
namespace {

struct Problem {
  int images, positions_of_image, classes, slots, channels;
  MemoryParams params;
  reference::Array z, memory;
  DeviceArray query, prototypes, unit_z, unit_p, norm_z, norm_p, attention, read, mass;

  Problem(int image_count, int side, int class_count, int channel_count)
      : images(image_count),
        positions_of_image(side * side),
        classes(class_count),
        slots(50),
        channels(channel_count),
        params{.classes = classes, .slots = slots},
        z(random_values({images, side, side, channels}, -1.0f, 1.0f, 0)),
        memory(random_values({prototype_count(), channels}, -1.0f, 1.0f, 1)),
        query(z),
        prototypes(memory),
        unit_z(z.size()),
        unit_p(memory.size()),
        norm_z(positions()),
        norm_p(prototype_count()),
        attention(std::int64_t{positions()} * prototype_count()),
        read(z.size()),
        mass(std::int64_t{images} * classes) {}

  [[nodiscard]] int positions() const { return images * positions_of_image; }
  [[nodiscard]] int prototype_count() const { return classes * slots; }
  [[nodiscard]] float inverse_temperature() const { return 1.0f / params.temperature; }
  [[nodiscard]] double error() const {
    const reference::MemoryRead expected = reference::memory_read(params, z, memory);
    return std::max(relative_error(read, expected.read), relative_error(mass, expected.mass));
  }
};

using Multiply = std::function<void(cudaStream_t, const Product&)>;

void multiply_in_tiles(cudaStream_t stream, const Product& product) {
  constexpr int kTile = memory_read_v2::kTile;
  const auto m = static_cast<int>(product.m), n = static_cast<int>(product.n), k = static_cast<int>(product.k);
  const cuda::LaunchGeometry geometry{
      dim3(static_cast<unsigned>((n + kTile - 1) / kTile), static_cast<unsigned>((m + kTile - 1) / kTile)),
      dim3(kTile, kTile)};
  const auto kernel = product.transposed ? memory_read_v2::multiply<true> : memory_read_v2::multiply<false>;
  cuda::launch(stream, geometry, kernel, product.a, product.b, product.c, m, n, k);
}

/// cosines = unit z . unit p.
Product cosines(const Problem& p) {
  return {true, p.positions(), p.prototype_count(), p.channels, p.unit_z.data(), p.unit_p.data(), p.attention.data()};
}
/// read = attention . prototypes.
Product weighted(const Problem& p) {
  return {false,        p.positions(), p.channels, p.prototype_count(), p.attention.data(), p.prototypes.data(),
          p.read.data()};
}

void mass_v0(const Problem& p, cudaStream_t stream) {
  cuda::launch(stream, one_thread_each(std::int64_t{p.images} * p.classes, 32), memory_read_v0::mass,
               p.attention.data(), p.images, p.positions_of_image, p.classes, p.slots, p.mass.data());
}

void run_v2(const Problem& p, cudaStream_t stream) {
  cuda::launch(stream, one_thread_each(p.positions(), 64), memory_read_v2::unit_rows, p.query.data(), p.positions(),
               p.channels, p.unit_z.data());
  cuda::launch(stream, one_thread_each(p.prototype_count(), 64), memory_read_v2::unit_rows, p.prototypes.data(),
               p.prototype_count(), p.channels, p.unit_p.data());
  multiply_in_tiles(stream, cosines(p));
  cuda::launch(stream, one_thread_each(p.positions(), 64), memory_read_v2::softmax, p.attention.data(), p.positions(),
               p.prototype_count(), p.inverse_temperature());
  multiply_in_tiles(stream, weighted(p));
  mass_v0(p, stream);
}

/// The launches of cuda/ops/memory.cu.
void run_product(const Problem& p, cudaStream_t stream, const Multiply& multiply) {
  const auto unit_rows = [&](const DeviceArray& x, int rows, const DeviceArray& unit, const DeviceArray& norm) {
    cuda::launch(stream, cuda::grid_stride(x.count(), 256, std::int64_t{16} * multiprocessors()),
                 kernels::normalise_rows<float, 4>, x.data(), std::int64_t{rows}, p.channels,
                 kernels::lanes_for(p.channels / 4), unit.data(), norm.data());
  };
  unit_rows(p.query, p.positions(), p.unit_z, p.norm_z);
  unit_rows(p.prototypes, p.prototype_count(), p.unit_p, p.norm_p);
  multiply(stream, cosines(p));
  const int threads = std::clamp((p.prototype_count() + 31) / 32 * 32, 32, 256);
  cuda::launch(stream, {dim3(static_cast<unsigned>(p.positions())), dim3(static_cast<unsigned>(threads))},
               kernels::memory_softmax, p.attention.data(), p.attention.data(), p.prototype_count(),
               p.inverse_temperature(), 0.0f);
  multiply(stream, weighted(p));
  cuda::launch(stream, {dim3(static_cast<unsigned>(p.images * p.classes)), dim3(256)}, kernels::class_mass,
               p.attention.data(), p.positions_of_image, p.classes, p.slots, p.mass.data());
}

std::vector<Version> versions(const std::shared_ptr<Problem>& p) {
  std::vector<Version> all{
      {"v0", "a thread a query",
       [p](cudaStream_t stream) {
         cuda::launch(stream, one_thread_each(p->positions(), 64), memory_read_v0::read, p->query.data(),
                      p->prototypes.data(), p->positions(), p->prototype_count(), p->channels, p->inverse_temperature(),
                      p->attention.data(), p->read.data());
         mass_v0(*p, stream);
       }},
      {"v1",
       "a block a query, lanes along channels",
       [p](cudaStream_t stream) {
         cuda::launch(stream, {dim3(static_cast<unsigned>(p->positions())), dim3(256)}, memory_read_v1::read,
                      p->query.data(), p->prototypes.data(), p->prototype_count(), p->channels,
                      p->inverse_temperature(), p->attention.data(), p->read.data());
         mass_v0(*p, stream);
       },
       {falls_to(Quantity::kLoadSectors, 0.2), grows_to(Quantity::kThreads, 50)}},
      {"v2",
       "unit rows, products in tiles",
       [p](cudaStream_t stream) { run_v2(*p, stream); },
       {falls_to(Quantity::kLoadSectors, 0.35), falls_to(Quantity::kLoadRequests, 0.15),
        grows_to(Quantity::kStoreSectors, 10)}},
      {"v3",
       "the product's, with v2's products",
       [p](cudaStream_t stream) { run_product(*p, stream, multiply_in_tiles); },
       {falls_to(Quantity::kLoadSectors, 0.25), falls_to(Quantity::kStoreSectors, 0.2)}},
  };
  if (library_product(cosines(*p))) {
    all.push_back({"cuBLASLt", "the product's", [p](cudaStream_t stream) {
                     run_product(*p, stream, [](cudaStream_t, const Product& product) { library_product(product)(); });
                   }});
  }
  return all;
}

}  // namespace

Page memory_read(Scale scale) {
  const bool large = scale == Scale::kLarge;
  const auto p = std::make_shared<Problem>(large ? 16 : 2, large ? 8 : 4, large ? 15 : 2, large ? 2048 : 128);
  const auto z = static_cast<double>(p->z.size()), memory = static_cast<double>(p->memory.size());
  const auto attention = static_cast<double>(p->attention.count());
  return {.problem = "z " + p->z.shape.text() + ", " + std::to_string(p->prototype_count()) + " prototypes",
          .bytes = 4.0 * (2.0 * z + memory + attention),
          .flop = 4.0 * z * p->prototype_count(),
          .versions = versions(p),
          .prepare =
              [p] {
                for (const DeviceArray* out : {&p->attention, &p->read, &p->mass, &p->unit_z, &p->unit_p})
                  out->poison();
              },
          .error = [p] { return p->error(); }};
}

}  // namespace mdd::lab
