// The ops of the instruction set that dispatch chose.
#include "../simd/dispatch.h"
#include "table.h"

namespace llmx {

const OpTable& op_table() {
  switch (active_tier()) {
#if defined(__x86_64__) || defined(_M_X64)
    case TIER_AVX2: return llmx_ops_avx2;
    case TIER_AVX512: return llmx_ops_avx512;
#elif defined(__aarch64__) || defined(_M_ARM64)
    case TIER_NEON: return llmx_ops_neon;
    case TIER_NEON_DOT: return llmx_ops_neon_dot;
#endif
    default: return llmx_ops_scalar;
  }
}

}  // namespace llmx
