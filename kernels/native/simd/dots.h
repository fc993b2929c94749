// Integer dot products for the matrix kernels, exact in every tier, and the tier's blocking constants.
//
// Lanes are 16 weight rows. A weight vector holds 4 columns of a byte (or 2 of an int16) for each row; an activation word holds the
// same columns of one token and is broadcast. Activation bytes lie in [-127, 127].
//
//   NibbleDot   weights 0..15 times nibble_scale        SixBitDot   weights 0..63 times six_bit_scale
//   ByteDot     int8 weights after `byte_weights`       PairDot     int16 x int16, all sums of 32 products fit 31 bits
//
// `Sum start(offset)`, `add(sum, weights, words)`, `Integers finish(sum, offset)`: `*offset` is added once, before or after. It makes up
// for weights being stored without sign: `nibble_offset * sum(x)` for the nibbles of a format centred on 8, `six_bit_offset * sum(x)`
// likewise, and for bytes `nibble_offset * sum(x)` where bytes_biased. A zero where no correction is wanted (Q4_K).
//
// `BlockSum` is the dot of a row as it lies in the file: 32 int8 weights x 32 activations, times a scale, over and over.
#pragma once
#include "vector.h"

namespace llmx {
namespace {

#if defined(LLMX_TIER_AVX512)

constexpr int group_bytes = 8, group_halves = 8, group_floats = 12;  // tokens of one micro-kernel call
constexpr int float_tiles = 2;                                       // 16-row tiles of one f32 micro-kernel call
constexpr int halves_from_tokens = 8;  // F16 and BF16 weights go through int16 from this many tokens on; 0: never
constexpr int nibble_scale = 16, six_bit_scale = 4;                  // so that one offset, 128, serves nibbles, six bits and bytes
constexpr int nibble_offset = -128, six_bit_offset = -128;
constexpr bool bytes_biased = true;

struct ByteDot {
  using Sum = Integers;
  static LLMX_INLINE Sum start(const int32_t* offset) { return {_mm512_set1_epi32(*offset)}; }
  static LLMX_INLINE void add(Sum& sum, Integers weights, const uint32_t* words) {
    // Written out because gcc 12 copies registers around the intrinsic instead of folding the broadcast into it.
    __asm__("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(sum.v) : "v"(weights.v), "m"(*words));
  }
  static LLMX_INLINE Integers finish(Sum sum, const int32_t*) { return sum; }
};
using NibbleDot = ByteDot;
using SixBitDot = ByteDot;

struct PairDot {
  static LLMX_INLINE void add(Integers& sum, Integers weights, const uint32_t* words) {
    __asm__("vpdpwssd %2%{1to16%}, %1, %0" : "+v"(sum.v) : "v"(weights.v), "m"(*words));
  }
};

// Keeps a loaded vector in its register: the compiler would load it again at every use, and lines still on their way from memory suffer.
LLMX_INLINE Integers hold(Integers loaded) {
  __asm__("" : "+v"(loaded.v));
  return loaded;
}

LLMX_INLINE Integers byte_weights(Integers weights) { return weights ^ splat_integer((int32_t)0x80808080); }
LLMX_INLINE Integers low_nibbles(Integers packed) { return shift_left<4>(packed) & splat_integer((int32_t)0xf0f0f0f0); }
LLMX_INLINE Integers high_nibbles(Integers packed) { return packed & splat_integer((int32_t)0xf0f0f0f0); }

#elif defined(LLMX_TIER_AVX2)

constexpr int group_bytes = 4, group_halves = 4, group_floats = 6;
constexpr int float_tiles = 1;
constexpr int halves_from_tokens = 0;  // vpmaddwd and an addition: slower than float32 here
constexpr int nibble_scale = 1, six_bit_scale = 1;
constexpr int nibble_offset = -8, six_bit_offset = -32;
constexpr bool bytes_biased = false;

LLMX_INLINE __m256i broadcast_word(const uint32_t* words) { return _mm256_set1_epi32((int)*words); }

// maddubs sums two products in an int16. Nibbles: 8 steps x 2 products x 15 x 127 = 30480 fit, so one widening serves a block of 32.
struct NibbleDot {
  using Sum = Integers;
  static LLMX_INLINE Sum start(const int32_t*) { return splat_integer(0); }
  static LLMX_INLINE void add(Sum& sum, Integers weights, const uint32_t* words) {
    const __m256i x = broadcast_word(words);
    sum.low = _mm256_add_epi16(sum.low, _mm256_maddubs_epi16(weights.low, x));
    sum.high = _mm256_add_epi16(sum.high, _mm256_maddubs_epi16(weights.high, x));
  }
  static LLMX_INLINE Integers finish(Sum sum, const int32_t* offset) {
    const __m256i one = _mm256_set1_epi16(1);
    return Integers{_mm256_madd_epi16(sum.low, one), _mm256_madd_epi16(sum.high, one)} + splat_integer(*offset);
  }
};

struct SixBitDot {
  using Sum = Integers;
  static LLMX_INLINE Sum start(const int32_t* offset) { return splat_integer(*offset); }
  static LLMX_INLINE void add(Sum& sum, Integers weights, const uint32_t* words) {
    const __m256i x = broadcast_word(words), one = _mm256_set1_epi16(1);
    sum.low = _mm256_add_epi32(sum.low, _mm256_madd_epi16(_mm256_maddubs_epi16(weights.low, x), one));
    sum.high = _mm256_add_epi32(sum.high, _mm256_madd_epi16(_mm256_maddubs_epi16(weights.high, x), one));
  }
  static LLMX_INLINE Integers finish(Sum sum, const int32_t*) { return sum; }
};

// |w| <= 128 times x with w's sign: 2 x 128 x 127 = 32512 does not saturate, so the result is exact.
struct ByteDot {
  using Sum = Integers;
  static LLMX_INLINE Sum start(const int32_t*) { return splat_integer(0); }
  static LLMX_INLINE __m256i step(__m256i sum, __m256i weights, __m256i x) {
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(x, weights));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  static LLMX_INLINE void add(Sum& sum, Integers weights, const uint32_t* words) {
    const __m256i x = broadcast_word(words);
    sum.low = step(sum.low, weights.low, x);
    sum.high = step(sum.high, weights.high, x);
  }
  static LLMX_INLINE Integers finish(Sum sum, const int32_t*) { return sum; }
};

struct PairDot {
  static LLMX_INLINE void add(Integers& sum, Integers weights, const uint32_t* words) {
    const __m256i x = broadcast_word(words);
    sum.low = _mm256_add_epi32(sum.low, _mm256_madd_epi16(weights.low, x));
    sum.high = _mm256_add_epi32(sum.high, _mm256_madd_epi16(weights.high, x));
  }
};

#elif defined(LLMX_TIER_NEON)

constexpr int group_bytes = 4, group_halves = 4, group_floats = 6;
constexpr int float_tiles = 1;
constexpr int halves_from_tokens = 0;  // smlal multiplies no more int16 than fmla does float32
constexpr int nibble_scale = 1, six_bit_scale = 1;
constexpr int nibble_offset = -8, six_bit_offset = -32;
constexpr bool bytes_biased = false;

// 4 rows x 4 columns: int32x4 += the sums of 4 products
LLMX_INLINE int32x4_t dot_step(int32x4_t sum, int8x16_t weights, int8x16_t x) {
#if defined(__ARM_FEATURE_DOTPROD)
  return vdotq_s32(sum, weights, x);
#else
  const int16x8_t low = vmull_s8(vget_low_s8(weights), vget_low_s8(x)), high = vmull_s8(vget_high_s8(weights), vget_high_s8(x));
  return vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
#endif
}

template <bool with_offset> struct SignedDot {
  using Sum = Integers;
  static LLMX_INLINE Sum start(const int32_t* offset) { return splat_integer(with_offset ? *offset : 0); }
  static LLMX_INLINE void add(Sum& sum, Integers weights, const uint32_t* words) {
    const int8x16_t x = vreinterpretq_s8_u32(vld1q_dup_u32(words));
    LLMX_UNROLL for (int i = 0; i < 4; ++i) sum.v[i] = dot_step(sum.v[i], vreinterpretq_s8_s32(weights.v[i]), x);
  }
  static LLMX_INLINE Integers finish(Sum sum, const int32_t*) { return sum; }
};
using NibbleDot = SignedDot<true>;
using SixBitDot = SignedDot<true>;
using ByteDot = SignedDot<false>;

struct PairDot {
  static LLMX_INLINE void add(Integers& sum, Integers weights, const uint32_t* words) {
    const int16x4_t x = vreinterpret_s16_u32(vld1_dup_u32(words));
    LLMX_UNROLL for (int i = 0; i < 4; ++i) {
      const int16x8_t w = vreinterpretq_s16_s32(weights.v[i]);
      sum.v[i] = vaddq_s32(sum.v[i], vpaddq_s32(vmull_s16(vget_low_s16(w), x), vmull_s16(vget_high_s16(w), x)));
    }
  }
};

#else

constexpr int group_bytes = 4, group_halves = 4, group_floats = 4;
constexpr int float_tiles = 1;
constexpr int halves_from_tokens = 0;
constexpr int nibble_scale = 1, six_bit_scale = 1;
constexpr int nibble_offset = -8, six_bit_offset = -32;
constexpr bool bytes_biased = false;

template <bool with_offset> struct SignedDot {
  using Sum = Integers;
  static inline Sum start(const int32_t* offset) { return splat_integer(with_offset ? *offset : 0); }
  static inline void add(Sum& sum, Integers weights, const uint32_t* words) {
    int8_t w[64], x[4];
    memcpy(w, weights.v, 64);
    memcpy(x, words, 4);
    for (int i = 0; i < 16; ++i) sum.v[i] += w[4 * i] * x[0] + w[4 * i + 1] * x[1] + w[4 * i + 2] * x[2] + w[4 * i + 3] * x[3];
  }
  static inline Integers finish(Sum sum, const int32_t*) { return sum; }
};
using NibbleDot = SignedDot<true>;
using SixBitDot = SignedDot<true>;
using ByteDot = SignedDot<false>;

struct PairDot {
  static inline void add(Integers& sum, Integers weights, const uint32_t* words) {
    int16_t w[32], x[2];
    memcpy(w, weights.v, 64);
    memcpy(x, words, 4);
    for (int i = 0; i < 16; ++i) sum.v[i] += w[2 * i] * x[0] + w[2 * i + 1] * x[1];
  }
};

#endif

#if !defined(LLMX_TIER_AVX512)
LLMX_INLINE Integers hold(Integers loaded) { return loaded; }
LLMX_INLINE Integers byte_weights(Integers weights) { return weights; }
LLMX_INLINE Integers low_nibbles(Integers packed) { return packed & splat_integer(0x0f0f0f0f); }
LLMX_INLINE Integers high_nibbles(Integers packed) { return shift_right<4>(packed) & splat_integer(0x0f0f0f0f); }
#endif

}  // namespace
}  // namespace llmx
