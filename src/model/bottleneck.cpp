#include "model/bottleneck.h"

namespace mdd {
namespace {
ConvolutionUnit reduction(ParameterStore& store, const std::string& name, std::int64_t in, std::int64_t out) {
  return {store, name + ".conv", name + ".bn", {in, out, {3, 2, 1}, false}};
}
}  // namespace

OneClassBottleneck::OneClassBottleneck(ParameterStore& store, const std::string& prefix, const Architecture& a)
    : reduce1a_(reduction(store, prefix + "reduce1a", a.channels(0), a.channels(1))),
      reduce1b_(reduction(store, prefix + "reduce1b", a.channels(1), a.channels(2))),
      reduce2_(reduction(store, prefix + "reduce2", a.channels(1), a.channels(2))),
      stage_(store, prefix + "layer4",
             {a.block, 3 * a.channels(2), a.base * 8, a.bottleneck_blocks, Resampling::kDown, a.bottleneck_width}) {}

Variable OneClassBottleneck::forward(Tape& tape, const Features& features) {
  Variable joined;
  {
    const Variable first = reduce1b_.forward(tape, reduce1a_.forward(tape, features[0], nullptr, true), nullptr, true);
    const Variable second = reduce2_.forward(tape, features[1], nullptr, true);
    joined = concatenate(tape, std::array{first, second, features[2]});
  }
  return stage_.forward(trained_runner(tape), std::move(joined));
}

void OneClassBottleneck::visit(const std::function<void(ConvolutionUnit&)>& visitor) {
  for (ConvolutionUnit* unit : {&reduce1a_, &reduce1b_, &reduce2_}) visitor(*unit);
  stage_.visit(visitor);
}

}  // namespace mdd
