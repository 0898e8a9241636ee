// From bytes to resized bytes and normalised features, with or without a synthetic anomaly (spec S2, S7).
#include "cuda/implementation.h"
#include "cuda/kernels/anomaly_sources.cuh"
#include "cuda/kernels/blend_anomalies.cuh"
#include "cuda/kernels/normalise_images.cuh"
#include "cuda/kernels/perlin_masks.cuh"
#include "cuda/kernels/resize_images.cuh"
#include "cuda/ops/storage.h"
#include "ops/preconditions.h"

namespace mdd::cuda {
namespace {

constexpr std::int64_t kLargestGridRow = 65'535;

/// Elements rounded up so that the next array in scratch memory is 256-byte aligned.
template <class T>
constexpr std::int64_t padded(std::int64_t elements) {
  constexpr std::int64_t kStep = 256 / static_cast<std::int64_t>(sizeof(T));
  static_assert(256 % sizeof(T) == 0);
  return (elements + kStep - 1) / kStep * kStep;
}

/// A filter's windows and weights as one run of 32-bit words, and where they lie on the device.
struct DeviceFilter {
  const TriangleFilter::Window* windows;
  const std::int32_t* weights;
};

constexpr std::int64_t kWindowWords = sizeof(TriangleFilter::Window) / sizeof(std::int32_t);

std::int64_t words_of(const TriangleFilter& filter) {
  return kWindowWords * static_cast<std::int64_t>(filter.windows.size()) +
         static_cast<std::int64_t>(filter.weights.size());
}

DeviceFilter upload(StagingRing& staging, const TriangleFilter& filter, std::int32_t* to) {
  std::int32_t* const weights = to + kWindowWords * static_cast<std::int64_t>(filter.windows.size());
  staging.upload(to, std::as_bytes(std::span(filter.windows)));
  staging.upload(weights, std::as_bytes(std::span(filter.weights)));
  return {reinterpret_cast<const TriangleFilter::Window*>(to), weights};
}

/// Calls body with the number of channels, 1 .. 4, as an integral constant.
template <class Body>
void with_channels(std::int64_t channels, const Body& body) {
  switch (channels) {
    case 1:
      return body(std::integral_constant<int, 1>{});
    case 2:
      return body(std::integral_constant<int, 2>{});
    case 3:
      return body(std::integral_constant<int, 3>{});
    default:
      return body(std::integral_constant<int, 4>{});
  }
}

}  // namespace

void CudaBackend::normalise_images(const Normalisation& normalisation, const Tensor& x, const Tensor& y) {
  TraceRange range("normalise_images");
  require(x.shape == y.shape && x.shape.back() == 3, "images have three colours");
  const auto* in = x.as<std::uint8_t>();
  const std::int64_t elements = x.elements();
  with_storage(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* const out = elements_of<T>(y);
    with_pack<T>(elements, {in, out}, [&](auto pack) {
      constexpr int kPack = decltype(pack)::value;
      launch(streaming(elements / kPack), kernels::normalise_images<T, kPack>, AffineColours(normalisation), in, out,
             elements);
    });
  });
}

void CudaBackend::anomaly_sources(const Tensor& pool, std::span<const SourceRecipe> recipes, const Tensor& y) {
  TraceRange range("anomaly_sources");
  require_sources(pool, recipes, y);
  require(!context_.recording(), "recipes of sources come from the host: they are not recorded");
  const std::int64_t images = y.shape[0], side = y.shape[1];
  if (y.elements() == 0) return;
  auto* const device_recipes = scratch<SourceRecipe>(images);
  context_.staging().upload(device_recipes, std::as_bytes(recipes));
  LaunchGeometry geometry = grid_stride(side * side, 256, 1024);
  geometry.grid.y = static_cast<unsigned>(std::min(images, kLargestGridRow));
  launch(geometry, kernels::anomaly_sources, pool.as<std::uint8_t>(), device_recipes, y.as<std::uint8_t>(), images,
         static_cast<int>(side));
}

void CudaBackend::perlin_masks(const PerlinParams& params, std::span<const PerlinKey> keys, const Tensor& mask) {
  TraceRange range("perlin_masks");
  const std::int64_t images = mask.shape[0], side = mask.shape[1], pixels = side * side;
  require(images == static_cast<std::int64_t>(keys.size()) && mask.shape[2] == side, "a key a mask");
  require(images <= kLargestGridRow && side <= 32'768, "at most 65535 masks of sides up to 32768");
  require(!context_.recording(), "keys of masks come from the host: they are not recorded");
  auto* const out = mask.as<std::uint8_t>();
  if (mask.elements() == 0) return;
  const std::int64_t key_words = padded<std::int32_t>(images * static_cast<std::int64_t>(sizeof(PerlinKey) / 4));
  auto* const words = scratch<std::int32_t>(key_words + images);
  auto* const device_keys = reinterpret_cast<PerlinKey*>(words);
  std::int32_t* const accepted = words + key_words;
  context_.staging().upload(device_keys, std::as_bytes(keys));
  launch({dim3(static_cast<unsigned>(images)), dim3(512)}, kernels::choose_perlin_attempts, params, device_keys,
         accepted, static_cast<int>(side));
  const auto draw = [&](auto pack) {
    constexpr int kPack = decltype(pack)::value;
    LaunchGeometry geometry = grid_stride(pixels / kPack, 256, 1024);
    geometry.grid.y = static_cast<unsigned>(images);
    launch(geometry, kernels::draw_perlin_masks<kPack>, params, device_keys, accepted, out, static_cast<int>(side));
  };
  with_pack<float>(pixels, {out}, draw);  // four pixels, four bytes: a float's alignment is more than enough
}

void CudaBackend::blend_anomalies(const Normalisation& normalisation, const Tensor& x, const Tensor& source,
                                  const Tensor& mask, std::span<const float> opacity, const Tensor& y) {
  TraceRange range("blend_anomalies");
  require(x.shape == y.shape && x.shape == source.shape && x.shape.back() == 3 && 3 * mask.elements() == x.elements(),
          "images, sources and masks of one size");
  const std::int64_t images = x.shape[0];
  require(images == static_cast<std::int64_t>(opacity.size()), "an opacity an image");
  require(!context_.recording(), "opacities come from the host: they are not recorded");
  const auto* in = x.as<std::uint8_t>();
  const auto* other = source.as<std::uint8_t>();
  const auto* masked = mask.as<std::uint8_t>();
  with_storage(y.dtype, [&](auto zero) {
    using T = decltype(zero);
    T* const out = elements_of<T>(y);
    if (y.elements() == 0) return;
    const std::int64_t pixels = mask.elements() / images;
    auto* const device_opacity = scratch<float>(images);
    context_.staging().upload(device_opacity, std::as_bytes(opacity));
    with_pack<T>(3 * pixels, {in, other, out}, [&](auto pack) {
      constexpr int kPack = decltype(pack)::value;
      LaunchGeometry geometry = grid_stride(3 * pixels / kPack, 256, 1024);
      geometry.grid.y = static_cast<unsigned>(std::min(images, kLargestGridRow));
      launch(geometry, kernels::blend_anomalies<T, kPack>, AffineColours(normalisation), in, other, masked,
             device_opacity, out, images, pixels);
    });
  });
}

void CudaBackend::resize_images(const Tensor& x, const Tensor& y) {
  TraceRange range("resize_images");
  require_resizable(x, y);
  require(!context_.recording(), "a filter's weights come from the host: they are not recorded");
  const std::int64_t images = x.shape[0], channels = x.shape[3];
  const std::int64_t height = x.shape[1], width = x.shape[2], out_height = y.shape[1], out_width = y.shape[2];
  if (images == 0) return;
  const TriangleFilter along_rows(width, out_width), along_columns(height, out_height);
  const std::int64_t row_words = padded<std::int32_t>(words_of(along_rows));
  const std::int64_t column_words = padded<std::int32_t>(words_of(along_columns));
  const std::int64_t between_bytes = images * height * out_width * channels;
  auto* const words = scratch<std::int32_t>(row_words + column_words + (between_bytes + 3) / 4);
  const DeviceFilter rows = upload(context_.staging(), along_rows, words);
  const DeviceFilter columns = upload(context_.staging(), along_columns, words + row_words);
  auto* const between = reinterpret_cast<std::uint8_t*>(words + row_words + column_words);
  with_channels(channels, [&](auto count) {
    launch(streaming(images * height * out_width), kernels::resize_rows<decltype(count)::value>, rows.windows,
           rows.weights, x.as<std::uint8_t>(), between, images * height, static_cast<int>(width),
           static_cast<int>(out_width));
  });
  const std::int64_t stride = out_width * channels;
  auto* const out = y.as<std::uint8_t>();
  with_pack<float>(stride, {between, out}, [&](auto pack) {  // four bytes an access
    constexpr int kPack = decltype(pack)::value;
    launch(streaming(images * out_height * (stride / kPack)), kernels::resize_columns<kPack>, columns.windows,
           columns.weights, between, out, images, static_cast<int>(height), static_cast<int>(out_height),
           static_cast<int>(stride));
  });
}

}  // namespace mdd::cuda
