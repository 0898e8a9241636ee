// What is timed: getting a training batch ready.
#pragma once
#include "core/scratch_folder.h"
#include "data/loader.h"
#include "profile/problem.h"

namespace mdd {

/// Batches from image files to a step's inputs on the device: decoding, choice and augmentation of anomaly sources (by
/// worker threads), then normalisation, masks and blending (spec S7). Nothing is kept from batch to batch, as in the
/// first epoch of a data set.
class LoadingWork {
 public:
  /// Writes the pictures of `problem` (their side is the model's: no resizing) as PNG files into a temporary folder.
  /// backend outlives this object.
  LoadingWork(Backend& backend, const Problem& problem, int workers);
  /// One batch; does not wait for the device.
  void run();

 private:
  ScratchFolder folder_;
  std::unique_ptr<ResidentImages> residents_;  ///< on a GPU: takes images in for one batch, and keeps none
  BatchPreparer preparer_;
  data::Loader loader_;  ///< last: its threads end before the files go
};

}  // namespace mdd
