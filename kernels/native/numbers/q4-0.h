// Q4_0: 32 columns share a scale. Block of 18 bytes: f16 d, 16 bytes of nibbles (column i low, column i + 16 high); value = (q - 8) * d.
// Packed tile of 16 rows, for every block 288 bytes: 16 f16 d, then 4 vectors of 16 rows x 4 bytes.
#pragma once
#include "../simd/dots.h"

namespace llmx {
namespace {

struct Q4_0 {
  static constexpr int64_t block_columns = 32, block_bytes = 18;
  using Dot = NibbleDot;
  static constexpr int scale_columns = 32, group_columns = 32;  // columns that share a weight scale, an activation scale
  static constexpr bool has_offset = true, has_minimum = false;

  static void decode(const uint8_t* row, int64_t columns, float* out) {
    for (int64_t block = 0; block < columns / 32; ++block, row += 18, out += 32) {
      const float d = f16_to_f32(read_u16(row));
      for (int i = 0; i < 16; ++i) {
        out[i] = (float)((row[2 + i] & 15) - 8) * d;
        out[i + 16] = (float)((row[2 + i] >> 4) - 8) * d;
      }
    }
  }

  static void pack(const uint8_t* const* rows, int64_t columns, uint8_t* target) {
    for (int64_t block = 0; block < columns / 32; ++block, target += 288)
      for (int row = 0; row < 16; ++row) {
        const uint8_t* source = rows[row] + block * 18;
        memcpy(target + 2 * row, source, 2);
        for (int word = 0; word < 4; ++word) memcpy(target + 32 + 64 * word + 4 * row, source + 2 + 4 * word, 4);
      }
  }

  // Calls visit(block, weights(step 0..7), scale, scale) for the blocks [first, last) of a packed tile, and leave() after each.
  template <class Visit, class Leave> static LLMX_INLINE void blocks(const uint8_t* tile, int64_t first, int64_t last, Visit&& visit,
                                                                     Leave&& leave) {
    const Floats unit = splat(1.0f / nibble_scale);
    for (int64_t block = first; block < last; ++block) {
      const uint8_t* source = tile + block * 288;
      const Floats scale = load_f16((const uint16_t*)source) * unit;
      visit(block, [source](int step) LLMX_INLINE_LAMBDA {
        return step < 4 ? low_nibbles(load_integers(source + 32 + 64 * step)) : high_nibbles(load_integers(source + 32 + 64 * (step - 4)));
      }, scale, scale);
      leave(block, NULL, scale);
    }
  }
};

}  // namespace
}  // namespace llmx
