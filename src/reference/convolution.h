// Convolution and its transpose. A geometry ties an "image" [N,H,W,C] to a "grid" [N,P,Q,K], P = geometry.output(H),
// through weights [K,R,R,C]: grid position (p, q) meets image position (p stride - padding + r, q stride - padding +
// s). A convolution maps image to grid; a transposed convolution, and the gradient of a convolution, map grid to image.
#pragma once
#include "ops/params.h"
#include "reference/array.h"

namespace mdd::reference {

/// grid[n,p,q,k] = sum_{r,s,c} image * weights. Forward of a convolution, data gradient of a transposed one.
[[nodiscard]] Array image_to_grid(const ConvolutionGeometry& geometry, const Array& image, const Array& weights);
/// image[n,h,w,c] = sum over the (p, q, r, s, k) that meet it of grid * weights, for an image of H x W. Forward of a
/// transposed convolution (whose weights are [in = K, R, R, out = C]), data gradient of a convolution.
[[nodiscard]] Array grid_to_image(const ConvolutionGeometry& geometry, const Array& grid, const Array& weights,
                                  Index height, Index width);
/// weights[k,r,s,c] = sum_{n,p,q} grid * image: the weight gradient of both.
[[nodiscard]] Array weight_gradient(const ConvolutionGeometry& geometry, const Array& image, const Array& grid);

/// relu?(sums + bias[channel] + residual); a null pointer stands for none.
[[nodiscard]] Array epilogue(Array sums, const Array* bias, const Array* residual, bool relu);

}  // namespace mdd::reference
