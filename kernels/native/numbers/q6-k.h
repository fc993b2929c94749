// Q6_K: 256 columns, 16 sub-blocks of 16. Block of 210 bytes: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 int8 scales, f16 d;
// value = (d * scale) * (q - 32). For each half of 128 columns, column l of quarter k takes its nibble from byte l + 32 (k & 1) (high when
// k >= 2) and its bits from byte l, pair k.
// Packed tile of 16 rows, for every block 3360 bytes: 16 f16 d, then for each 32 columns, that is 8 steps of 4: scales [2][16 rows] and 6
// vectors of 16 rows x 4 bytes, nibbles of steps i (low) and i + 4 (high) for i = 0..3, bit pairs of steps j, j + 2, j + 4, j + 6 (low to
// high) for j = 0, 1.
#pragma once
#include "../simd/dots.h"

namespace llmx {
namespace {

struct Q6_K {
  static constexpr int64_t block_columns = 256, block_bytes = 210;
  using Dot = SixBitDot;
  static constexpr int scale_columns = 16, group_columns = 256;  // columns that share a weight scale, an activation scale
  static constexpr bool has_offset = true, has_minimum = false;

  // The 6 bits of column i of a block, 0..63.
  static LLMX_INLINE int bits(const uint8_t* block, int i) {
    const int half = i / 128, quarter = i / 32 % 4, l = i % 32;
    const int nibble = block[64 * half + l + 32 * (quarter & 1)] >> (quarter >= 2 ? 4 : 0) & 15;
    return nibble | (block[128 + 32 * half + l] >> 2 * quarter & 3) << 4;
  }

  static void decode(const uint8_t* row, int64_t columns, float* out) {
    for (int64_t block = 0; block < columns / 256; ++block, row += 210, out += 256) {
      const float d = f16_to_f32(read_u16(row + 208));
      for (int i = 0; i < 256; ++i) out[i] = d * (float)(int8_t)row[192 + i / 16] * (float)(bits(row, i) - 32);
    }
  }

  static void pack(const uint8_t* const* rows, int64_t columns, uint8_t* target) {
    for (int64_t block = 0; block < columns / 256; ++block, target += 3360)
      for (int row = 0; row < 16; ++row) {
        const uint8_t* source = rows[row] + block * 210;
        memcpy(target + 2 * row, source + 208, 2);
        for (int sub = 0; sub < 16; ++sub) target[32 + 416 * (sub / 2) + 16 * (sub % 2) + row] = source[192 + sub];
        for (int sub = 0; sub < 8; ++sub) {
          uint8_t q[32], nibbles[16], pairs[8];
          for (int i = 0; i < 32; ++i) q[i] = (uint8_t)bits(source, 32 * sub + i);
          for (int i = 0; i < 16; ++i) nibbles[i] = (uint8_t)((q[i] & 15) | q[i + 16] << 4);
          for (int i = 0; i < 8; ++i) pairs[i] = (uint8_t)(q[i] >> 4 | q[i + 8] >> 4 << 2 | q[i + 16] >> 4 << 4 | q[i + 24] >> 4 << 6);
          uint8_t* vectors = target + 64 + 416 * sub + 4 * row;
          for (int i = 0; i < 4; ++i) memcpy(vectors + 64 * i, nibbles + 4 * i, 4);
          for (int i = 0; i < 2; ++i) memcpy(vectors + 256 + 64 * i, pairs + 4 * i, 4);
        }
      }
  }

  // For blocks of 32 [first, last), both multiples of 8, of a packed tile: calls visit(block, weights(step 0..7), scale of the first 16
  // columns, of the second), and leave() after each 8.
  template <class Visit, class Leave> static LLMX_INLINE void blocks(const uint8_t* tile, int64_t first, int64_t last, Visit&& visit,
                                                                     Leave&& leave) {
    for (int64_t block = first; block < last; block += 8) {
      const uint8_t* source = tile + block / 8 * 3360;
      const Floats d = load_f16((const uint16_t*)source) * splat(1.0f / six_bit_scale);
      for (int sub = 0; sub < 8; ++sub) {
        const int8_t* scales = (const int8_t*)source + 32 + 416 * sub;
        const uint8_t* vectors = source + 64 + 416 * sub;
        Integers loaded[6];
        LLMX_UNROLL for (int i = 0; i < 6; ++i) loaded[i] = hold(load_integers(vectors + 64 * i));
        visit(block + sub, [&loaded](int step) LLMX_INLINE_LAMBDA { return weights(loaded, step); }, d * to_floats(widen_s8(scales)),
              d * to_floats(widen_s8(scales + 16)));
      }
      leave(block, NULL, d);
    }
  }

  static LLMX_INLINE Integers weights(const Integers* vectors, int step) {
    switch (step) {  // a constant once unrolled
      case 0: return join<0>(vectors);
      case 1: return join<1>(vectors);
      case 2: return join<2>(vectors);
      case 3: return join<3>(vectors);
      case 4: return join<4>(vectors);
      case 5: return join<5>(vectors);
      case 6: return join<6>(vectors);
      default: return join<7>(vectors);
    }
  }

  // (nibble | pair << 4) * six_bit_scale in every byte
  template <int step> static LLMX_INLINE Integers join(const Integers* vectors) {
    constexpr int pair = step / 2;  // its place in the byte
    const Integers nibbles = vectors[step % 4], pairs = vectors[4 + step % 2];
    if (six_bit_scale == 4) {
      const Integers low = step < 4 ? shift_left<2>(nibbles) : shift_right<2>(nibbles);
      return (low & splat_integer(0x3c3c3c3c)) | (shift_left<6 - 2 * pair>(pairs) & splat_integer((int32_t)0xc0c0c0c0));
    }
    const Integers low = step < 4 ? nibbles : shift_right<4>(nibbles);
    const Integers high = pair < 3 ? shift_left<pair < 3 ? 4 - 2 * pair : 0>(pairs) : shift_right<2>(pairs);
    return (low & splat_integer(0x0f0f0f0f)) | (high & splat_integer(0x30303030));
  }
};

}  // namespace
}  // namespace llmx
