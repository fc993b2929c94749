// Half-width floats to and from float32, bit for bit as IEEE 754 says (round to nearest even); no vector code, no tier.
#pragma once
#include <stdint.h>
#include <string.h>

namespace llmx {
namespace {

inline uint32_t float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

inline float bits_float(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

inline float f16_to_f32(uint16_t half) {
  const uint32_t sign = (uint32_t)(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 0x1f;
  const uint32_t fraction = half & 0x3ff;
  if (exponent == 0) {  // zero or subnormal: fraction * 2^-24, exact
    const float magnitude = (float)fraction * 5.9604644775390625e-8f;
    return bits_float(float_bits(magnitude) | sign);
  }
  if (exponent == 31) return bits_float(sign | 0x7f800000 | fraction << 13);
  return bits_float(sign | (exponent + 112) << 23 | fraction << 13);
}

inline uint16_t f32_to_f16(float value) {
  const uint32_t bits = float_bits(value);
  const uint16_t sign = (uint16_t)((bits >> 16) & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00 | ((magnitude >> 13) & 0x3ff));
  if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00);  // 65520 and above round to infinity
  if (magnitude >= 0x38800000) {
    const uint32_t rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
    return (uint16_t)(sign | ((rounded - 0x38000000) >> 13));
  }
  // Subnormal: adding 0.5 leaves the result, rounded to a multiple of 2^-24, in the low bits of the fraction.
  return (uint16_t)(sign | (float_bits(bits_float(magnitude) + 0.5f) - 0x3f000000));
}

inline float bf16_to_f32(uint16_t half) { return bits_float((uint32_t)half << 16); }

inline uint16_t f32_to_bf16(float value) {
  const uint32_t bits = float_bits(value);
  if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)((bits >> 16) | 0x40);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

inline uint16_t read_u16(const uint8_t* bytes) {
  uint16_t value;
  memcpy(&value, bytes, 2);
  return value;
}

inline int32_t read_i32(const void* bytes) {
  int32_t value;
  memcpy(&value, bytes, 4);
  return value;
}

}  // namespace
}  // namespace llmx
