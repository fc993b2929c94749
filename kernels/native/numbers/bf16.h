// BF16: the upper half of a float32, 2 bytes a number.
#pragma once
#include "../simd/vector.h"

namespace llmx {
namespace {

struct BF16 {
  static constexpr int64_t block_columns = 1, block_bytes = 2;

  static void decode(const uint8_t* row, int64_t columns, float* out) {
    for (int64_t i = 0; i < columns; ++i) out[i] = bf16_to_f32(read_u16(row + 2 * i));
  }

  static LLMX_INLINE Floats load(const uint8_t* source) { return load_bf16((const uint16_t*)source); }
  static LLMX_INLINE Floats load_partial(const uint8_t* source, int count) { return load_bf16_partial((const uint16_t*)source, count); }

  // Two columns a lane, the first in the low half.
  static LLMX_INLINE Floats first(Integers pair) { return as_floats(shift_left<16>(pair)); }
  static LLMX_INLINE Floats second(Integers pair) { return as_floats(pair & splat_integer((int32_t)0xffff0000)); }
  static LLMX_INLINE Floats from_magnitude(Integers bits) { return as_floats(shift_left<16>(bits)); }
};

}  // namespace
}  // namespace llmx
