// softmax over the last axis: one pass for the maximum, one for the sum.
#include "sums.h"
#include "op.h"

namespace llmx {
namespace {

float largest_of(const float* values, int64_t count) {
  Floats highest = splat(-INFINITY);
  int64_t at = 0;
  for (; at + lanes <= count; at += lanes) highest = maximum(highest, load(values + at));
  float best = largest(highest);
  for (; at < count; at++) best = values[at] > best ? values[at] : best;
  return best;
}

void softmax(const Call& call, int thread, int threads) {
  const int64_t width = last_of(call.input[0]);
  const Share rows = share_of(rows_of(call.input[0]), thread, threads);
  for (int64_t row = rows.begin; row < rows.end; row++) {
    const float* x = floats(call.input[0]) + row * width;
    float* y = target(call.output[0]) + row * width;
    const Floats highest = splat(largest_of(x, width));
    for (int64_t at = 0; at < width; at += lanes) {
      const int left = width - at < lanes ? int(width - at) : lanes;
      store_partial(y + at, exp(load_partial(x + at, left) - highest), left);
    }
    const Floats scale = splat(1.0f / sum_of(y, width));
    for (int64_t at = 0; at < width; at += lanes) {
      const int left = width - at < lanes ? int(width - at) : lanes;
      store_partial(y + at, load_partial(y + at, left) * scale, left);
    }
  }
}

}  // namespace
}  // namespace llmx
