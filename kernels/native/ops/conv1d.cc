// Causal depthwise convolution with carried state: x (tokens, channels), weight (channels, kernel), bias (channels) or none,
// state (slots, kernel - 1, channels), oldest row first. Channels are split over the threads.
#include "op.h"

namespace llmx {
namespace {

/** One channel over the tokens of a run; `past` holds its kernel - 1 earlier inputs at stride `channels`. */
void convolve(const float* x, float* y, int64_t tokens, int64_t channels, const float* weight, int64_t kernel, float bias, float* past) {
  for (int64_t token = 0; token < tokens; token++) {
    const float now = x[token * channels];
    float total = bias + now * weight[kernel - 1];
    for (int64_t j = 0; j + 1 < kernel; j++) total += past[j * channels] * weight[j];
    y[token * channels] = total;
    for (int64_t j = 0; j + 2 < kernel; j++) past[j * channels] = past[(j + 1) * channels];
    if (kernel > 1) past[(kernel - 2) * channels] = now;
  }
}

void conv1d(const Call& call, int thread, int threads) {
  const int64_t tokens = call.input[0]->shape[0];
  const int64_t channels = call.input[0]->shape[1];
  const int64_t kernel = call.input[1]->shape[1];
  const float* bias = floats(call.input[2]);
  const int32_t* sequences = integers(call.input[4]);
  const Share share = share_of(channels, thread, threads, 16);
  for (int64_t token = 0; token < tokens;) {
    int64_t end = token + 1;
    while (end < tokens && sequences[end] == sequences[token]) end++;
    float* state = target(call.input[3]) + integers(call.input[5])[sequences[token]] * (kernel - 1) * channels;
    for (int64_t channel = share.begin; channel < share.end; channel++) {
      convolve(floats(call.input[0]) + token * channels + channel, target(call.output[0]) + token * channels + channel, end - token, channels,
               floats(call.input[1]) + channel * kernel, kernel, bias == nullptr ? 0.0f : bias[channel], state + channel);
    }
    token = end;
  }
}

}  // namespace
}  // namespace llmx
