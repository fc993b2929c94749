// y = (x - mean) / sqrt(variance + epsilon) * w + b over the last axis: x (rows, width), w and b (width).
#include "sums.h"
#include "op.h"

namespace llmx {
namespace {

void layer_norm(const Call& call, int thread, int threads) {
  const int64_t width = last_of(call.input[0]);
  const Share rows = share_of(rows_of(call.input[0]), thread, threads);
  const float* weight = floats(call.input[1]);
  const float* bias = floats(call.input[2]);
  for (int64_t row = rows.begin; row < rows.end; row++) {
    const float* x = floats(call.input[0]) + row * width;
    float* y = target(call.output[0]) + row * width;
    const float mean = sum_of(x, width) / float(width);
    const float scale = 1.0f / sqrtf(sum_of_squares(x, width, mean) / float(width) + float(call.attributes[0]));
    int64_t at = 0;
    for (; at + lanes <= width; at += lanes) {
      store(y + at, fma((load(x + at) - splat(mean)) * splat(scale), load(weight + at), load(bias + at)));
    }
    for (; at < width; at++) y[at] = (x[at] - mean) * scale * weight[at] + bias[at];
  }
}

}  // namespace
}  // namespace llmx
