// The vector abstraction: 16 lanes of float32 (`Floats`), int32 (`Integers`) and truth (`Mask`), whatever the registers' width.
//
// A translation unit names its tier by defining one of LLMX_TIER_SCALAR, _AVX2, _AVX512, _NEON before it includes this file and
// is compiled with that tier's flags. Everything lives in an anonymous namespace: an inline function shared between tiers would be
// merged by the linker, and the first object would win.
//
// Every tier gives, beside the operators (+ - * / unary- & | ^ on what they fit, < <= > >= == on floats):
//   splat, load, load_partial, store, store_partial, fma, minimum, maximum, absolute, square_root, round_even, sum, largest,
//   swap_pairs (lanes 2k and 2k + 1),
//   load_f16, load_bf16, store_f16, store_bf16, to_floats, to_integers (nearest even), as_floats, as_integers, select,
//   splat_integer, load_integers, store_integers, shift_left<n>, shift_right<n> (zeros), shift_right_signed<n>, widen_u8, widen_s8,
//   widen_u16, low_f16, store_low_bytes, store_low_halves
// and for the matrix kernels the constants and dot products described in `dots.h`.
// minimum(a, b) and maximum(a, b) do not promise which operand comes out when one is not a number.
// A "partial" load reads `count` (0..16) elements and zeroes the rest.
#pragma once
#include <math.h>
#include "half.h"

// Small loops over registers must unroll fully; where vectors are arrays in memory that would only swell the code.
#if !defined(LLMX_TIER_AVX2) && !defined(LLMX_TIER_AVX512) && !defined(LLMX_TIER_NEON)
#define LLMX_UNROLL
#define LLMX_INLINE inline
#define LLMX_INLINE_LAMBDA
#else
#if defined(__clang__)
#define LLMX_UNROLL _Pragma("clang loop unroll(full)")
#else
#define LLMX_UNROLL _Pragma("GCC unroll 32")
#endif
#define LLMX_INLINE inline __attribute__((always_inline))
#define LLMX_INLINE_LAMBDA __attribute__((always_inline))
#endif

#if defined(LLMX_TIER_AVX512)
#include "vector-avx512.h"
#elif defined(LLMX_TIER_AVX2)
#include "vector-avx2.h"
#elif defined(LLMX_TIER_NEON)
#include "vector-neon.h"
#else
#include "vector-scalar.h"
#endif

namespace llmx {
namespace {

constexpr int lanes = 16;

// Asks for `bytes` from `address` on into the second-level cache; any address will do.
template <int bytes> LLMX_INLINE void prefetch(const uint8_t* address) {
  LLMX_UNROLL for (int i = 0; i < bytes; i += 64) __builtin_prefetch(address + i, 0, 2);
}

LLMX_INLINE Floats zero_floats() { return splat(0.0f); }

LLMX_INLINE Floats load_f16_partial(const uint16_t* source, int count) {
  uint16_t lane[16] = {0};
  memcpy(lane, source, 2 * (size_t)count);
  return load_f16(lane);
}

LLMX_INLINE Floats load_bf16_partial(const uint16_t* source, int count) {
  uint16_t lane[16] = {0};
  memcpy(lane, source, 2 * (size_t)count);
  return load_bf16(lane);
}

LLMX_INLINE void store_f16_partial(uint16_t* target, Floats value, int count) {
  uint16_t lane[16];
  store_f16(lane, value);
  memcpy(target, lane, 2 * (size_t)count);
}

LLMX_INLINE void store_bf16_partial(uint16_t* target, Floats value, int count) {
  uint16_t lane[16];
  store_bf16(lane, value);
  memcpy(target, lane, 2 * (size_t)count);
}

}  // namespace
}  // namespace llmx
