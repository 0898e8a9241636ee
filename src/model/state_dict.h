// A model's tensors under their checkpoint names (spec "Names"), in PyTorch's order of axes, in and out.
#pragma once
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/mddnet.h"

namespace mdd {

/// A read-only view of some file's tensors, so that the model needs to know no format.
struct TensorSource {
  std::string where;  ///< the file, for messages
  std::vector<std::pair<std::string, Shape>> tensors;
  std::function<HostTensor(const std::string& name)> read;
};

/// Every parameter and running statistic of `store`, and "<norm>.num_batches_tracked" (I64) for each batch norm.
[[nodiscard]] std::vector<std::pair<std::string, HostTensor>> export_tensors(const ParameterStore& store,
                                                                             std::int64_t batches_tracked);

/// Fills `store` from the tensors of `source` named `prefix` + our name, where `store_prefix` is cut off our name first
/// (torchvision says "layer1...", a checkpoint "encoder.layer1..."). `ignored(name)` tells which surplus names are
/// fine. Throws Error(kData) listing the first missing, surplus, misshapen or non-finite tensor; nothing is changed
/// then, except values already copied of the same store.
void import_tensors(ParameterStore& store, const std::string& store_prefix, const TensorSource& source,
                    const std::string& source_prefix, const std::function<bool(const std::string&)>& ignored);

/// Encoder weights as torchvision names them (layer4 and fc are ignored, num_batches_tracked optional).
/// The file may also be a checkpoint of ours: names that start with "encoder." are taken then.
void load_encoder(MddNet& model, const TensorSource& source);
/// A whole checkpoint. A folded model folds it as it is read, tensor by tensor. Then folds the encoder.
void load_checkpoint_tensors(MddNet& model, const TensorSource& source);
/// What load_checkpoint_tensors reads, from a plain model. Requires that the model outlives the source.
[[nodiscard]] TensorSource source_of_model(const MddNet& model);
/// Reserves the memory of a folded model once `source` is known to have exactly its tensors, named
/// "<convolution>.weight, .bias" and so on, shaped as they lie in memory (filters O,H,W,I, transposed ones I,H,W,O).
/// Values are the caller's to fill in. Throws Error(kData) as import_tensors does. Requires a folded model.
void reserve_folded(MddNet& model, const TensorSource& source);

}  // namespace mdd
