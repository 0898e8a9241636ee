// v3, the product's kernel: four weights an access, a grid as large as the device, and the factors in registers.
//
// Why: 16 bytes a lane keep four times the bytes in flight for each request; a thread takes many packs, so that
// barrier and powers are paid once a thread for all of them; what is read into a pack is not read again, whatever
// else is written. The copy in 16 bits, which this page leaves out, is written in the same pass.
// Gain: less than a quarter of the requests and of the barriers; the sectors are the floor's.
#pragma once
#include "cuda/kernels/adam.cuh"
