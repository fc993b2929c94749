// What an op's kernel is given: bound operands and its share of the threads. Kernels allocate nothing and know no engine.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "../matrix/matrix.h"

namespace llmx {

constexpr int maximum_rank = 5;
constexpr int maximum_inputs = 9;
constexpr int maximum_outputs = 2;

/** Values are floats in a storage format (matrix.h), or integers. */
constexpr int FORMAT_I32 = 26;

enum Opcode {
  opcode_embed = 1,
  opcode_linear,
  opcode_linear_experts,
  opcode_expert_sum,
  opcode_rms_norm,
  opcode_layer_norm,
  opcode_map,
  opcode_rope,
  opcode_cache_write,
  opcode_attention,
  opcode_softmax,
  opcode_top_k,
  opcode_gather,
  opcode_slice,
  opcode_conv1d,
  opcode_selective_scan,
  opcode_last_public = opcode_selective_scan,
  // What the engine itself puts before or after an instruction.
  opcode_quantize,         // activations of quantised weights
  opcode_rope_table,       // cos and sin of each token and frequency
  opcode_attention_merge,  // partial results over key ranges into one
  opcode_count,
};

/** A value bound to this step's sizes: row-major, outermost first; `count` elements. Data of weights that are matrices is null. */
struct Operand {
  uint8_t* data;
  int32_t format;
  int32_t rank;
  int64_t shape[maximum_rank];
  int64_t count;
};

struct Call {
  const Operand* input[maximum_inputs];     // null where absent
  const Operand* output[maximum_outputs];   // null where not wanted
  const double* attributes;
  int attribute_count;
  const Matrix* matrices;                   // embed, linear: pieces along the rows; linear-experts: one for each expert
  int matrix_count;
  Activations activations;                  // what the matrices take
  uint8_t* prepared;                        // shared by all threads: what a pseudo-instruction made for others
  uint8_t* scratch;                         // for this op, `scratch_stride` bytes a thread
  size_t scratch_stride;
  uint32_t* next;                           // next work item, 0 when the step begins
  uint32_t* failure;                        // set to 1 + opcode when an integer made by an op is out of its range
};

using OpFunction = void (*)(const Call& call, int thread, int threads);

/** The kernels of one instruction set. */
struct OpTable {
  OpFunction run[opcode_count];
  // For measurement: sums of memory; rounds of arithmetic in registers, which return the operations that they did.
  float (*read)(const float* values, int64_t count);
  double (*multiply_add)(int64_t rounds, float* sink);
  double (*int8)(int64_t rounds, float* sink);
  // Numbers from one format to another; false where there is no such way.
  bool (*recode)(int from, int to, const uint8_t* source, uint8_t* target, int64_t count);
};

/** The kernels of the instruction set that dispatch chose. */
const OpTable& op_table();

namespace {  // nothing inline may be shared between instruction sets: the linker would keep one of the copies

inline const float* floats(const Operand* operand) { return operand == nullptr ? nullptr : reinterpret_cast<const float*>(operand->data); }
inline float* target(const Operand* operand) { return operand == nullptr ? nullptr : reinterpret_cast<float*>(operand->data); }
inline const int32_t* integers(const Operand* operand) { return reinterpret_cast<const int32_t*>(operand->data); }

/** The `thread`-th of `threads` even, contiguous shares of `count` items, in steps of `grain`. */
struct Share {
  int64_t begin;
  int64_t end;
};
inline Share share_of(int64_t count, int thread, int threads, int64_t grain = 1) {
  int64_t grains = (count + grain - 1) / grain;
  int64_t begin = grains * thread / threads * grain;
  int64_t end = grains * (thread + 1) / threads * grain;
  return {begin < count ? begin : count, end < count ? end : count};
}

/** Product of all sides but the last. */
inline int64_t rows_of(const Operand* operand) {
  int64_t rows = 1;
  for (int side = 0; side + 1 < operand->rank; side++) rows *= operand->shape[side];
  return rows;
}
inline int64_t last_of(const Operand* operand) { return operand->rank == 0 ? 1 : operand->shape[operand->rank - 1]; }

/** Where position `position` of sequence `sequence` lies in a paged state: row index over pages x page size. */
inline int64_t paged_row(const Operand* tables, int64_t sequence, int64_t position, int64_t page_size) {
  return int64_t(integers(tables)[sequence * tables->shape[1] + position / page_size]) * page_size + position % page_size;
}

}  // namespace

}  // namespace llmx
