// Features begin..end-1 of the last axis: (rows, width) -> (rows, end - begin).
#include <string.h>

#include "op.h"

namespace llmx {
namespace {

void slice(const Call& call, int thread, int threads) {
  const int64_t width = last_of(call.input[0]);
  const int64_t begin = int64_t(call.attributes[0]);
  const int64_t kept = int64_t(call.attributes[1]) - begin;
  const Share rows = share_of(rows_of(call.input[0]), thread, threads);
  for (int64_t row = rows.begin; row < rows.end; row++) {
    memcpy(target(call.output[0]) + row * kept, floats(call.input[0]) + row * width + begin, size_t(kept) * sizeof(float));
  }
}

}  // namespace
}  // namespace llmx
