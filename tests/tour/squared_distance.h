// The worked example of cuda/extending.md: a small operation and a loss made of it. In the product the operation would
// be two more methods of Backend; here it stands beside it, with the same parts.
#pragma once
#include <memory>

#include "autograd/losses.h"
#include "reference/array.h"

namespace mdd::tour {

// [contract]
class SquaredDistance {
 public:
  virtual ~SquaredDistance() = default;
  /// map[n,h,w] = sum_c (a[n,h,w,c] - b[n,h,w,c])^2 / C; a, b features [N,h,w,C], map f32. bytes: A + B + map.
  virtual void forward(const Tensor& a, const Tensor& b, const Tensor& map) = 0;
  /// da (+)= dmap * d map / d a. bytes: A + B + dA.
  virtual void backward(const Tensor& a, const Tensor& b, const Tensor& dmap, const Tensor& da, WriteMode mode) = 0;
};
// [end]

[[nodiscard]] reference::Array reference_squared_distance(const reference::Array& a, const reference::Array& b);
[[nodiscard]] std::unique_ptr<SquaredDistance> make_cpu_squared_distance();
/// Puts its work on the legacy stream.
[[nodiscard]] std::unique_ptr<SquaredDistance> make_cuda_squared_distance();

/// mean over images and positions of the squared distance; gradient into `prediction` only.
void squared_distance_loss(Tape& tape, SquaredDistance& operation, const Variable& prediction, const Variable& target,
                           const LossTerm& term);

}  // namespace mdd::tour
