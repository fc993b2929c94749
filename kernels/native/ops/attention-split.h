// How attention's work is cut: what the engine (scratch sizes) and the kernel must agree on. It depends on shapes only, so no bit of a
// result depends on the number of threads. A bit may depend on what else is in the step: one or two query rows are summed in another
// order than more (score_range), and linears have an order for one token and one for many.
#pragma once
#include "op.h"

namespace llmx {
namespace {

/** Keys that are reduced at once; ranges begin at multiples of it, wherever the tokens of the step stand. */
constexpr int64_t key_range = 256;
/** Query rows (tokens x heads of one group) that meet a key range together. */
constexpr int64_t query_rows = 32;
/** Steps of at most so many tokens also spread key ranges over the threads. */
constexpr int64_t split_tokens = 4;

inline int64_t up_to_lanes(int64_t count) { return (count + 15) / 16 * 16; }

struct AttentionShape {
  int64_t tokens, heads, width, groups, value_width, page_size;
  int64_t heads_per_group, heads_per_block, head_blocks;
  int64_t tokens_per_block, token_blocks;
  int64_t ranges;         // most key ranges that a sequence of this step can have
  int64_t padded_width, padded_values;
  bool split;
};

inline AttentionShape attention_shape(const Operand* q, const Operand* keys, const Operand* values, const Operand* tables) {
  AttentionShape s;
  s.tokens = q->shape[0];
  s.heads = q->shape[1];
  s.width = q->shape[2];
  s.page_size = keys->shape[1];
  s.groups = keys->shape[2];
  s.value_width = values->shape[3];
  s.heads_per_group = s.heads / s.groups;
  s.heads_per_block = s.heads_per_group < query_rows ? s.heads_per_group : query_rows;
  s.head_blocks = (s.heads_per_group + s.heads_per_block - 1) / s.heads_per_block;
  s.tokens_per_block = query_rows / s.heads_per_block;
  s.token_blocks = (s.tokens + s.tokens_per_block - 1) / s.tokens_per_block;
  s.ranges = (tables->shape[1] * s.page_size + key_range - 1) / key_range;
  s.padded_width = up_to_lanes(s.width);
  s.padded_values = up_to_lanes(s.value_width);
  s.split = s.tokens <= split_tokens && s.ranges > 1;
  return s;
}

/** Floats of a partial result: the largest score, the sum of exponentials, the weighted values. */
inline int64_t partial_floats(const AttentionShape& s) { return 16 + s.padded_values; }

inline int64_t attention_prepared_bytes(const AttentionShape& s) {
  return s.split ? s.tokens * s.heads * s.ranges * partial_floats(s) * int64_t(sizeof(float)) : 0;
}

constexpr int64_t key_tile = 32;
constexpr int64_t value_tile = 64;

inline int64_t attention_scratch_bytes(const AttentionShape& s) {
  const int64_t queries = query_rows * s.padded_width, keys = s.padded_width * key_tile, scores = query_rows * key_range;
  const int64_t values = value_tile * s.padded_values, results = 2 * query_rows * s.padded_values;
  return (queries + keys + scores + values + results + 4 * query_rows) * int64_t(sizeof(float)) + key_range * int64_t(sizeof(int64_t));
}

}  // namespace
}  // namespace llmx
