// The tables that the tiers' translation units export.
#pragma once
#include "op.h"

namespace llmx {

extern const OpTable llmx_ops_scalar;
#if defined(__x86_64__) || defined(_M_X64)
extern const OpTable llmx_ops_avx2;
extern const OpTable llmx_ops_avx512;
#elif defined(__aarch64__) || defined(_M_ARM64)
extern const OpTable llmx_ops_neon;
extern const OpTable llmx_ops_neon_dot;
#endif

}  // namespace llmx
