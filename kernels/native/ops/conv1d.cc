// Causal depthwise convolution with carried state: x (tokens, channels), weight (channels, kernel), bias (channels) or none,
// state (slots, kernel - 1, channels), oldest row first. Channels are split over the threads, in lanes.
#include "../simd/vector.h"
#include "op.h"

namespace llmx {
namespace {

/** Up to 16 channels of one run of tokens; x, y and state have rows of `channels`. */
struct Strip {
  const float *x, *weights;  // weights (kernel, lanes)
  float *y, *state;
  int64_t tokens, channels, kernel;
  int width;
  Floats bias;
};

/** The row `back` tokens before `token`: of x, or of what came before it. */
const float* earlier(const Strip& s, int64_t token, int64_t back) {
  const int64_t row = token - back;
  return row >= 0 ? s.x + row * s.channels : s.state + (row + s.kernel - 1) * s.channels;
}

void convolve(const Strip& s) {
  for (int64_t token = 0; token < s.tokens; token++) {
    Floats total = s.bias;
    for (int64_t j = 0; j < s.kernel; j++) {
      total = fma(load_partial(earlier(s, token, s.kernel - 1 - j), s.width), load(s.weights + j * lanes), total);
    }
    store_partial(s.y + token * s.channels, total, s.width);
  }
  // The last kernel - 1 rows; where the run is shorter, older ones move up, which ascending order allows in place.
  for (int64_t row = 0; row + 1 < s.kernel; row++) {
    store_partial(s.state + row * s.channels, load_partial(earlier(s, s.tokens, s.kernel - 1 - row), s.width), s.width);
  }
}

void conv1d(const Call& call, int thread, int threads) {
  const int64_t tokens = call.input[0]->shape[0];
  const int64_t channels = call.input[0]->shape[1];
  const int64_t kernel = call.input[1]->shape[1];
  const float *weight = floats(call.input[1]), *bias = floats(call.input[2]);
  const int32_t* sequences = integers(call.input[4]);
  float* turned = reinterpret_cast<float*>(call.scratch + size_t(thread) * call.scratch_stride);
  const Share share = share_of(channels, thread, threads, lanes);
  for (int64_t channel = share.begin; channel < share.end; channel += lanes) {
    const int width = share.end - channel < lanes ? int(share.end - channel) : lanes;
    for (int64_t j = 0; j < kernel; j++) {
      for (int lane = 0; lane < lanes; lane++) turned[j * lanes + lane] = lane < width ? weight[(channel + lane) * kernel + j] : 0.0f;
    }
    const Floats start = bias == nullptr ? zero_floats() : load_partial(bias + channel, width);
    for (int64_t token = 0; token < tokens;) {
      int64_t end = token + 1;
      while (end < tokens && sequences[end] == sequences[token]) end++;
      float* state = target(call.input[3]) + integers(call.input[5])[sequences[token]] * (kernel - 1) * channels + channel;
      const int64_t at = token * channels + channel;
      convolve({floats(call.input[0]) + at, turned, target(call.output[0]) + at, state, end - token, channels, kernel, width, start});
      token = end;
    }
  }
}

}  // namespace
}  // namespace llmx
