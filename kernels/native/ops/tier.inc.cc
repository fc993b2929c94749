// The body of every tier's translation unit: all ops, compiled for one instruction set, and their table. The includer defines
// LLMX_TIER_<name> and LLMX_OP_TABLE.
#include "attention.cc"
#include "cache-write.cc"
#include "ceilings.inc.cc"
#include "conv1d.cc"
#include "embed.cc"
#include "expert-sum.cc"
#include "gather.cc"
#include "layer-norm.cc"
#include "linear-experts.cc"
#include "linear.cc"
#include "map.cc"
#include "recode.inc.cc"
#include "rms-norm.cc"
#include "rope.cc"
#include "selective-scan.cc"
#include "slice.cc"
#include "softmax.cc"
#include "table.h"
#include "top-k.cc"

namespace llmx {

extern const OpTable LLMX_OP_TABLE;
const OpTable LLMX_OP_TABLE = {
    // In the order of the opcodes (op.h).
    {nullptr, embed, linear, linear_experts, expert_sum, rms_norm, layer_norm, map, rope, cache_write, attention, softmax, top_k, gather,
     slice, conv1d, selective_scan, quantize, rope_table, attention_merge},
    read_memory,
    multiply_add_rounds,
    int8_rounds,
    recode,
};

}  // namespace llmx
