// Turns 16 x 16 floats: 16 vectors, one of each row, become one of each column.
#pragma once
#include "../simd/vector.h"

namespace llmx {
namespace {

#if defined(LLMX_TIER_AVX512)

LLMX_INLINE void transpose(Floats (&rows)[16]) {
  __m512 pairs[16];
  LLMX_UNROLL for (int i = 0; i < 8; i++) {
    pairs[2 * i] = _mm512_unpacklo_ps(rows[2 * i].v, rows[2 * i + 1].v);
    pairs[2 * i + 1] = _mm512_unpackhi_ps(rows[2 * i].v, rows[2 * i + 1].v);
  }
  // quads[4 i + j]: rows 4 i .. 4 i + 3 of column 4 lane + j
  __m512 quads[16];
  LLMX_UNROLL for (int i = 0; i < 4; i++) {
    quads[4 * i] = _mm512_shuffle_ps(pairs[4 * i], pairs[4 * i + 2], 0x44);
    quads[4 * i + 1] = _mm512_shuffle_ps(pairs[4 * i], pairs[4 * i + 2], 0xee);
    quads[4 * i + 2] = _mm512_shuffle_ps(pairs[4 * i + 1], pairs[4 * i + 3], 0x44);
    quads[4 * i + 3] = _mm512_shuffle_ps(pairs[4 * i + 1], pairs[4 * i + 3], 0xee);
  }
  LLMX_UNROLL for (int j = 0; j < 4; j++) {
    const __m512 low02 = _mm512_shuffle_f32x4(quads[j], quads[4 + j], 0x88);
    const __m512 low13 = _mm512_shuffle_f32x4(quads[j], quads[4 + j], 0xdd);
    const __m512 high02 = _mm512_shuffle_f32x4(quads[8 + j], quads[12 + j], 0x88);
    const __m512 high13 = _mm512_shuffle_f32x4(quads[8 + j], quads[12 + j], 0xdd);
    rows[j].v = _mm512_shuffle_f32x4(low02, high02, 0x88);
    rows[4 + j].v = _mm512_shuffle_f32x4(low13, high13, 0x88);
    rows[8 + j].v = _mm512_shuffle_f32x4(low02, high02, 0xdd);
    rows[12 + j].v = _mm512_shuffle_f32x4(low13, high13, 0xdd);
  }
}

#else

inline void transpose(Floats (&rows)[16]) {
  alignas(64) float from[16][16], to[16][16];
  for (int row = 0; row < 16; row++) store(from[row], rows[row]);
  for (int row = 0; row < 16; row++) {
    for (int column = 0; column < 16; column++) to[column][row] = from[row][column];
  }
  for (int row = 0; row < 16; row++) rows[row] = load(to[row]);
}

#endif

}  // namespace
}  // namespace llmx
