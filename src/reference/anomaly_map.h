// From distance maps to the anomaly map and its score (spec S8).
#pragma once
#include "ops/params.h"
#include "reference/array.h"

namespace mdd::reference {

/// Bilinear enlargement of map [N,h,w] to [N,side,side] with aligned corners.
[[nodiscard]] Array upsample_bilinear(const Array& map, Index side);
[[nodiscard]] Array fuse_maps(MapFusion fusion, double weight, const Array& tr, const Array& ri);
/// Gaussian, |t| <= int(4 sigma + 0.5), half-sample symmetric border (d c b a | a b c d); sigma 0 copies.
[[nodiscard]] Array gaussian_blur(double sigma, const Array& x);
/// One score per map [N,S,S]: the maximum, or the mean of the largest floor(S S / 100) values, at least one.
[[nodiscard]] Array image_scores(ScoreRule rule, const Array& maps);

}  // namespace mdd::reference
