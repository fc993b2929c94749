// Each token through its own k experts: x (tokens, in) or (tokens, k, in), W (experts, out, in), chosen (tokens, k) -> (tokens, k, out).
// Choices are grouped by expert, so that each expert's weights are read once. Every thread makes the same groups for itself.
#include <string.h>

#include "op.h"

namespace llmx {
namespace {

void linear_experts(const Call& call, int thread, int threads) {
  const Operand* chosen = call.input[2];
  const int64_t choices = chosen->count;
  const int64_t shared_by = call.input[0]->rank == 2 ? chosen->shape[1] : 1;  // choices that read one row of x
  const int64_t out = last_of(call.output[0]);
  const int32_t* experts = integers(chosen);

  // Scratch: ends (experts + 1), inputs (choices), outputs (choices), then the multiplication's own.
  int32_t* ends = reinterpret_cast<int32_t*>(call.scratch + size_t(thread) * call.scratch_stride);
  int32_t* inputs = ends + call.matrix_count + 1;
  int32_t* outputs = inputs + choices;
  memset(ends, 0, size_t(call.matrix_count + 1) * sizeof(int32_t));
  for (int64_t choice = 0; choice < choices; choice++) {
    if (experts[choice] < 0 || experts[choice] >= call.matrix_count) {
      __atomic_store_n(call.failure, 1 + opcode_linear_experts, __ATOMIC_RELAXED);
      return;
    }
    ends[experts[choice] + 1]++;
  }
  for (int expert = 0; expert < call.matrix_count; expert++) ends[expert + 1] += ends[expert];
  for (int64_t choice = 0; choice < choices; choice++) {
    const int32_t at = ends[experts[choice]]++;  // moves from the group's begin to its end
    inputs[at] = int32_t(choice / shared_by);
    outputs[at] = int32_t(choice);
  }
  Worker worker = {thread, threads, outputs + choices, call.next};
  int32_t begin = 0;
  for (int expert = 0; expert < call.matrix_count; expert++) {
    const int32_t end = ends[expert];
    if (end > begin) {
      multiply_rows(call.matrices[expert], call.activations, inputs + begin, outputs + begin, end - begin, target(call.output[0]), out,
                    nullptr, worker);
    }
    begin = end;
  }
}

}  // namespace
}  // namespace llmx
