// The built-in vector types, with the sizes and alignments of CUDA.
#pragma once

#define EMULATED_VECTOR_2(name, scalar, bytes) \
  struct alignas(bytes) name {                 \
    scalar x, y;                               \
  };                                           \
  constexpr name make_##name(scalar x, scalar y) { return {x, y}; }
#define EMULATED_VECTOR_3(name, scalar, bytes) \
  struct alignas(bytes) name {                 \
    scalar x, y, z;                            \
  };                                           \
  constexpr name make_##name(scalar x, scalar y, scalar z) { return {x, y, z}; }
#define EMULATED_VECTOR_4(name, scalar, bytes) \
  struct alignas(bytes) name {                 \
    scalar x, y, z, w;                         \
  };                                           \
  constexpr name make_##name(scalar x, scalar y, scalar z, scalar w) { return {x, y, z, w}; }

EMULATED_VECTOR_2(uchar2, unsigned char, 2)
EMULATED_VECTOR_3(uchar3, unsigned char, 1)
EMULATED_VECTOR_4(uchar4, unsigned char, 4)
EMULATED_VECTOR_2(ushort2, unsigned short, 4)
EMULATED_VECTOR_4(ushort4, unsigned short, 8)
EMULATED_VECTOR_2(int2, int, 8)
EMULATED_VECTOR_3(int3, int, 4)
EMULATED_VECTOR_4(int4, int, 16)
EMULATED_VECTOR_2(uint2, unsigned, 8)
EMULATED_VECTOR_3(uint3, unsigned, 4)
EMULATED_VECTOR_4(uint4, unsigned, 16)
EMULATED_VECTOR_2(float2, float, 8)
EMULATED_VECTOR_3(float3, float, 4)
EMULATED_VECTOR_4(float4, float, 16)
EMULATED_VECTOR_2(double2, double, 16)

#undef EMULATED_VECTOR_2
#undef EMULATED_VECTOR_3
#undef EMULATED_VECTOR_4

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned of_x = 1, unsigned of_y = 1, unsigned of_z = 1) : x(of_x), y(of_y), z(of_z) {}
  constexpr dim3(uint3 v) : x(v.x), y(v.y), z(v.z) {}
  constexpr operator uint3() const { return {x, y, z}; }
};
