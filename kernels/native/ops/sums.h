// Sums of a row, and the activation function that only this room has.
#pragma once
#include "../simd/functions.h"

namespace llmx {
namespace {

/** GPT-2's approximation of the Gaussian error linear unit: 0.5 x (1 + tanh u) is x sigmoid(2 u). */
LLMX_INLINE Floats gelu_tanh(Floats x) {
  const Floats inner = splat(0.7978845608028654f) * fma(splat(0.044715f) * x * x, x, x);
  return x * sigmoid(inner + inner);
}

/** The sum of `count` floats' squares less `mean`. Four chains hide the latency of the additions. */
inline float sum_of_squares(const float* values, int64_t count, float mean) {
  Floats parts[4] = {zero_floats(), zero_floats(), zero_floats(), zero_floats()};
  const Floats centre = splat(mean);
  int64_t at = 0;
  for (; at + 4 * lanes <= count; at += 4 * lanes) {
    LLMX_UNROLL for (int part = 0; part < 4; part++) {
      Floats value = load(values + at + part * lanes) - centre;
      parts[part] = fma(value, value, parts[part]);
    }
  }
  for (; at + lanes <= count; at += lanes) {
    Floats value = load(values + at) - centre;
    parts[0] = fma(value, value, parts[0]);
  }
  float rest = 0;
  for (; at < count; at++) rest += (values[at] - mean) * (values[at] - mean);
  return sum((parts[0] + parts[1]) + (parts[2] + parts[3])) + rest;
}

inline float sum_of(const float* values, int64_t count) {
  Floats parts[4] = {zero_floats(), zero_floats(), zero_floats(), zero_floats()};
  int64_t at = 0;
  for (; at + 4 * lanes <= count; at += 4 * lanes) {
    LLMX_UNROLL for (int part = 0; part < 4; part++) parts[part] = parts[part] + load(values + at + part * lanes);
  }
  for (; at < count; at += lanes) {
    int left = count - at < lanes ? int(count - at) : lanes;
    parts[0] = parts[0] + load_partial(values + at, left);
  }
  return sum((parts[0] + parts[1]) + (parts[2] + parts[3]));
}

}  // namespace
}  // namespace llmx
