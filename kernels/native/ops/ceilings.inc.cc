// What the machine can do at most, for measurement: reading memory, float multiply-adds, 8-bit products. Each loop keeps eight chains busy.
#include "../simd/dots.h"
#include "op.h"

namespace llmx {
namespace {

float read_memory(const float* values, int64_t count) {
  Floats sums[8];
  LLMX_UNROLL for (int part = 0; part < 8; part++) sums[part] = zero_floats();
  for (int64_t at = 0; at + 8 * lanes <= count; at += 8 * lanes) {
    LLMX_UNROLL for (int part = 0; part < 8; part++) sums[part] = sums[part] + load(values + at + part * lanes);
  }
  Floats total = sums[0];
  for (int part = 1; part < 8; part++) total = total + sums[part];
  return sum(total);
}

double multiply_add_rounds(int64_t rounds, float* sink) {
  Floats sums[8];
  LLMX_UNROLL for (int part = 0; part < 8; part++) sums[part] = splat(float(part));
  const Floats factor = splat(sink[0]), step = splat(sink[1]);
  for (int64_t round = 0; round < rounds; round++) {
    LLMX_UNROLL for (int part = 0; part < 8; part++) sums[part] = fma(sums[part], factor, step);
  }
  for (int part = 0; part < 8; part++) sink[2] += sum(sums[part]);
  return double(rounds) * 8 * lanes * 2;
}

double int8_rounds(int64_t rounds, float* sink) {
  const uint32_t words = 0x01010101;
  const int32_t none = 0;
  ByteDot::Sum sums[8];
  LLMX_UNROLL for (int part = 0; part < 8; part++) sums[part] = ByteDot::start(&none);
  const Integers weights = splat_integer(0x01020304 + int32_t(sink[1]));
  for (int64_t round = 0; round < rounds; round++) {
    LLMX_UNROLL for (int part = 0; part < 8; part++) ByteDot::add(sums[part], weights, &words);
  }
  for (int part = 0; part < 8; part++) sink[2] += sum(to_floats(ByteDot::finish(sums[part], &none)));
  return double(rounds) * 8 * lanes * 4 * 2;
}

}  // namespace
}  // namespace llmx
