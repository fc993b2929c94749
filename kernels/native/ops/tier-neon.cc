// arm64 NEON, the base of every arm64 machine.
#if defined(__aarch64__) || defined(_M_ARM64)
#define LLMX_TIER_NEON 1
#define LLMX_OP_TABLE llmx_ops_neon
#include "tier.inc.cc"
#endif
