#include "inference/choice_names.h"

#include <array>

namespace mdd {
namespace {
template <class Choice>
using Entry = std::pair<std::string_view, Choice>;

constexpr std::array kMemoryFusions{Entry<MemoryFusion>{"concat", MemoryFusion::kConcat},
                                    Entry<MemoryFusion>{"replace", MemoryFusion::kReplace},
                                    Entry<MemoryFusion>{"add", MemoryFusion::kAdd}};
constexpr std::array kCosineForms{Entry<CosineForm>{"flat", CosineForm::kFlat},
                                  Entry<CosineForm>{"pixel", CosineForm::kPixel}};
constexpr std::array kMaskReductions{Entry<MaskReduction>{"average", MaskReduction::kAverage},
                                     Entry<MaskReduction>{"nearest", MaskReduction::kNearest},
                                     Entry<MaskReduction>{"max", MaskReduction::kMaximum}};
constexpr std::array kDiscrepancyReductions{Entry<DiscrepancyReduction>{"mean", DiscrepancyReduction::kMean},
                                            Entry<DiscrepancyReduction>{"sum", DiscrepancyReduction::kSum}};
constexpr std::array kMapFusions{
    Entry<MapFusion>{"sum", MapFusion::kSum}, Entry<MapFusion>{"product", MapFusion::kProduct},
    Entry<MapFusion>{"tr", MapFusion::kTeacherRestored}, Entry<MapFusion>{"ri", MapFusion::kRestoredIdentity},
    Entry<MapFusion>{"weighted", MapFusion::kWeighted}};
constexpr std::array kScoreRules{Entry<ScoreRule>{"max", ScoreRule::kMaximum},
                                 Entry<ScoreRule>{"top1%", ScoreRule::kTopPercent}};
}  // namespace

template <>
ChoiceNames<MemoryFusion> choice_names<MemoryFusion>() {
  return kMemoryFusions;
}
template <>
ChoiceNames<CosineForm> choice_names<CosineForm>() {
  return kCosineForms;
}
template <>
ChoiceNames<MaskReduction> choice_names<MaskReduction>() {
  return kMaskReductions;
}
template <>
ChoiceNames<DiscrepancyReduction> choice_names<DiscrepancyReduction>() {
  return kDiscrepancyReductions;
}
template <>
ChoiceNames<MapFusion> choice_names<MapFusion>() {
  return kMapFusions;
}
template <>
ChoiceNames<ScoreRule> choice_names<ScoreRule>() {
  return kScoreRules;
}

}  // namespace mdd
