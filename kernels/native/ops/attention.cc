// Causal attention of each token over its sequence's pages: q (tokens, heads, width), keys (pages, pageSize, groups, width),
// values (pages, pageSize, groups, valueWidth) in f32 or f16. Softmax runs online over ranges of keys (Dao 2022, sec. 3.1).
// A work item is one block of tokens and heads of a group; in short steps also one key range, merged by `attention_merge`.
#include <math.h>
#include <string.h>

#include "attention-tile.h"

namespace llmx {
namespace {

/** A thread's own memory, cut up. */
struct AttentionScratch {
  float *queries, *tile, *scores, *value_rows, *results, *range_results;
  float *largest_score, *total;
  int64_t* row;
};

AttentionScratch cut_scratch(const AttentionShape& s, uint8_t* memory) {
  AttentionScratch scratch;
  float* next = reinterpret_cast<float*>(memory);
  const auto take = [&next](int64_t floats) {
    float* taken = next;
    next += floats;
    return taken;
  };
  scratch.queries = take(query_rows * s.padded_width);
  scratch.tile = take(s.padded_width * key_tile);
  scratch.scores = take(query_rows * key_range);
  scratch.value_rows = take(value_tile * s.padded_values);
  scratch.results = take(query_rows * s.padded_values);
  scratch.range_results = take(query_rows * s.padded_values);
  scratch.largest_score = take(query_rows);
  scratch.total = take(query_rows);
  scratch.row = reinterpret_cast<int64_t*>(take(2 * query_rows) + 0);
  return scratch;
}

/** Tokens [begin, end) of one sequence, heads [head, head + heads) of group `group`. */
struct Block {
  int64_t begin, end, group, head, heads;
};

int64_t first_key(const Call& call, int64_t token) {
  const int64_t window = int64_t(call.attributes[1]);
  const int64_t position = integers(call.input[3])[token];
  return window > 0 && position + 1 > window ? position + 1 - window : 0;
}

void load_queries(const Call& call, const AttentionShape& s, const Block& block, float* queries) {
  const float scale = float(call.attributes[0]);
  for (int64_t token = block.begin; token < block.end; token++) {
    for (int64_t head = 0; head < block.heads; head++) {
      const float* q = floats(call.input[0]) + (token * s.heads + block.head + head) * s.width;
      float* row = queries + ((token - block.begin) * block.heads + head) * s.padded_width;
      for (int64_t at = 0; at < s.padded_width; at += lanes) {
        const int64_t left = s.width - at;
        store(row + at, load_partial(q + at, left >= lanes ? lanes : int(left)) * splat(scale));
      }
    }
  }
}

/** Where the keys of range `range` lie, up to position `end`; one division for each page. */
void locate_rows(const Call& call, const AttentionShape& s, int64_t sequence, int64_t range, int64_t end, int64_t* row) {
  int64_t position = range * key_range;
  const int64_t last = end < position + key_range ? end : position + key_range;
  for (int64_t index = 0; position < last;) {
    int64_t at = paged_row(call.input[5], sequence, position, s.page_size);
    for (int64_t stop = (position / s.page_size + 1) * s.page_size; position < stop && position < last; position++) row[index++] = at++;
  }
}

PagedRows paged_rows(const Operand* state, int64_t group, const int64_t* row) {
  const int64_t groups = state->shape[2], width = state->shape[3];
  return {state->data, state->format == FORMAT_F16, groups * width, group * width, width, row};
}

/** One block against one range of keys: calls `done(row, token, largest, total, values)`; the values lie in `range_results`. */
template <typename Done>
void attend_range(const Call& call, const AttentionShape& s, const Block& block, int64_t range, const AttentionScratch& scratch,
                  const Done& done) {
  const int32_t* positions = integers(call.input[3]);
  const int64_t base = range * key_range;
  int64_t lowest = INT64_MAX, highest = 0;
  for (int64_t token = block.begin; token < block.end; token++) {
    const int64_t first = first_key(call, token);
    lowest = first < lowest ? first : lowest;
    highest = positions[token] + 1 > highest ? positions[token] + 1 : highest;
  }
  const int64_t begin = lowest > base ? lowest - base : 0;
  const int64_t end = highest < base + key_range ? highest - base : key_range;
  if (begin >= end) return;
  locate_rows(call, s, integers(call.input[4])[block.begin], range, highest, scratch.row);
  const int64_t rows = (block.end - block.begin) * block.heads;
  const PagedRows keys = paged_rows(call.input[1], block.group, scratch.row), values = paged_rows(call.input[2], block.group, scratch.row);
  score_range(keys, begin, end, scratch.queries, rows, s.padded_width, scratch.tile, scratch.scores);
  float largest_score[query_rows], total[query_rows];
  for (int64_t row = 0; row < rows; row++) {
    const int64_t token = block.begin + row / block.heads;
    const int64_t first = first_key(call, token) - base, last = positions[token] + 1 - base;
    const int64_t from = first < 0 ? 0 : first > key_range ? key_range : first;
    const int64_t to = last > key_range ? key_range : last < from ? from : last;
    total[row] = exponentials(scratch.scores + row * key_range, from, to, &largest_score[row]);
    if (total[row] == 0) memset(scratch.scores + row * key_range, 0, key_range * sizeof(float));
  }
  weigh_range(values, begin, end, scratch.scores, rows, s.padded_values, scratch.value_rows, scratch.range_results);
  for (int64_t row = 0; row < rows; row++) {
    done(row, block.begin + row / block.heads, largest_score[row], total[row], scratch.range_results + row * s.padded_values);
  }
}

void write_result(const Call& call, const AttentionShape& s, int64_t token, int64_t head, float largest_score, float total,
                  const float* values) {
  const int64_t at = token * s.heads + head;
  if (call.output[0] != nullptr) {
    float* o = target(call.output[0]) + at * s.value_width;
    for (int64_t i = 0; i < s.value_width; i++) o[i] = values[i] / total;
  }
  if (call.output[1] != nullptr) target(call.output[1])[at] = largest_score + logf(total);
}

float* partial_of(const Call& call, const AttentionShape& s, int64_t token, int64_t head, int64_t range) {
  return reinterpret_cast<float*>(call.prepared) + ((token * s.heads + head) * s.ranges + range) * partial_floats(s);
}

void attend_block(const Call& call, const AttentionShape& s, const Block& block, int64_t only_range, const AttentionScratch& scratch) {
  int64_t lowest = INT64_MAX, highest = 0;
  for (int64_t token = block.begin; token < block.end; token++) {
    const int64_t first = first_key(call, token) / key_range, last = integers(call.input[3])[token] / key_range;
    lowest = first < lowest ? first : lowest;
    highest = last > highest ? last : highest;
  }
  if (s.split && (only_range < lowest || only_range > highest)) return;
  load_queries(call, s, block, scratch.queries);
  if (s.split) {
    attend_range(call, s, block, only_range, scratch,
                 [&](int64_t row, int64_t token, float largest_score, float total, const float* values) {
                   float* partial = partial_of(call, s, token, block.head + row % block.heads, only_range);
                   partial[0] = largest_score;
                   partial[1] = total;
                   memcpy(partial + 16, values, size_t(s.padded_values) * sizeof(float));
                 });
    return;
  }
  const int64_t rows = (block.end - block.begin) * block.heads;
  memset(scratch.results, 0, size_t(rows * s.padded_values) * sizeof(float));
  for (int64_t row = 0; row < rows; row++) {
    scratch.largest_score[row] = -INFINITY;
    scratch.total[row] = 0;
  }
  for (int64_t range = lowest; range <= highest; range++) {
    attend_range(call, s, block, range, scratch, [&](int64_t row, int64_t, float largest_score, float total, const float* values) {
      merge_partial(&scratch.largest_score[row], &scratch.total[row], scratch.results + row * s.padded_values, largest_score, total, values,
                    s.padded_values);
    });
  }
  for (int64_t row = 0; row < rows; row++) {
    write_result(call, s, block.begin + row / block.heads, block.head + row % block.heads, scratch.largest_score[row], scratch.total[row],
                 scratch.results + row * s.padded_values);
  }
}

void attention(const Call& call, int thread, int) {
  const AttentionShape s = attention_shape(call.input[0], call.input[1], call.input[2], call.input[5]);
  const AttentionScratch scratch = cut_scratch(s, call.scratch + size_t(thread) * call.scratch_stride);
  const int32_t* sequences = integers(call.input[4]);
  const int64_t ranges = s.split ? s.ranges : 1;
  const int64_t items = s.token_blocks * s.groups * s.head_blocks * ranges;
  for (;;) {
    const int64_t item = int64_t(__atomic_fetch_add(call.next, 1, __ATOMIC_RELAXED));
    if (item >= items) return;
    const int64_t range = item % ranges;
    const int64_t head_block = item / ranges % s.head_blocks;
    const int64_t group = item / ranges / s.head_blocks % s.groups;
    const int64_t block = s.token_blocks - 1 - item / ranges / s.head_blocks / s.groups;  // late tokens see more keys: first
    const int64_t end = (block + 1) * s.tokens_per_block < s.tokens ? (block + 1) * s.tokens_per_block : s.tokens;
    const int64_t first_head = head_block * s.heads_per_block;
    const int64_t heads = s.heads_per_group - first_head < s.heads_per_block ? s.heads_per_group - first_head : s.heads_per_block;
    for (int64_t token = block * s.tokens_per_block; token < end;) {
      int64_t stop = token + 1;
      while (stop < end && sequences[stop] == sequences[token]) stop++;
      attend_block(call, s, {token, stop, group, group * s.heads_per_group + first_head, heads}, range, scratch);
      token = stop;
    }
  }
}

/** Merges the partial results of each (token, head) in order of their keys. */
void attention_merge(const Call& call, int thread, int threads) {
  const AttentionShape s = attention_shape(call.input[0], call.input[1], call.input[2], call.input[5]);
  if (!s.split) return;
  const AttentionScratch scratch = cut_scratch(s, call.scratch + size_t(thread) * call.scratch_stride);
  const Share share = share_of(s.tokens * s.heads, thread, threads);
  for (int64_t item = share.begin; item < share.end; item++) {
    const int64_t token = item / s.heads, head = item % s.heads;
    float largest_score = -INFINITY, total = 0;
    memset(scratch.results, 0, size_t(s.padded_values) * sizeof(float));
    const int64_t last = integers(call.input[3])[token] / key_range;
    for (int64_t range = first_key(call, token) / key_range; range <= last; range++) {
      const float* partial = partial_of(call, s, token, head, range);
      merge_partial(&largest_score, &total, scratch.results, partial[0], partial[1], partial + 16, s.padded_values);
    }
    write_result(call, s, token, head, largest_score, total, scratch.results);
  }
}

}  // namespace
}  // namespace llmx
