// AVX2 + FMA + F16C.
// flags: -mavx2 -mfma -mf16c
#if defined(__x86_64__) || defined(_M_X64)
#define LLMX_TIER_AVX2 1
#define LLMX_OP_TABLE llmx_ops_avx2
#include "tier.inc.cc"
#endif
