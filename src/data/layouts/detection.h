// From a path and a layout, given or to be found out, to the reader that opens it.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace mdd::data::layouts {

/// Finds the layout as open_dataset says, or insists on `layout`, and reads the wanted classes. Samples are not sorted
/// yet. Throws Error(kData) if there is no such data set.
[[nodiscard]] Dataset read_layout(const std::filesystem::path& data, Layout layout,
                                  const std::vector<std::string>& wanted);

}  // namespace mdd::data::layouts
