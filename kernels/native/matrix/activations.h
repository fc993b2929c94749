// How activations lie in memory for the micro-kernels, and how they get there from float rows.
//
// Tokens stand in groups; within a group of g tokens every array is interleaved word by word: [word][g]. A micro-kernel then reads one stream,
// and no power-of-two stride falls on one cache set. Per token, in words of 4 bytes, with `blocks` = columns / 32 rounded up:
//   FLOATS  float [columns]
//   HALVES  int16 pairs [16 blocks], float scale [blocks]
//   BYTES   4 x int8 [8 blocks], float scale [blocks], int32 nibble_offset * sum of 32 [blocks], int32 six_bit_offset * sum of 16 [2 blocks],
//           float scale * sum of 32 [blocks]
#pragma once
#include "../simd/dots.h"
#include "matrix.h"

namespace llmx {
namespace {

constexpr int full_group(ActivationKind kind) { return kind == ACTIVATION_FLOATS ? group_floats : kind == ACTIVATION_HALVES ? group_halves : group_bytes; }

// A list is cut into full groups, then into what halving the group gives (12: 6, 3, 1; 8: 4, 2, 1), largest first.
inline int next_group(int full, int64_t remaining) {
  while (full > remaining) full /= 2;
  return full;
}

struct Place {
  int64_t first;  // the group's first token
  int size, index;
};

inline Place find_token(int full, int64_t tokens, int64_t token) {
  Place place = {token / full * full, 0, 0};
  for (;;) {
    place.size = next_group(full, tokens - place.first);
    if (token < place.first + place.size) break;
    place.first += place.size;
  }
  place.index = (int)(token - place.first);
  return place;
}

inline int64_t block_count(int64_t columns) { return (columns + 31) / 32; }

inline int64_t words_per_token(ActivationKind kind, int64_t columns) {
  if (kind == ACTIVATION_FLOATS) return columns;
  return block_count(columns) * (kind == ACTIVATION_HALVES ? 17 : 13);
}

// A group's arrays: word w of token t is at [w * size + t].
struct HalfGroup {
  const uint32_t* pairs;
  const float* scales;

  HalfGroup(const uint32_t* words, int size, int64_t blocks) : pairs(words), scales((const float*)(words + size * blocks * 16)) {}
};

struct ByteGroup {
  const uint32_t* quads;
  const float* scales;
  const int32_t *offsets32, *offsets16;
  const float* weighted;

  ByteGroup(const uint32_t* words, int size, int64_t blocks)
      : quads(words), scales((const float*)(words + size * blocks * 8)), offsets32((const int32_t*)(words + size * blocks * 9)),
        offsets16((const int32_t*)(words + size * blocks * 10)), weighted((const float*)(words + size * blocks * 12)) {}
};

// 32 columns of one token, zeroes beyond `count`.
struct Span {
  Floats low, high;

  Span(const float* x, int64_t count)
      : low(count >= 16 ? load(x) : load_partial(x, (int)count)),
        high(count >= 32 ? load(x + 16) : count > 16 ? load_partial(x + 16, (int)count - 16) : zero_floats()) {}

  float amplitude() const { return largest(maximum(absolute(low), absolute(high))); }
};

// A block of nothing but numbers below 1e-30 counts as zero: its reciprocal would not be finite.
inline float inverse_scale(float amplitude, float limit) { return amplitude > 1e-30f ? limit / amplitude : 0.0f; }

inline void quantize_half_block(const float* x, int64_t count, uint32_t* words, int size, int64_t blocks, int64_t block) {
  const Span span(x, count);
  const float amplitude = span.amplitude(), inverse = inverse_scale(amplitude, 8191.0f);
  int16_t q[32];
  store_low_halves(q, to_integers(span.low * splat(inverse)));
  store_low_halves(q + 16, to_integers(span.high * splat(inverse)));
  for (int i = 0; i < 16; ++i) memcpy(words + (block * 16 + i) * size, q + 2 * i, 4);
  const float scale = inverse == 0.0f ? 0.0f : amplitude / 8191.0f;
  memcpy(words + (blocks * 16 + block) * size, &scale, 4);
}

inline void quantize_byte_block(const float* x, int64_t count, uint32_t* words, int size, int64_t blocks, int64_t block) {
  const Span span(x, count);
  const float amplitude = span.amplitude(), inverse = inverse_scale(amplitude, 127.0f);
  const float scale = inverse == 0.0f ? 0.0f : amplitude / 127.0f;
  const Floats low = round_even(span.low * splat(inverse)), high = round_even(span.high * splat(inverse));
  int8_t q[32];
  store_low_bytes(q, to_integers(low));
  store_low_bytes(q + 16, to_integers(high));
  for (int i = 0; i < 8; ++i) memcpy(words + (block * 8 + i) * size, q + 4 * i, 4);
  const float sums[2] = {sum(low), sum(high)};  // of integers: exact
  const float whole = sums[0] + sums[1], weighted = scale * whole;
  const float offsets[3] = {whole * nibble_offset, sums[0] * six_bit_offset, sums[1] * six_bit_offset};
  int32_t lane[16];
  store_integers(lane, to_integers(load_partial(offsets, 3)));
  memcpy(words + (blocks * 8 + block) * size, &scale, 4);
  memcpy(words + (blocks * 9 + block) * size, lane, 4);
  memcpy(words + (blocks * 10 + 2 * block) * size, lane + 1, 4);
  memcpy(words + (blocks * 10 + 2 * block + 1) * size, lane + 2, 4);
  memcpy(words + (blocks * 12 + block) * size, &weighted, 4);
}

inline void regroup_float_block(const float* x, int64_t count, uint32_t* words, int size, int64_t block) {
  if (size == 1) {
    memcpy(words + block * 32, x, 4 * (size_t)count);
    return;
  }
  for (int64_t i = 0; i < count; ++i) memcpy(words + (block * 32 + i) * size, x + i, 4);
}

inline int64_t share(int64_t units, int thread, int threads) { return units * thread / threads; }

// Work unit: one block of 32 columns for all tokens of a group. Every block is computed alone, so any partition gives the same bytes.
void quantize_groups(ActivationKind kind, const float* x, int64_t stride, int64_t tokens, int64_t columns, uint8_t* out, int thread, int threads) {
  const int64_t blocks = block_count(columns), words = words_per_token(kind, columns);
  const int full = full_group(kind);
  int64_t groups = tokens / full;
  for (int64_t rest = tokens % full; rest > 0; rest -= next_group(full, rest)) ++groups;
  const int64_t begin = share(groups * blocks, thread, threads), end = share(groups * blocks, thread + 1, threads);
  int64_t first = 0, unit = 0;
  for (int size; first < tokens; first += size, unit += blocks) {
    size = next_group(full, tokens - first);
    uint32_t* target = (uint32_t*)out + first * words;
    const int64_t from = begin > unit ? begin - unit : 0, to = end - unit < blocks ? end - unit : blocks;
    for (int64_t block = from; block < to; ++block) {
      const int64_t count = columns - block * 32 < 32 ? columns - block * 32 : 32;
      for (int token = 0; token < size; ++token) {
        const float* source = x + (first + token) * stride + block * 32;
        if (kind == ACTIVATION_BYTES) quantize_byte_block(source, count, target + token, size, blocks, block);
        else if (kind == ACTIVATION_HALVES) quantize_half_block(source, count, target + token, size, blocks, block);
        else regroup_float_block(source, count, target + token, size, block);
      }
    }
  }
}

// Copies `count` chosen tokens into groups of their own.
void gather_tokens(const Activations& x, const int32_t* inputs, int64_t count, uint32_t* target) {
  const int64_t words = words_per_token(x.kind, x.columns);
  const int full = full_group(x.kind);
  for (int64_t i = 0; i < count; ++i) {
    const Place from = find_token(full, x.tokens, inputs[i]), to = find_token(full, count, i);
    const uint32_t* source = (const uint32_t*)x.data + from.first * words + from.index;
    uint32_t* out = target + to.first * words + to.index;
    for (int64_t word = 0; word < words; ++word) out[word * to.size] = source[word * from.size];
  }
}

}  // namespace
}  // namespace llmx
