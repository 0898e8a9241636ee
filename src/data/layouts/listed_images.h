// Images that a file names, whatever its format: from there to a data set is the same way for all of them.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace mdd::data::layouts {

/// One entry of a list or an index, checked by its reader except for whether the files are there.
struct ListedImage {
  std::string where;  ///< file and line, or file and entry, for errors
  std::string class_name;
  bool train = false;
  int label = 0;
  std::string defect;  ///< "good" for label 0
  std::filesystem::path image;
  std::vector<std::filesystem::path> masks;
};

/// The samples of the wanted classes (all if `wanted` is empty), their files looked up. Left out with a warning:
/// defects among the training images, and repetitions. Masks of normal images are dropped. Throws Error(kData) for a
/// file that is not there, Error(kUsage) for an unknown class.
[[nodiscard]] Dataset gather(std::vector<ListedImage> images, const std::vector<std::string>& wanted,
                             const std::filesystem::path& source);

/// Appends; throws Error(kData) beyond kMaxListedImages.
void append(std::vector<ListedImage>& images, ListedImage&& image);

}  // namespace mdd::data::layouts
