// Rotary positions: x (tokens, heads, width) turned by position * frequency; `half` pairs k with k + d/2, `pair` pairs 2k with 2k + 1.
// The table of cos and sin is made once a step by an instruction of the engine and shared by all layers: (tokens, 2, d/2) for halves;
// (tokens, 2, d) for pairs, each number twice and sin with the sign that its feature takes.
#include <math.h>
#include <string.h>

#include "../simd/vector.h"
#include "op.h"

namespace llmx {
namespace {

/** Inputs positions (tokens), frequencies (d/2); attributes style and scale. Angles in double: they reach 10^5 radians. */
void rope_table(const Call& call, int thread, int threads) {
  const int64_t half = call.input[1]->count;
  const Share share = share_of(call.input[0]->count * half, thread, threads);
  const bool pairs = call.attributes[0] != 0;
  const double scale = call.attributes[1];
  float* table = reinterpret_cast<float*>(call.prepared);
  for (int64_t at = share.begin; at < share.end; at++) {
    const int64_t token = at / half, k = at % half;
    const double angle = double(integers(call.input[0])[token]) * double(floats(call.input[1])[k]);
    const float cosine = float(cos(angle) * scale), sine = float(sin(angle) * scale);
    if (pairs) {
      float *cosines = table + token * 4 * half + 2 * k, *sines = cosines + 2 * half;
      cosines[0] = cosines[1] = cosine;
      sines[0] = -sine;
      sines[1] = sine;
    } else {
      table[token * 2 * half + k] = cosine;
      table[(token * 2 + 1) * half + k] = sine;
    }
  }
}

void turn_halves(const float* x, float* y, const float* cosines, const float* sines, int64_t half) {
  int64_t k = 0;
  for (; k + lanes <= half; k += lanes) {
    const Floats first = load(x + k), second = load(x + half + k), cosine = load(cosines + k), sine = load(sines + k);
    store(y + k, first * cosine - second * sine);
    store(y + half + k, first * sine + second * cosine);
  }
  for (; k < half; k++) {
    const float first = x[k], second = x[half + k];
    y[k] = first * cosines[k] - second * sines[k];
    y[half + k] = first * sines[k] + second * cosines[k];
  }
}

/** `cosines` and `sines` (d), as x is. */
void turn_pairs(const float* x, float* y, const float* cosines, const float* sines, int64_t half) {
  for (int64_t at = 0; at < 2 * half; at += lanes) {
    const int left = 2 * half - at < lanes ? int(2 * half - at) : lanes;
    const Floats own = load_partial(x + at, left);
    store_partial(y + at, own * load_partial(cosines + at, left) + swap_pairs(own) * load_partial(sines + at, left), left);
  }
}

void rope(const Call& call, int thread, int threads) {
  const int64_t heads = call.input[0]->shape[1];
  const int64_t width = call.input[0]->shape[2];
  const int64_t half = call.input[2]->count;
  const bool pairs = call.attributes[0] != 0;
  const int64_t row = pairs ? 2 * half : half;
  const float* table = reinterpret_cast<const float*>(call.prepared);
  const Share share = share_of(call.input[0]->shape[0] * heads, thread, threads);
  for (int64_t item = share.begin; item < share.end; item++) {
    const float* x = floats(call.input[0]) + item * width;
    float* y = target(call.output[0]) + item * width;
    const float* cosines = table + item / heads * 2 * row;
    (pairs ? turn_pairs : turn_halves)(x, y, cosines, cosines + row, half);
    memcpy(y + 2 * half, x + 2 * half, size_t(width - 2 * half) * sizeof(float));
  }
}

}  // namespace
}  // namespace llmx
