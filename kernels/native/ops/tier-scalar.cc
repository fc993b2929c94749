// Plain C: the base every machine runs.
// flags: -O2
#define LLMX_TIER_SCALAR 1
#define LLMX_OP_TABLE llmx_ops_scalar
#include "tier.inc.cc"
