// An element-wise expression in postfix, run tile by tile so that what lies between two words stays in the first-level cache.
// Input a gives the shape; the others have it too, or are one row (width) that repeats.
#include "sums.h"
#include "op.h"

namespace llmx {
namespace {

constexpr int tile_length = 256;
constexpr int stack_depth = 8;  // the engine refuses deeper expressions

enum MapWord {
  word_add = 10,
  word_subtract,
  word_multiply,
  word_negate = 20,
  word_exponential,
  word_sigmoid,
  word_silu,
  word_gelu_tanh,
  word_softplus,
  word_tanh,
  word_constant = 30,
};

template <typename Function>
LLMX_INLINE void each(float* out, const float* x, int count, const Function& function) {
  int at = 0;
  for (; at + lanes <= count; at += lanes) store(out + at, function(load(x + at)));
  if (at < count) store_partial(out + at, function(load_partial(x + at, count - at)), count - at);
}

template <typename Function>
LLMX_INLINE void each_pair(float* out, const float* x, const float* y, int count, const Function& function) {
  int at = 0;
  for (; at + lanes <= count; at += lanes) store(out + at, function(load(x + at), load(y + at)));
  if (at < count) store_partial(out + at, function(load_partial(x + at, count - at), load_partial(y + at, count - at)), count - at);
}

void apply_one(int word, float* out, const float* x, int count) {
  switch (word) {
    case word_negate: return each(out, x, count, [](Floats value) { return -value; });
    case word_exponential: return each(out, x, count, [](Floats value) { return exp(value); });
    case word_sigmoid: return each(out, x, count, [](Floats value) { return sigmoid(value); });
    case word_silu: return each(out, x, count, [](Floats value) { return value * sigmoid(value); });
    case word_gelu_tanh: return each(out, x, count, [](Floats value) { return gelu_tanh(value); });
    case word_softplus: return each(out, x, count, [](Floats value) { return softplus(value); });
    case word_tanh: return each(out, x, count, [](Floats value) { return tanh(value); });
    default: return;
  }
}

void apply_two(int word, float* out, const float* x, const float* y, int count) {
  switch (word) {
    case word_add: return each_pair(out, x, y, count, [](Floats left, Floats right) { return left + right; });
    case word_subtract: return each_pair(out, x, y, count, [](Floats left, Floats right) { return left - right; });
    case word_multiply: return each_pair(out, x, y, count, [](Floats left, Floats right) { return left * right; });
    default: return;
  }
}

/** Evaluates elements [at, at + count) whose repeated rows begin at `column`. The last word writes straight to `out`. */
void evaluate(const Call& call, const bool* repeats, int64_t at, int64_t column, int count, float* out) {
  alignas(64) float slots[stack_depth][tile_length];
  const float* stack[stack_depth];
  int height = 0;
  for (int index = 0; index < call.attribute_count; index++) {
    const int word = int(call.attributes[index]);
    const bool last = index + 1 == call.attribute_count;
    if (word < word_add) {
      stack[height++] = floats(call.input[word]) + (repeats[word] ? column : at);
    } else if (word == word_constant) {
      float* slot = slots[height];
      const Floats value = splat(float(call.attributes[++index]));
      for (int lane = 0; lane < tile_length; lane += lanes) store(slot + lane, value);
      stack[height++] = slot;
    } else if (word < word_negate) {
      float* slot = last ? out : slots[height - 2];
      apply_two(word, slot, stack[height - 2], stack[height - 1], count);
      stack[--height - 1] = slot;
    } else {
      float* slot = last ? out : slots[height - 1];
      apply_one(word, slot, stack[height - 1], count);
      stack[height - 1] = slot;
    }
  }
  if (stack[0] != out) each(out, stack[0], count, [](Floats value) { return value; });
}

void map(const Call& call, int thread, int threads) {
  const int64_t total = call.output[0]->count;
  bool repeats[4] = {};
  bool any = false;
  for (int input = 0; input < 4; input++) {
    repeats[input] = call.input[input] != nullptr && call.input[input]->count != total;
    any = any || repeats[input];
  }
  // Without repeated rows the values are one long row.
  const int64_t width = any ? last_of(call.output[0]) : total;
  const int64_t rows = width == 0 ? 0 : total / width;
  const int64_t tiles = (width + tile_length - 1) / tile_length;
  const Share share = share_of(rows * tiles, thread, threads);
  for (int64_t tile = share.begin; tile < share.end; tile++) {
    const int64_t column = tile % tiles * tile_length;
    const int64_t at = tile / tiles * width + column;
    const int count = width - column < tile_length ? int(width - column) : tile_length;
    evaluate(call, repeats, at, column, count, target(call.output[0]) + at);
  }
}

}  // namespace
}  // namespace llmx
