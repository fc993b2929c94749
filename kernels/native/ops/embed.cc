// Rows of a table in any number format: ids (tokens), table (vocabulary, width) -> (tokens, width).
#include <string.h>

#include "op.h"

namespace llmx {
namespace {

/** The stored row `id` among the table's pieces, which follow one another; null beyond the last. */
const uint8_t* stored_row(const Call& call, int64_t id) {
  for (int piece = 0; piece < call.matrix_count; piece++) {
    const Matrix& matrix = call.matrices[piece];
    if (id < matrix.rows) return matrix.data + size_t(id) * format_row_bytes(matrix.format, matrix.columns);
    id -= matrix.rows;
  }
  return nullptr;
}

void embed(const Call& call, int thread, int threads) {
  const int64_t width = last_of(call.output[0]);
  const Share share = share_of(call.input[0]->count, thread, threads);
  for (int64_t token = share.begin; token < share.end; token++) {
    const int64_t id = integers(call.input[0])[token];
    const uint8_t* row = id < 0 ? nullptr : stored_row(call, id);
    float* out = target(call.output[0]) + token * width;
    if (row == nullptr) {
      __atomic_store_n(call.failure, 1 + opcode_embed, __ATOMIC_RELAXED);
      memset(out, 0, size_t(width) * sizeof(float));
    } else {
      decode_row(call.matrices[0].format, row, width, out);
    }
  }
}

}  // namespace
}  // namespace llmx
