// Puts each token's row at its place in a paged state: state (pages, pageSize, heads, width) in f32 or f16, x (tokens, heads, width).
#include <string.h>

#include "../simd/vector.h"
#include "op.h"

namespace llmx {
namespace {

void write_halves(uint16_t* out, const float* x, int64_t count) {
  int64_t at = 0;
  for (; at + lanes <= count; at += lanes) store_f16(out + at, load(x + at));
  if (at < count) store_f16_partial(out + at, load_partial(x + at, int(count - at)), int(count - at));
}

void cache_write(const Call& call, int thread, int threads) {
  const Operand* state = call.input[0];
  const int64_t page_size = state->shape[1];
  const int64_t length = state->shape[2] * state->shape[3];
  const Share share = share_of(call.input[1]->shape[0], thread, threads);
  for (int64_t token = share.begin; token < share.end; token++) {
    const int64_t row = paged_row(call.input[4], integers(call.input[3])[token], integers(call.input[2])[token], page_size);
    const float* x = floats(call.input[1]) + token * length;
    if (state->format == FORMAT_F16) write_halves(reinterpret_cast<uint16_t*>(state->data) + row * length, x, length);
    else memcpy(state->data + size_t(row * length) * sizeof(float), x, size_t(length) * sizeof(float));
  }
}

}  // namespace
}  // namespace llmx
