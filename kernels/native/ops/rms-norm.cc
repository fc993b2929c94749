// y = x / sqrt(mean(x^2) + epsilon) * w over the last axis: x (rows, width), w (width).
#include "sums.h"
#include "op.h"

namespace llmx {
namespace {

void rms_norm(const Call& call, int thread, int threads) {
  const int64_t width = last_of(call.input[0]);
  const Share rows = share_of(rows_of(call.input[0]), thread, threads);
  const float* weight = floats(call.input[1]);
  for (int64_t row = rows.begin; row < rows.end; row++) {
    const float* x = floats(call.input[0]) + row * width;
    float* y = target(call.output[0]) + row * width;
    const float scale = 1.0f / sqrtf(sum_of_squares(x, width, 0.0f) / float(width) + float(call.attributes[0]));
    const Floats scales = splat(scale);
    int64_t at = 0;
    for (; at + lanes <= width; at += lanes) store(y + at, load(x + at) * scales * load(weight + at));
    for (; at < width; at++) y[at] = x[at] * scale * weight[at];
  }
}

}  // namespace
}  // namespace llmx
