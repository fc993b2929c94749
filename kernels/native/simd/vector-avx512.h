// The vector abstraction over AVX-512 F/BW/VL/DQ: one zmm register each.
#pragma once
#include <immintrin.h>

namespace llmx {
namespace {

struct Floats { __m512 v; };
struct Integers { __m512i v; };
struct Mask { __mmask16 v; };

LLMX_INLINE __mmask16 first_lanes(int count) { return (__mmask16)((1u << count) - 1); }

LLMX_INLINE Floats splat(float value) { return {_mm512_set1_ps(value)}; }
LLMX_INLINE Floats load(const float* source) { return {_mm512_loadu_ps(source)}; }
LLMX_INLINE Floats load_partial(const float* source, int count) { return {_mm512_maskz_loadu_ps(first_lanes(count), source)}; }
LLMX_INLINE void store(float* target, Floats a) { _mm512_storeu_ps(target, a.v); }
LLMX_INLINE void store_partial(float* target, Floats a, int count) { _mm512_mask_storeu_ps(target, first_lanes(count), a.v); }

LLMX_INLINE Floats operator+(Floats a, Floats b) { return {_mm512_add_ps(a.v, b.v)}; }
LLMX_INLINE Floats operator-(Floats a, Floats b) { return {_mm512_sub_ps(a.v, b.v)}; }
LLMX_INLINE Floats operator*(Floats a, Floats b) { return {_mm512_mul_ps(a.v, b.v)}; }
LLMX_INLINE Floats operator/(Floats a, Floats b) { return {_mm512_div_ps(a.v, b.v)}; }
LLMX_INLINE Floats operator-(Floats a) {
  return {_mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(a.v), _mm512_set1_epi32((int)0x80000000)))};
}
LLMX_INLINE Floats fma(Floats a, Floats b, Floats c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
LLMX_INLINE Floats minimum(Floats a, Floats b) { return {_mm512_min_ps(a.v, b.v)}; }
LLMX_INLINE Floats maximum(Floats a, Floats b) { return {_mm512_max_ps(a.v, b.v)}; }
LLMX_INLINE Floats absolute(Floats a) {
  return {_mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(a.v), _mm512_set1_epi32(0x7fffffff)))};
}
LLMX_INLINE Floats square_root(Floats a) { return {_mm512_sqrt_ps(a.v)}; }
LLMX_INLINE Floats round_even(Floats a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
LLMX_INLINE Floats swap_pairs(Floats a) { return {_mm512_permute_ps(a.v, 0xb1)}; }
LLMX_INLINE float sum(Floats a) { return _mm512_reduce_add_ps(a.v); }
LLMX_INLINE float largest(Floats a) { return _mm512_reduce_max_ps(a.v); }

LLMX_INLINE Mask operator<(Floats a, Floats b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
LLMX_INLINE Mask operator<=(Floats a, Floats b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
LLMX_INLINE Mask operator>(Floats a, Floats b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
LLMX_INLINE Mask operator>=(Floats a, Floats b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
LLMX_INLINE Mask operator==(Floats a, Floats b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
LLMX_INLINE Mask operator&(Mask a, Mask b) { return {(__mmask16)(a.v & b.v)}; }
LLMX_INLINE Mask operator|(Mask a, Mask b) { return {(__mmask16)(a.v | b.v)}; }
LLMX_INLINE Floats select(Mask m, Floats yes, Floats no) { return {_mm512_mask_blend_ps(m.v, no.v, yes.v)}; }

LLMX_INLINE Floats load_f16(const uint16_t* source) { return {_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)source))}; }
LLMX_INLINE Floats load_bf16(const uint16_t* source) {
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)source)), 16))};
}
LLMX_INLINE void store_f16(uint16_t* target, Floats a) {
  _mm256_storeu_si256((__m256i*)target, _mm512_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}
LLMX_INLINE void store_bf16(uint16_t* target, Floats a) {
  const __m512i bits = _mm512_castps_si512(a.v);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  const __m512i quiet = _mm512_or_si512(bits, _mm512_set1_epi32(0x400000));
  const __m512i result = _mm512_mask_blend_epi32(_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q), rounded, quiet);
  _mm256_storeu_si256((__m256i*)target, _mm512_cvtepi32_epi16(_mm512_srli_epi32(result, 16)));
}

LLMX_INLINE Integers splat_integer(int32_t value) { return {_mm512_set1_epi32(value)}; }
LLMX_INLINE Integers load_integers(const void* source) { return {_mm512_loadu_si512(source)}; }
LLMX_INLINE void store_integers(void* target, Integers a) { _mm512_storeu_si512(target, a.v); }
LLMX_INLINE Integers operator+(Integers a, Integers b) { return {_mm512_add_epi32(a.v, b.v)}; }
LLMX_INLINE Integers operator-(Integers a, Integers b) { return {_mm512_sub_epi32(a.v, b.v)}; }
LLMX_INLINE Integers operator*(Integers a, Integers b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
LLMX_INLINE Integers operator&(Integers a, Integers b) { return {_mm512_and_si512(a.v, b.v)}; }
LLMX_INLINE Integers operator|(Integers a, Integers b) { return {_mm512_or_si512(a.v, b.v)}; }
LLMX_INLINE Integers operator^(Integers a, Integers b) { return {_mm512_xor_si512(a.v, b.v)}; }
LLMX_INLINE Integers maximum(Integers a, Integers b) { return {_mm512_max_epi32(a.v, b.v)}; }
template <int n> LLMX_INLINE Integers shift_left(Integers a) { return {_mm512_slli_epi32(a.v, n)}; }
template <int n> LLMX_INLINE Integers shift_right(Integers a) { return {_mm512_srli_epi32(a.v, n)}; }
template <int n> LLMX_INLINE Integers shift_right_signed(Integers a) { return {_mm512_srai_epi32(a.v, n)}; }
LLMX_INLINE Integers widen_u8(const uint8_t* source) { return {_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i*)source))}; }
LLMX_INLINE Integers widen_s8(const int8_t* source) { return {_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i*)source))}; }
LLMX_INLINE Integers widen_u16(const uint16_t* source) { return {_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i*)source))}; }
LLMX_INLINE Floats to_floats(Integers a) { return {_mm512_cvtepi32_ps(a.v)}; }
LLMX_INLINE Integers to_integers(Floats a) { return {_mm512_cvtps_epi32(a.v)}; }
LLMX_INLINE Floats as_floats(Integers a) { return {_mm512_castsi512_ps(a.v)}; }
LLMX_INLINE Integers as_integers(Floats a) { return {_mm512_castps_si512(a.v)}; }

// The float16 in each lane's low half.
LLMX_INLINE Floats low_f16(Integers a) { return {_mm512_cvtph_ps(_mm512_cvtepi32_epi16(a.v))}; }

// Each lane's low byte, without regard to range.
LLMX_INLINE void store_low_bytes(int8_t* target, Integers a) { _mm_storeu_si128((__m128i*)target, _mm512_cvtepi32_epi8(a.v)); }
// Each lane's low half, without regard to range.
LLMX_INLINE void store_low_halves(int16_t* target, Integers a) { _mm256_storeu_si256((__m256i*)target, _mm512_cvtepi32_epi16(a.v)); }

}  // namespace
}  // namespace llmx
