// The vector abstraction over AVX2 + FMA + F16C: two ymm registers each.
#pragma once
#include <immintrin.h>

namespace llmx {
namespace {

struct Floats { __m256 low, high; };
struct Integers { __m256i low, high; };
struct Mask { __m256 low, high; };

LLMX_INLINE __m256i first_lanes(int count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

LLMX_INLINE Floats splat(float value) { return {_mm256_set1_ps(value), _mm256_set1_ps(value)}; }
LLMX_INLINE Floats load(const float* source) { return {_mm256_loadu_ps(source), _mm256_loadu_ps(source + 8)}; }
LLMX_INLINE Floats load_partial(const float* source, int count) {
  return {_mm256_maskload_ps(source, first_lanes(count)), _mm256_maskload_ps(source + 8, first_lanes(count - 8))};
}
LLMX_INLINE void store(float* target, Floats a) {
  _mm256_storeu_ps(target, a.low);
  _mm256_storeu_ps(target + 8, a.high);
}
LLMX_INLINE void store_partial(float* target, Floats a, int count) {
  _mm256_maskstore_ps(target, first_lanes(count), a.low);
  _mm256_maskstore_ps(target + 8, first_lanes(count - 8), a.high);
}

LLMX_INLINE Floats operator+(Floats a, Floats b) { return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)}; }
LLMX_INLINE Floats operator-(Floats a, Floats b) { return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)}; }
LLMX_INLINE Floats operator*(Floats a, Floats b) { return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)}; }
LLMX_INLINE Floats operator/(Floats a, Floats b) { return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)}; }
LLMX_INLINE Floats operator-(Floats a) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_xor_ps(a.low, sign), _mm256_xor_ps(a.high, sign)};
}
LLMX_INLINE Floats fma(Floats a, Floats b, Floats c) {
  return {_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}
LLMX_INLINE Floats minimum(Floats a, Floats b) { return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)}; }
LLMX_INLINE Floats maximum(Floats a, Floats b) { return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)}; }
LLMX_INLINE Floats absolute(Floats a) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_andnot_ps(sign, a.low), _mm256_andnot_ps(sign, a.high)};
}
LLMX_INLINE Floats square_root(Floats a) { return {_mm256_sqrt_ps(a.low), _mm256_sqrt_ps(a.high)}; }
LLMX_INLINE Floats round_even(Floats a) {
  constexpr int mode = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  return {_mm256_round_ps(a.low, mode), _mm256_round_ps(a.high, mode)};
}
LLMX_INLINE Floats swap_pairs(Floats a) { return {_mm256_permute_ps(a.low, 0xb1), _mm256_permute_ps(a.high, 0xb1)}; }
LLMX_INLINE float sum_half(__m256 a) {
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}
LLMX_INLINE float sum(Floats a) { return sum_half(_mm256_add_ps(a.low, a.high)); }
LLMX_INLINE float largest(Floats a) {
  const __m256 eight = _mm256_max_ps(a.low, a.high);
  const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

LLMX_INLINE Mask operator<(Floats a, Floats b) {
  return {_mm256_cmp_ps(a.low, b.low, _CMP_LT_OQ), _mm256_cmp_ps(a.high, b.high, _CMP_LT_OQ)};
}
LLMX_INLINE Mask operator<=(Floats a, Floats b) {
  return {_mm256_cmp_ps(a.low, b.low, _CMP_LE_OQ), _mm256_cmp_ps(a.high, b.high, _CMP_LE_OQ)};
}
LLMX_INLINE Mask operator>(Floats a, Floats b) {
  return {_mm256_cmp_ps(a.low, b.low, _CMP_GT_OQ), _mm256_cmp_ps(a.high, b.high, _CMP_GT_OQ)};
}
LLMX_INLINE Mask operator>=(Floats a, Floats b) {
  return {_mm256_cmp_ps(a.low, b.low, _CMP_GE_OQ), _mm256_cmp_ps(a.high, b.high, _CMP_GE_OQ)};
}
LLMX_INLINE Mask operator==(Floats a, Floats b) {
  return {_mm256_cmp_ps(a.low, b.low, _CMP_EQ_OQ), _mm256_cmp_ps(a.high, b.high, _CMP_EQ_OQ)};
}
LLMX_INLINE Mask operator&(Mask a, Mask b) { return {_mm256_and_ps(a.low, b.low), _mm256_and_ps(a.high, b.high)}; }
LLMX_INLINE Mask operator|(Mask a, Mask b) { return {_mm256_or_ps(a.low, b.low), _mm256_or_ps(a.high, b.high)}; }
LLMX_INLINE Floats select(Mask m, Floats yes, Floats no) {
  return {_mm256_blendv_ps(no.low, yes.low, m.low), _mm256_blendv_ps(no.high, yes.high, m.high)};
}

LLMX_INLINE Integers splat_integer(int32_t value) { return {_mm256_set1_epi32(value), _mm256_set1_epi32(value)}; }
LLMX_INLINE Integers load_integers(const void* source) {
  return {_mm256_loadu_si256((const __m256i*)source), _mm256_loadu_si256((const __m256i*)source + 1)};
}
LLMX_INLINE void store_integers(void* target, Integers a) {
  _mm256_storeu_si256((__m256i*)target, a.low);
  _mm256_storeu_si256((__m256i*)target + 1, a.high);
}
LLMX_INLINE Integers operator+(Integers a, Integers b) { return {_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)}; }
LLMX_INLINE Integers operator-(Integers a, Integers b) { return {_mm256_sub_epi32(a.low, b.low), _mm256_sub_epi32(a.high, b.high)}; }
LLMX_INLINE Integers operator*(Integers a, Integers b) { return {_mm256_mullo_epi32(a.low, b.low), _mm256_mullo_epi32(a.high, b.high)}; }
LLMX_INLINE Integers operator&(Integers a, Integers b) { return {_mm256_and_si256(a.low, b.low), _mm256_and_si256(a.high, b.high)}; }
LLMX_INLINE Integers operator|(Integers a, Integers b) { return {_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)}; }
LLMX_INLINE Integers operator^(Integers a, Integers b) { return {_mm256_xor_si256(a.low, b.low), _mm256_xor_si256(a.high, b.high)}; }
LLMX_INLINE Integers maximum(Integers a, Integers b) { return {_mm256_max_epi32(a.low, b.low), _mm256_max_epi32(a.high, b.high)}; }
template <int n> LLMX_INLINE Integers shift_left(Integers a) { return {_mm256_slli_epi32(a.low, n), _mm256_slli_epi32(a.high, n)}; }
template <int n> LLMX_INLINE Integers shift_right(Integers a) { return {_mm256_srli_epi32(a.low, n), _mm256_srli_epi32(a.high, n)}; }
template <int n> LLMX_INLINE Integers shift_right_signed(Integers a) { return {_mm256_srai_epi32(a.low, n), _mm256_srai_epi32(a.high, n)}; }
LLMX_INLINE Integers widen_u8(const uint8_t* source) {
  return {_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)source)),
          _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i*)(source + 8)))};
}
LLMX_INLINE Integers widen_s8(const int8_t* source) {
  return {_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i*)source)),
          _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i*)(source + 8)))};
}
LLMX_INLINE Integers widen_u16(const uint16_t* source) {
  return {_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i*)source)),
          _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i*)(source + 8)))};
}
LLMX_INLINE Floats to_floats(Integers a) { return {_mm256_cvtepi32_ps(a.low), _mm256_cvtepi32_ps(a.high)}; }
LLMX_INLINE Integers to_integers(Floats a) { return {_mm256_cvtps_epi32(a.low), _mm256_cvtps_epi32(a.high)}; }
LLMX_INLINE Floats as_floats(Integers a) { return {_mm256_castsi256_ps(a.low), _mm256_castsi256_ps(a.high)}; }
LLMX_INLINE Integers as_integers(Floats a) { return {_mm256_castps_si256(a.low), _mm256_castps_si256(a.high)}; }

LLMX_INLINE Floats load_f16(const uint16_t* source) {
  return {_mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)source)), _mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)(source + 8)))};
}
LLMX_INLINE Floats load_bf16(const uint16_t* source) {
  return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i*)source)), 16)),
          _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i*)(source + 8))), 16))};
}
LLMX_INLINE void store_f16(uint16_t* target, Floats a) {
  constexpr int mode = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  _mm_storeu_si128((__m128i*)target, _mm256_cvtps_ph(a.low, mode));
  _mm_storeu_si128((__m128i*)(target + 8), _mm256_cvtps_ph(a.high, mode));
}

// Each lane's low 16 bits. The packing with saturation is exact once the lanes are sign-extended.
LLMX_INLINE __m256i low_halves(Integers a) {
  const __m256i low = _mm256_srai_epi32(_mm256_slli_epi32(a.low, 16), 16);
  const __m256i high = _mm256_srai_epi32(_mm256_slli_epi32(a.high, 16), 16);
  return _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
}
// The float16 in each lane's low half.
LLMX_INLINE Floats low_f16(Integers a) {
  const __m256i halves = low_halves(a);
  return {_mm256_cvtph_ps(_mm256_castsi256_si128(halves)), _mm256_cvtph_ps(_mm256_extracti128_si256(halves, 1))};
}
LLMX_INLINE void store_low_halves(int16_t* target, Integers a) { _mm256_storeu_si256((__m256i*)target, low_halves(a)); }
// Each lane's low byte, without regard to range.
LLMX_INLINE void store_low_bytes(int8_t* target, Integers a) {
  const __m256i halves = _mm256_srai_epi16(_mm256_slli_epi16(low_halves(a), 8), 8);
  _mm_storeu_si128((__m128i*)target, _mm_packs_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1)));
}
LLMX_INLINE void store_bf16(uint16_t* target, Floats a) {
  const Integers bits = as_integers(a);
  const Integers rounded = bits + (shift_right<16>(bits) & splat_integer(1)) + splat_integer(0x7fff);
  const Floats result = select(a == a, as_floats(rounded), as_floats(bits | splat_integer(0x400000)));
  store_low_halves((int16_t*)target, shift_right<16>(as_integers(result)));
}

}  // namespace
}  // namespace llmx
