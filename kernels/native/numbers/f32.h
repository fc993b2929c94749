// F32: float32 as it is.
#pragma once
#include "../simd/vector.h"

namespace llmx {
namespace {

struct F32 {
  static constexpr int64_t block_columns = 1, block_bytes = 4;

  static void decode(const uint8_t* row, int64_t columns, float* out) { memcpy(out, row, 4 * (size_t)columns); }

  static LLMX_INLINE Floats load(const uint8_t* source) { return llmx::load((const float*)source); }
  static LLMX_INLINE Floats load_partial(const uint8_t* source, int count) { return llmx::load_partial((const float*)source, count); }
};

}  // namespace
}  // namespace llmx
