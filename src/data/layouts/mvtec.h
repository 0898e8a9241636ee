// MVTec AD and its relatives: a class is a folder with train, test and ground_truth.
#pragma once
#include "data/dataset.h"
#include "data/layouts/class_folders.h"
#include "data/layouts/passed_over.h"

namespace mdd::data::layouts {

/// Appends the class's samples. By folder.layout:
///  - kMvtec, kMpdd: train/good; test/KIND with good for normal; ground_truth/KIND;
///  - kLoco: the same with the kinds logical_anomalies and structural_anomalies, several masks an image;
///  - kBtad: the same with ok for normal; the kind ko;
///  - kMvtec2: train/good; test_public/KIND; test_public/ground_truth/KIND; test_private* has no truth and is left out.
/// The truth of KIND/STEM.* is STEM_mask.png, STEM.png, STEM_mask.bmp or STEM.bmp (the first that exists), or all
/// images of the folder STEM. validation/good, which two of the sets have, is left out: results are published for
/// models that saw train alone, and thresholds come from held-out images of train.
void read_mvtec(const ClassFolder& folder, int class_index, Dataset& dataset, PassedOver& passed_over);

}  // namespace mdd::data::layouts
