// Marks arithmetic that host and device code share. Functions that are constexpr need no mark.
#pragma once

#ifdef __CUDACC__
#define MDDNET_HOST_DEVICE __host__ __device__
#else
#define MDDNET_HOST_DEVICE
#endif
