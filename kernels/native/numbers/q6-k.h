// Q6_K: 256 columns, 16 sub-blocks of 16. Block of 210 bytes: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 int8 scales, f16 d;
// value = (d * scale) * (q - 32). For each half of 128 columns, column l of quarter k takes its nibble from byte l + 32 (k & 1) (high when k >= 2)
// and its bits from byte l, pair k.
// Packed tile of 16 rows, for every block 3360 bytes: 16 f16 d, scales [16][16 rows], then for each half 8 vectors of bit pairs and 16 of nibbles.
#pragma once
#include "../simd/dots.h"

namespace llmx {
namespace {

struct Q6_K {
  static constexpr int64_t block_columns = 256, block_bytes = 210;
  using Dot = SixBitDot;
  static constexpr int scale_columns = 16, group_columns = 256;  // columns that share a weight scale, an activation scale
  static constexpr bool has_offset = true, has_minimum = false;

  static void decode(const uint8_t* row, int64_t columns, float* out) {
    for (int64_t block = 0; block < columns / 256; ++block, row += 210, out += 256) {
      const float d = f16_to_f32(read_u16(row + 208));
      for (int i = 0; i < 256; ++i) {
        const int half = i / 128, quarter = i / 32 % 4, l = i % 32;
        const int nibble = row[64 * half + l + 32 * (quarter & 1)] >> (quarter >= 2 ? 4 : 0) & 15;
        const int pair = row[128 + 32 * half + l] >> 2 * quarter & 3;
        out[i] = d * (float)(int8_t)row[192 + i / 16] * (float)((nibble | pair << 4) - 32);
      }
    }
  }

  static void pack(const uint8_t* const* rows, int64_t columns, uint8_t* target) {
    for (int64_t block = 0; block < columns / 256; ++block, target += 3360)
      for (int row = 0; row < 16; ++row) {
        const uint8_t* source = rows[row] + block * 210;
        memcpy(target + 2 * row, source + 208, 2);
        for (int sub = 0; sub < 16; ++sub) target[32 + 16 * sub + row] = source[192 + sub];
        for (int half = 0; half < 2; ++half) {
          uint8_t* vectors = target + 288 + 1536 * half + 4 * row;
          for (int word = 0; word < 8; ++word) memcpy(vectors + 64 * word, source + 128 + 32 * half + 4 * word, 4);
          for (int word = 0; word < 16; ++word) memcpy(vectors + 512 + 64 * word, source + 64 * half + 4 * word, 4);
        }
      }
  }

  // For blocks of 32 [first, last), both multiples of 8, of a packed tile: calls visit(block, weights(step 0..7), scale of the first 16 columns,
  // of the second), and leave() after each 8.
  template <class Visit, class Leave> static LLMX_INLINE void blocks(const uint8_t* tile, int64_t first, int64_t last, Visit&& visit, Leave&& leave) {
    for (int64_t block = first; block < last; block += 8) {
      const uint8_t* source = tile + block / 8 * 3360;
      const Floats d = load_f16((const uint16_t*)source) * splat(1.0f / six_bit_scale);
      for (int half = 0; half < 2; ++half) {
        const int64_t at = block + 4 * half;
        const uint8_t* vectors = source + 288 + 1536 * half;
        const int8_t* scales = (const int8_t*)source + 32 + 128 * half;
        quarter<0>(at, vectors, d, scales, visit);
        quarter<1>(at, vectors, d, scales, visit);
        quarter<2>(at, vectors, d, scales, visit);
        quarter<3>(at, vectors, d, scales, visit);
      }
      leave(block, NULL, d);
    }
  }

  template <int index, class Visit>
  static LLMX_INLINE void quarter(int64_t block, const uint8_t* vectors, Floats d, const int8_t* scales, Visit&& visit) {
    const Floats first = d * to_floats(widen_s8(scales + 32 * index)), second = d * to_floats(widen_s8(scales + 32 * index + 16));
    visit(block + index, [vectors](int step) LLMX_INLINE_LAMBDA {
      const Integers nibbles = load_integers(vectors + 512 + 512 * (index & 1) + 64 * step), pairs = load_integers(vectors + 64 * step);
      return join<index>(nibbles, pairs);
    }, first, second);
  }

  // (nibble | pair << 4) * six_bit_scale in every byte
  template <int index> static LLMX_INLINE Integers join(Integers nibbles, Integers pairs) {
    if (six_bit_scale == 4) {
      const Integers low = index < 2 ? shift_left<2>(nibbles) : shift_right<2>(nibbles);
      return (low & splat_integer(0x3c3c3c3c)) | (shift_left<6 - 2 * index>(pairs) & splat_integer((int32_t)0xc0c0c0c0));
    }
    const Integers low = index < 2 ? nibbles : shift_right<4>(nibbles);
    const Integers high = index < 3 ? shift_left<index < 3 ? 4 - 2 * index : 0>(pairs) : shift_right<2>(pairs);
    return (low & splat_integer(0x0f0f0f0f)) | (high & splat_integer(0x30303030));
  }
};

}  // namespace
}  // namespace llmx
