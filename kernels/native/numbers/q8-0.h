// Q8_0: 32 columns share a scale. Block of 34 bytes: f16 d, 32 int8 q; value = q * d. Runs in place.
#pragma once
#include "../simd/rows.h"

namespace llmx {
namespace {

struct Q8_0 {
  static constexpr int64_t block_columns = 32, block_bytes = 34;
  using Dot = ByteDot;
  static constexpr int scale_columns = 32, group_columns = 32;  // columns that share a weight scale, an activation scale
  static constexpr bool has_offset = true, has_minimum = false;

  static void decode(const uint8_t* row, int64_t columns, float* out) {
    for (int64_t block = 0; block < columns / 32; ++block, row += 34) {
      const float d = f16_to_f32(read_u16(row));
      for (int i = 0; i < 32; ++i) *out++ = (float)(int8_t)row[2 + i] * d;
    }
  }

  // Blocks [first, last) of 16 rows to a panel: weights [block][8 steps][16 rows][4 columns], scales [block][16].
  static void fill(const uint8_t* const* rows, int64_t first, int64_t last, uint8_t* weights, float* scales) {
    for (int64_t block = first; block < last; ++block, weights += 512, scales += 16) {
      const int64_t at = block * 34;
      transpose_16x8(rows, at + 2, (uint32_t*)weights, 16);
      if (bytes_biased)
        for (int step = 0; step < 8; ++step) store_integers(weights + 64 * step, byte_weights(load_integers(weights + 64 * step)));
      uint16_t d[16];
      for (int row = 0; row < 16; ++row) memcpy(d + row, rows[row] + at, 2);
      store(scales, load_f16(d));
    }
  }

  // The dot of one row with one token's bytes. x: [columns] int8, scales and offsets [columns / 32].
  static LLMX_INLINE float dot(const uint8_t* row, int64_t columns, const uint8_t* x, const float* scales, const int32_t* offsets) {
    BlockSum even, odd;
    const int64_t blocks = columns / 32;
    int64_t block = 0;
    for (; block + 2 <= blocks; block += 2, row += 68, x += 64) {
      even.add(row + 2, x, offsets[block], read_f16(row) * scales[block]);
      odd.add(row + 36, x + 32, offsets[block + 1], read_f16(row + 34) * scales[block + 1]);
    }
    if (block < blocks) even.add(row + 2, x, offsets[block], read_f16(row) * scales[block]);
    return finish(even, odd);
  }
};

}  // namespace
}  // namespace llmx
