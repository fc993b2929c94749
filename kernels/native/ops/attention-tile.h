// The arithmetic of attention over one key range: scores, exponentials, weighted values. Rows are (token, head) pairs of one group.
#pragma once
#include "../simd/functions.h"
#include "attention-split.h"
#include "transpose.h"

namespace llmx {
namespace {

/** Rows of a paged state of one group; `row[i]` is where key i of the range lies. */
struct PagedRows {
  const uint8_t* data;
  bool halves;
  int64_t stride, offset;  // elements between rows, and to the group within a row
  int64_t width;
  const int64_t* row;
};

LLMX_INLINE Floats load_stored(const PagedRows& rows, int64_t index, int64_t at) {
  const int64_t element = rows.row[index] * rows.stride + rows.offset + at;
  const int64_t left = rows.width - at;
  if (rows.halves) {
    const uint16_t* source = reinterpret_cast<const uint16_t*>(rows.data) + element;
    return left >= lanes ? load_f16(source) : load_f16_partial(source, int(left));
  }
  const float* source = reinterpret_cast<const float*>(rows.data) + element;
  return left >= lanes ? load(source) : load_partial(source, int(left));
}

#if defined(LLMX_TIER_AVX512) || defined(LLMX_TIER_NEON)
constexpr int wide = 2;  // vectors of one row that are summed side by side; registers allow no more elsewhere
#else
constexpr int wide = 1;
#endif
static_assert(wide * 16 <= key_tile, "a tile of keys holds the vectors");

/** tile (padded width, 16 wide): keys [begin, begin + 16 wide) of the range, turned; those from `end` on are zero. */
inline void turn_keys(const PagedRows& keys, int64_t begin, int64_t end, int64_t padded_width, float* tile) {
  for (int part = 0; part < wide; part++) {
    const int64_t first = begin + part * lanes;
    for (int64_t at = 0; at < padded_width; at += lanes) {
      Floats block[16];
      for (int key = 0; key < 16; key++) block[key] = first + key < end ? load_stored(keys, first + key, at) : zero_floats();
      transpose(block);
      for (int i = 0; i < 16; i++) store(tile + (at + i) * wide * lanes + part * lanes, block[i]);
    }
  }
}

/** scores (rows, key_range) from `begin` on: `count` query rows against a turned tile. */
template <int count>
LLMX_INLINE void score_rows(const float* queries, int64_t padded_width, int64_t width, const float* tile, float* scores) {
  Floats sums[count][wide];
  LLMX_UNROLL for (int row = 0; row < count; row++) {
    LLMX_UNROLL for (int part = 0; part < wide; part++) sums[row][part] = zero_floats();
  }
  for (int64_t i = 0; i < width; i++) {
    Floats keys[wide];
    LLMX_UNROLL for (int part = 0; part < wide; part++) keys[part] = load(tile + (i * wide + part) * lanes);
    LLMX_UNROLL for (int row = 0; row < count; row++) {
      const Floats query = splat(queries[row * padded_width + i]);
      LLMX_UNROLL for (int part = 0; part < wide; part++) sums[row][part] = fma(query, keys[part], sums[row][part]);
    }
  }
  LLMX_UNROLL for (int row = 0; row < count; row++) {
    LLMX_UNROLL for (int part = 0; part < wide; part++) store(scores + row * key_range + part * lanes, sums[row][part]);
  }
}

/** One query row against keys [begin, end) as they lie: for few rows turning would cost more than it saves. */
inline void score_directly(const PagedRows& keys, int64_t begin, int64_t end, const float* query, float* scores) {
  for (int64_t key = begin; key < end; key++) {
    Floats sums = zero_floats();
    for (int64_t at = 0; at < keys.width; at += lanes) sums = fma(load(query + at), load_stored(keys, key, at), sums);
    scores[key] = sum(sums);
  }
}

/** scores (rows, key_range) of keys [begin, end) of the range. */
inline void score_range(const PagedRows& keys, int64_t begin, int64_t end, const float* queries, int64_t rows, int64_t padded_width,
                        float* tile, float* scores) {
  if (rows <= 2) {
    for (int64_t row = 0; row < rows; row++) score_directly(keys, begin, end, queries + row * padded_width, scores + row * key_range);
    return;
  }
  for (int64_t key = begin / (wide * lanes) * (wide * lanes); key < end; key += wide * lanes) {
    // Keys before `begin` are outside every row's window: nothing to load.
    turn_keys(keys, key, end, padded_width, tile);
    int64_t row = 0;
    for (; row + 4 <= rows; row += 4)
      score_rows<4>(queries + row * padded_width, padded_width, keys.width, tile, scores + row * key_range + key);
    for (; row < rows; row++) score_rows<1>(queries + row * padded_width, padded_width, keys.width, tile, scores + row * key_range + key);
  }
}

/** Turns a row's scores into exponentials of their distance to the largest; those outside [begin, end) become 0. Returns their sum. */
inline float exponentials(float* scores, int64_t begin, int64_t end, float* largest_score) {
  for (int64_t key = 0; key < begin; key++) scores[key] = -INFINITY;
  for (int64_t key = end; key < key_range; key++) scores[key] = -INFINITY;
  Floats highest = load(scores);
  for (int64_t at = lanes; at < key_range; at += lanes) highest = maximum(highest, load(scores + at));
  *largest_score = largest(highest);
  if (*largest_score == -INFINITY) return 0;
  const Floats shift = splat(*largest_score);
  Floats total = zero_floats();
  for (int64_t at = 0; at < key_range; at += lanes) {
    const Floats value = exp(load(scores + at) - shift);
    store(scores + at, value);
    total = total + value;
  }
  return sum(total);
}

/** results (count, padded) += weights (count, key_range) x tile (keys, padded). */
template <int count>
LLMX_INLINE void weigh_rows(const float* weights, const float* tile, int64_t keys, int64_t padded, float* results) {
  for (int64_t at = 0; at < padded; at += wide * lanes) {
    const bool both = wide == 1 || at + lanes < padded;
    const int64_t second = both ? lanes : 0;
    Floats sums[count][wide];
    LLMX_UNROLL for (int row = 0; row < count; row++) {
      LLMX_UNROLL for (int part = 0; part < wide; part++) sums[row][part] = load(results + row * padded + at + part * second);
    }
    for (int64_t key = 0; key < keys; key++) {
      Floats values[wide];
      LLMX_UNROLL for (int part = 0; part < wide; part++) values[part] = load(tile + key * padded + at + part * second);
      LLMX_UNROLL for (int row = 0; row < count; row++) {
        const Floats weight = splat(weights[row * key_range + key]);
        LLMX_UNROLL for (int part = 0; part < wide; part++) sums[row][part] = fma(weight, values[part], sums[row][part]);
      }
    }
    LLMX_UNROLL for (int row = 0; row < count; row++) {
      LLMX_UNROLL for (int part = 0; part < wide; part++) store(results + row * padded + at + part * second, sums[row][part]);
    }
  }
}

/** results (rows, padded) = weights (rows, key_range) x values of keys [begin, end). */
inline void weigh_range(const PagedRows& values, int64_t begin, int64_t end, const float* weights, int64_t rows, int64_t padded,
                        float* tile, float* results) {
  memset(results, 0, size_t(rows * padded) * sizeof(float));
  for (int64_t key = begin; key < end; key += value_tile) {
    const int64_t count = end - key < value_tile ? end - key : value_tile;
    for (int64_t i = 0; i < count; i++) {
      for (int64_t at = 0; at < padded; at += lanes) store(tile + i * padded + at, load_stored(values, key + i, at));
    }
    int64_t row = 0;
    for (; row + 4 <= rows; row += 4) weigh_rows<4>(weights + row * key_range + key, tile, count, padded, results + row * padded);
    for (; row + 2 <= rows; row += 2) weigh_rows<2>(weights + row * key_range + key, tile, count, padded, results + row * padded);
    for (; row < rows; row++) weigh_rows<1>(weights + row * key_range + key, tile, count, padded, results + row * padded);
  }
}

/** Adds a partial result (largest, total, values) to a running one: both are relative to their largest score. */
inline void merge_partial(float* largest_score, float* total, float* values, float part_largest, float part_total, const float* part_values,
                          int64_t padded) {
  if (part_total == 0) return;
  const float next = part_largest > *largest_score ? part_largest : *largest_score;
  const float keep = *total == 0 ? 0.0f : expf(*largest_score - next);
  const float take = expf(part_largest - next);
  for (int64_t at = 0; at < padded; at += lanes)
    store(values + at, fma(load(values + at), splat(keep), load(part_values + at) * splat(take)));
  *total = *total * keep + part_total * take;
  *largest_score = next;
}

}  // namespace
}  // namespace llmx
