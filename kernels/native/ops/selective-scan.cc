// Mamba's recurrence: s_t = exp(delta_t a) s_(t-1) + delta_t x_t b_t, y_t = s_t . c_t + d x_t, per channel with N states.
// x, delta (tokens, channels), a (channels, N), b, c (tokens, N), d (channels), state (slots, channels, N). Channels are split over the threads.
#include "../simd/functions.h"
#include "op.h"

namespace llmx {
namespace {

struct Scan {
  const float *x, *delta;  // of one channel, at stride `channels`
  const float *a, *b, *c;
  float d;
  float *state, *y;
  int64_t tokens, channels, states;
};

void scan_channel(const Scan& scan) {
  for (int64_t token = 0; token < scan.tokens; token++) {
    const float input = scan.x[token * scan.channels];
    const Floats step = splat(scan.delta[token * scan.channels]);
    const Floats driven = step * splat(input);
    Floats sums = zero_floats();
    for (int64_t n = 0; n < scan.states; n += lanes) {
      const int left = scan.states - n < lanes ? int(scan.states - n) : lanes;
      const Floats kept = exp(step * load_partial(scan.a + n, left)) * load_partial(scan.state + n, left);
      const Floats next = fma(driven, load_partial(scan.b + token * scan.states + n, left), kept);
      store_partial(scan.state + n, next, left);
      sums = fma(next, load_partial(scan.c + token * scan.states + n, left), sums);
    }
    scan.y[token * scan.channels] = sum(sums) + scan.d * input;
  }
}

void selective_scan(const Call& call, int thread, int threads) {
  const int64_t tokens = call.input[0]->shape[0];
  const int64_t channels = call.input[0]->shape[1];
  const int64_t states = call.input[2]->shape[1];
  const int32_t* sequences = integers(call.input[7]);
  const Share share = share_of(channels, thread, threads, 16);
  for (int64_t token = 0; token < tokens;) {
    int64_t end = token + 1;
    while (end < tokens && sequences[end] == sequences[token]) end++;
    float* state = target(call.input[6]) + integers(call.input[8])[sequences[token]] * channels * states;
    for (int64_t channel = share.begin; channel < share.end; channel++) {
      const int64_t at = token * channels + channel;
      scan_channel({floats(call.input[0]) + at, floats(call.input[1]) + at, floats(call.input[2]) + channel * states,
                    floats(call.input[3]) + token * states, floats(call.input[4]) + token * states, floats(call.input[5])[channel],
                    state + channel * states, target(call.output[0]) + at, end - token, channels, states});
    }
    token = end;
  }
}

}  // namespace
}  // namespace llmx
