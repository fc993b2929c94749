// arm64 NEON with dot products (SDOT).
// flags: -march=armv8.2-a+dotprod
#if defined(__ARM_FEATURE_DOTPROD)
#define LLMX_TIER_NEON 1
#define LLMX_OP_TABLE llmx_ops_neon_dot
#include "tier.inc.cc"
#endif
