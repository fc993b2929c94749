// Q4_K: 256 columns, 8 sub-blocks of 32. Block of 144 bytes: f16 d, f16 dmin, 12 bytes of 6-bit scales and minimums, 128 bytes of nibbles
// (32 bytes hold sub-block 2j low and 2j + 1 high); value = (d * scale) * q - (dmin * minimum).
// Packed tile of 16 rows, for every block 2304 bytes: 16 f16 d, 16 f16 dmin, the 12 bytes as 3 vectors, then 32 vectors of
// 16 rows x 4 bytes.
#pragma once
#include "../simd/dots.h"

namespace llmx {
namespace {

struct Q4_K {
  static constexpr int64_t block_columns = 256, block_bytes = 144;
  using Dot = NibbleDot;
  static constexpr int scale_columns = 32, group_columns = 256;  // columns that share a weight scale, an activation scale
  static constexpr bool has_offset = false, has_minimum = true;

  static void decode(const uint8_t* row, int64_t columns, float* out) {
    for (int64_t block = 0; block < columns / 256; ++block, row += 144) {
      const float d = f16_to_f32(read_u16(row)), dmin = f16_to_f32(read_u16(row + 2));
      const uint8_t* s = row + 4;
      for (int sub = 0; sub < 8; ++sub, out += 32) {
        const int scale = sub < 4 ? s[sub] & 63 : (s[sub + 4] & 15) | (s[sub - 4] >> 6) << 4;
        const int minimum = sub < 4 ? s[sub + 4] & 63 : s[sub + 4] >> 4 | (s[sub] >> 6) << 4;
        const float factor = d * (float)scale, less = dmin * (float)minimum;
        const uint8_t* q = row + 16 + 32 * (sub / 2);
        for (int i = 0; i < 32; ++i) out[i] = factor * (float)(sub & 1 ? q[i] >> 4 : q[i] & 15) - less;
      }
    }
  }

  static void pack(const uint8_t* const* rows, int64_t columns, uint8_t* target) {
    for (int64_t block = 0; block < columns / 256; ++block, target += 2304)
      for (int row = 0; row < 16; ++row) {
        const uint8_t* source = rows[row] + block * 144;
        memcpy(target + 2 * row, source, 2);
        memcpy(target + 32 + 2 * row, source + 2, 2);
        for (int word = 0; word < 35; ++word) memcpy(target + 64 + 64 * word + 4 * row, source + 4 + 4 * word, 4);
      }
  }

  // For blocks of 32 [first, last), both multiples of 8, of a packed tile: calls visit(block, weights(step 0..7), scale, scale), and after
  // each 8 leave(block, minimums, -dmin), where minimums are 4 vectors of pairs of int16: of sub-blocks 0 and 2, 1 and 3, 4 and 6, 5 and 7.
  template <class Visit, class Leave> static LLMX_INLINE void blocks(const uint8_t* tile, int64_t first, int64_t last, Visit&& visit,
                                                                     Leave&& leave) {
    for (int64_t block = first; block < last; block += 8) {
      const uint8_t* source = tile + block / 8 * 2304;
      const Floats d = load_f16((const uint16_t*)source) * splat(1.0f / nibble_scale);
      const Integers a = load_integers(source + 64), b = load_integers(source + 128), c = load_integers(source + 192);
      const Integers six = splat_integer(0x3f3f3f3f), four = splat_integer(0x0f0f0f0f), two = splat_integer(0x30303030);
      // byte i of vector j belongs to sub-block 4j + i
      const Integers scale0 = a & six, scale1 = (c & four) | (shift_right<2>(a) & two);
      pair<0>(block, source + 256, d * byte<0>(scale0), d * byte<1>(scale0), visit);
      pair<1>(block, source + 256, d * byte<2>(scale0), d * byte<3>(scale0), visit);
      pair<2>(block, source + 256, d * byte<0>(scale1), d * byte<1>(scale1), visit);
      pair<3>(block, source + 256, d * byte<2>(scale1), d * byte<3>(scale1), visit);
      const Integers minimum0 = b & six, minimum1 = (shift_right<4>(c) & four) | (shift_right<2>(b) & two);
      const Integers even = splat_integer(0x00ff00ff);
      const Integers minimums[4] = {minimum0 & even, shift_right<8>(minimum0) & even, minimum1 & even, shift_right<8>(minimum1) & even};
      leave(block, minimums, -load_f16((const uint16_t*)(source + 32)));
    }
  }

  template <int index> static LLMX_INLINE Floats byte(Integers words) {
    return to_floats(shift_right<8 * index>(words) & splat_integer(255));
  }

  // Sub-blocks 2 index and 2 index + 1 share 32 bytes of every row.
  template <int index, class Visit> static LLMX_INLINE void pair(int64_t block, const uint8_t* nibbles, Floats scale0, Floats scale1,
                                                                 Visit&& visit) {
    const uint8_t* source = nibbles + 512 * index;
    const auto low = [source](int step) LLMX_INLINE_LAMBDA { return low_nibbles(load_integers(source + 64 * step)); };
    const auto high = [source](int step) LLMX_INLINE_LAMBDA { return high_nibbles(load_integers(source + 64 * step)); };
    visit(block + 2 * index, low, scale0, scale0);
    visit(block + 2 * index + 1, high, scale1, scale1);
  }
};

}  // namespace
}  // namespace llmx
