// AVX-512 with VNNI.
// flags: -mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni
#if defined(__x86_64__) || defined(_M_X64)
#define LLMX_TIER_AVX512 1
#define LLMX_OP_TABLE llmx_ops_avx512
#include "tier.inc.cc"
#endif
