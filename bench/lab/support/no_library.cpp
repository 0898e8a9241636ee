#include "bench/lab/support/library.h"

namespace mdd::lab {

std::function<void()> library_product(const Product& /*product*/) { return {}; }
std::function<void()> library_convolution(const LibraryConvolution& /*convolution*/) { return {}; }

}  // namespace mdd::lab
