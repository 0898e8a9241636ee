// What the emulated cuDNN pretends to have engines for, so that the backend's own kernels are reached too.
#pragma once

namespace emu {

/// From now on, in every stand-in: convolutions at all; forward ones with bias, residual or ReLU; gradients of 16-bit
/// weights in f32. Everything is supported at first.
void set_cudnn_support(bool convolutions, bool epilogues, bool float_weight_gradients = true);

}  // namespace emu
