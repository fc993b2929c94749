// y = x W^T + b: x (..., in), W (out, in) in one or more pieces along its rows, b (out). The arithmetic is matrix/'s.
// `quantize` is the engine's instruction that prepares x once for all linears that read it.
#include "op.h"

namespace llmx {
namespace {

/** Input x (rows, columns) into `prepared`, as the matrices of the following instructions take it. */
void quantize(const Call& call, int thread, int threads) {
  const Activations& wanted = call.activations;
  quantize_activations(wanted.kind, floats(call.input[0]), wanted.columns, wanted.tokens, wanted.columns, call.prepared, thread, threads);
}

void linear(const Call& call, int thread, int threads) {
  const int64_t out = last_of(call.output[0]);
  const float* bias = floats(call.input[2]);
  Worker worker = {thread, threads, call.scratch + size_t(thread) * call.scratch_stride, call.next};
  int64_t first = 0;
  for (int piece = 0; piece < call.matrix_count; piece++) {
    const Matrix& matrix = call.matrices[piece];
    multiply(matrix, call.activations, target(call.output[0]) + first, out, bias == nullptr ? nullptr : bias + first, worker);
    first += matrix.rows;
  }
}

}  // namespace
}  // namespace llmx
