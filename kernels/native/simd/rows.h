// Work on weights that lie row after row, as in a file: turning 16 rows into 16 lanes, and the int8 dot of one row.
#pragma once
#include "dots.h"

namespace llmx {
namespace {

#if defined(LLMX_TIER_AVX512) || defined(LLMX_TIER_AVX2)

// 8 rows x 8 words to 8 vectors of 8 lanes; `target` advances 16 words a vector.
LLMX_INLINE void transpose_8x8(const uint8_t* const* rows, int64_t offset, uint32_t* target, int64_t stride) {
  __m256 a[8], b[8];
  LLMX_UNROLL for (int i = 0; i < 8; ++i) a[i] = _mm256_loadu_ps((const float*)(rows[i] + offset));
  LLMX_UNROLL for (int i = 0; i < 4; ++i) {
    b[2 * i] = _mm256_unpacklo_ps(a[2 * i], a[2 * i + 1]);
    b[2 * i + 1] = _mm256_unpackhi_ps(a[2 * i], a[2 * i + 1]);
  }
  LLMX_UNROLL for (int i = 0; i < 2; ++i) {
    a[4 * i] = _mm256_shuffle_ps(b[4 * i], b[4 * i + 2], 0x44);
    a[4 * i + 1] = _mm256_shuffle_ps(b[4 * i], b[4 * i + 2], 0xee);
    a[4 * i + 2] = _mm256_shuffle_ps(b[4 * i + 1], b[4 * i + 3], 0x44);
    a[4 * i + 3] = _mm256_shuffle_ps(b[4 * i + 1], b[4 * i + 3], 0xee);
  }
  LLMX_UNROLL for (int i = 0; i < 4; ++i) {
    _mm256_storeu_ps((float*)(target + i * stride), _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
    _mm256_storeu_ps((float*)(target + (i + 4) * stride), _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
  }
}

// 16 rows x 8 words, read at rows[r] + offset bytes, to 8 vectors of 16 lanes, `stride` words apart.
LLMX_INLINE void transpose_16x8(const uint8_t* const* rows, int64_t offset, uint32_t* target, int64_t stride) {
  transpose_8x8(rows, offset, target, stride);
  transpose_8x8(rows + 8, offset, target + 8, stride);
}

// The float32 of a float16 in memory.
LLMX_INLINE float read_f16(const uint8_t* bytes) { return _cvtsh_ss(read_u16(bytes)); }

struct BlockSum {
  __m256 total = _mm256_setzero_ps();

  // `offset` -128 * sum(x): used where weights are made unsigned.
  LLMX_INLINE void add(const uint8_t* weights, const uint8_t* x, int32_t offset, float scale) {
    const __m256i w = _mm256_loadu_si256((const __m256i*)weights);
#if defined(LLMX_TIER_AVX512)
    const __m256i start = _mm256_zextsi128_si256(_mm_cvtsi32_si128(offset));
    const __m256i biased = _mm256_xor_si256(w, _mm256_set1_epi8((char)0x80));
    const __m256i dot = _mm256_dpbusd_epi32(start, biased, _mm256_loadu_si256((const __m256i*)x));
#else
    (void)offset;
    const __m256i dot = ByteDot::step(_mm256_setzero_si256(), w, _mm256_loadu_si256((const __m256i*)x));
#endif
    total = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), _mm256_set1_ps(scale), total);
  }
};

LLMX_INLINE float finish(BlockSum a, BlockSum b) {
  const __m256 eight = _mm256_add_ps(a.total, b.total);
  const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

#else

inline void transpose_16x8(const uint8_t* const* rows, int64_t offset, uint32_t* target, int64_t stride) {
  for (int row = 0; row < 16; ++row)
    for (int word = 0; word < 8; ++word) memcpy(target + word * stride + row, rows[row] + offset + 4 * word, 4);
}

#if defined(LLMX_TIER_NEON)

LLMX_INLINE float read_f16(const uint8_t* bytes) {
  return vgetq_lane_f32(vcvt_f32_f16(vreinterpret_f16_u16(vdup_n_u16(read_u16(bytes)))), 0);
}

struct BlockSum {
  float32x4_t total = vdupq_n_f32(0.0f);

  LLMX_INLINE void add(const uint8_t* weights, const uint8_t* x, int32_t, float scale) {
    int32x4_t dot = dot_step(vdupq_n_s32(0), vld1q_s8((const int8_t*)weights), vld1q_s8((const int8_t*)x));
    dot = dot_step(dot, vld1q_s8((const int8_t*)weights + 16), vld1q_s8((const int8_t*)x + 16));
    total = vfmaq_n_f32(total, vcvtq_f32_s32(dot), scale);
  }
};

LLMX_INLINE float finish(BlockSum a, BlockSum b) { return vaddvq_f32(vaddq_f32(a.total, b.total)); }

#else

inline float read_f16(const uint8_t* bytes) { return f16_to_f32(read_u16(bytes)); }

struct BlockSum {
  float total = 0.0f;

  void add(const uint8_t* weights, const uint8_t* x, int32_t, float scale) {
    int32_t dot = 0;
    for (int i = 0; i < 32; ++i) dot += (int8_t)weights[i] * (int8_t)x[i];
    total += (float)dot * scale;
  }
};

inline float finish(BlockSum a, BlockSum b) { return a.total + b.total; }

#endif
#endif

}  // namespace
}  // namespace llmx
