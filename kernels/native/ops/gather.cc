// Chosen rows: x (tokens, width), rows (n) -> (n, width).
#include <string.h>

#include "op.h"

namespace llmx {
namespace {

void gather(const Call& call, int thread, int threads) {
  const int64_t width = call.input[0]->shape[1];
  const Share share = share_of(call.input[1]->count, thread, threads);
  for (int64_t at = share.begin; at < share.end; at++) {
    const int64_t row = integers(call.input[1])[at];
    float* y = target(call.output[0]) + at * width;
    if (row < 0 || row >= call.input[0]->shape[0]) {
      __atomic_store_n(call.failure, 1 + opcode_gather, __ATOMIC_RELAXED);
      memset(y, 0, size_t(width) * sizeof(float));
    } else {
      memcpy(y, floats(call.input[0]) + row * width, size_t(width) * sizeof(float));
    }
  }
}

}  // namespace
}  // namespace llmx
