// Mamba's recurrence: s_t = exp(delta_t a) s_(t-1) + delta_t x_t b_t, y_t = s_t . c_t + d x_t, per channel with N states.
// x, delta (tokens, channels), a (channels, N), b, c (tokens, N), d (channels), state (slots, channels, N).
// Channels are split over the threads; a strip of them goes through the tokens together, because neighbours share cache lines and one
// channel alone would wait for its own state.
#include "../simd/functions.h"
#include "op.h"

namespace llmx {
namespace {

constexpr int64_t strip_channels = 16;

/** One channel at one token. */
struct ScanStep {
  float x, delta, d;
  const float *a, *b, *c;  // N each
  float* state;
};

LLMX_INLINE float scan_step(const ScanStep& step, int64_t states) {
  const Floats delta = splat(step.delta), driven = delta * splat(step.x);
  Floats sums = zero_floats();
  for (int64_t n = 0; n < states; n += lanes) {
    const int left = states - n < lanes ? int(states - n) : lanes;
    const Floats kept = exp(delta * load_partial(step.a + n, left)) * load_partial(step.state + n, left);
    const Floats next = fma(driven, load_partial(step.b + n, left), kept);
    store_partial(step.state + n, next, left);
    sums = fma(next, load_partial(step.c + n, left), sums);
  }
  return sum(sums) + step.d * step.x;
}

void selective_scan(const Call& call, int thread, int threads) {
  const int64_t tokens = call.input[0]->shape[0];
  const int64_t channels = call.input[0]->shape[1];
  const int64_t states = call.input[2]->shape[1];
  const float *x = floats(call.input[0]), *delta = floats(call.input[1]), *a = floats(call.input[2]);
  const float *b = floats(call.input[3]), *c = floats(call.input[4]), *d = floats(call.input[5]);
  const int32_t *sequences = integers(call.input[7]), *slots = integers(call.input[8]);
  const Share share = share_of(channels, thread, threads, strip_channels);
  for (int64_t strip = share.begin; strip < share.end; strip += strip_channels) {
    const int64_t end = strip + strip_channels < share.end ? strip + strip_channels : share.end;
    for (int64_t token = 0; token < tokens; token++) {
      float* state = target(call.input[6]) + slots[sequences[token]] * channels * states;
      for (int64_t channel = strip; channel < end; channel++) {
        const int64_t at = token * channels + channel, own = channel * states;
        const ScanStep step = {x[at], delta[at], d[channel], a + own, b + token * states, c + token * states, state + own};
        target(call.output[0])[at] = scan_step(step, states);
      }
    }
  }
}

}  // namespace
}  // namespace llmx
