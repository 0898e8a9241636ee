// Copies between ranges of channels: what concatenation along the channel axis and its gradient are made of.
//
//   to_i[p, c] (+)= from_i[p, c],  c < width_i, for several copies i at once
//
// Layout  from_i, to_i: [positions, pitch] matrices, the pointers at the first channel of the range, all pointers,
//         widths and pitches multiples of kPack elements; T = float | half | bfloat16.
// Cost    bytes = 2 sum_i width_i * positions (3 if it accumulates): memory-bound.
// Design  blockIdx.z is the copy: the parts of a concatenation run side by side in one launch. The descriptions
//         travel by value, in the kernel's constant bank.
#pragma once
#include "channel_threads.cuh"
#include "floats.cuh"

namespace mdd::kernels {

template <class T>
struct ChannelCopy {
  const T* from;
  T* to;
  int width;                 ///< channels to copy
  int from_pitch, to_pitch;  ///< channels from one position to the next
};

inline constexpr int kMaxChannelCopies = 8;

template <class T>
struct ChannelCopies {
  ChannelCopy<T> part[kMaxChannelCopies];
};

template <class T, int kPack>
__global__ void __launch_bounds__(kChannelThreads)
    channel_copies(ChannelCopies<T> copies, std::int64_t positions, bool accumulate) {
  const ChannelCopy<T>& copy = copies.part[blockIdx.z];
  const int channel = own_channel<kPack>();
  if (channel >= copy.width) return;
  for (std::int64_t p = first_position(); p < positions; p += position_stride()) {
    T* to = copy.to + p * copy.to_pitch + channel;
    float value[kPack], before[kPack];
    load_floats(value, copy.from + p * copy.from_pitch + channel);
    if (accumulate) {
      load_floats(before, to);
      for (int i = 0; i < kPack; ++i) value[i] += before[i];
    }
    store_floats(to, value);
  }
}

}  // namespace mdd::kernels
