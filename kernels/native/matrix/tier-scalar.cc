// Plain C: the base every machine runs.
#define LLMX_TIER_SCALAR 1
#define LLMX_MATRIX_TABLE llmx_matrix_scalar
#include "tier.inc.cc"
