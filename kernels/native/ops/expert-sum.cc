// Weighted sum of the experts' answers: x (tokens, k, width), weights (tokens, k) -> (tokens, width).
#include "../simd/vector.h"
#include "op.h"

namespace llmx {
namespace {

void expert_sum(const Call& call, int thread, int threads) {
  const int64_t choices = call.input[0]->shape[1];
  const int64_t width = call.input[0]->shape[2];
  const int64_t tiles = (width + 255) / 256;
  const Share share = share_of(call.input[0]->shape[0] * tiles, thread, threads);
  for (int64_t item = share.begin; item < share.end; item++) {
    const int64_t token = item / tiles;
    const int64_t begin = item % tiles * 256;
    const int64_t end = begin + 256 < width ? begin + 256 : width;
    const float* x = floats(call.input[0]) + token * choices * width;
    const float* weights = floats(call.input[1]) + token * choices;
    for (int64_t at = begin; at < end; at += lanes) {
      const int left = end - at < lanes ? int(end - at) : lanes;
      Floats sums = zero_floats();
      for (int64_t choice = 0; choice < choices; choice++)
        sums = fma(splat(weights[choice]), load_partial(x + choice * width + at, left), sums);
      store_partial(target(call.output[0]) + token * width + at, sums, left);
    }
  }
}

}  // namespace
}  // namespace llmx
