// How activations lie in memory for the micro-kernels, and how they get there from float rows.
//
// Tokens stand in groups; within a group of g tokens every array is interleaved word by word: [word][g]. A micro-kernel then reads one
// stream, and no power-of-two stride falls on one cache set. Per token, in words of 4 bytes, the columns cut in spans, the last one filled
// with zeroes:
//   FLOATS     float [columns]
//   HALVES     int16 pairs [32 spans], float scale [spans]; a span is 64 columns
//   BYTES      4 x int8 [8 spans], float scale [spans], int32 nibble_offset * sum [spans]; a span is 32 columns
//   BYTES_256  4 x int8 [64 spans], float scale [spans], int32 six_bit_offset * sum of 16 columns [16 spans], pairs of int16 sums of 32
//              columns (0 and 2, 1 and 3, 4 and 6, 5 and 7) [4 spans]; a span is 256 columns
#pragma once
#include "../simd/dots.h"
#include "matrix.h"

namespace llmx {
namespace {

constexpr int full_group(ActivationKind kind) {
  return kind == ACTIVATION_FLOATS ? group_floats : kind == ACTIVATION_HALVES ? group_halves : group_bytes;
}

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

constexpr int half_limit = 5791;  // 64 products of two such numbers stay below 2^31

constexpr int span_columns(ActivationKind kind) { return kind == ACTIVATION_BYTES_256 ? 256 : kind == ACTIVATION_HALVES ? 64 : 32; }
constexpr int span_words(ActivationKind kind) {
  return kind == ACTIVATION_BYTES_256 ? 64 + 1 + 16 + 4 : kind == ACTIVATION_BYTES ? 8 + 1 + 1 : kind == ACTIVATION_HALVES ? 32 + 1 : 32;
}
inline int64_t span_count(ActivationKind kind, int64_t columns) { return (columns + span_columns(kind) - 1) / span_columns(kind); }

inline int64_t words_per_token(ActivationKind kind, int64_t columns) {
  return kind == ACTIVATION_FLOATS ? columns : span_count(kind, columns) * span_words(kind);
}

// A group's arrays: word w of token t is at [w * size + t].
struct HalfGroup {
  const uint32_t* pairs;
  const float* scales;

  HalfGroup(const uint32_t* words, int size, int64_t spans) : pairs(words), scales((const float*)(words + size * spans * 32)) {}
};

template <int group_columns> struct ByteGroup {  // 32 or 256
  const uint32_t* quads;
  const float* scales;
  const int32_t* offsets;  // of 32 columns or of 16
  const uint32_t* sums;    // BYTES_256

  ByteGroup(const uint32_t* words, int size, int64_t columns) : quads(words) {
    const int64_t spans = columns / group_columns * size;
    scales = (const float*)(words + spans * (group_columns / 4));
    offsets = (const int32_t*)(words + spans * (group_columns / 4 + 1));
    sums = words + spans * (group_columns / 4 + 17);
  }
};

// Up to 16 floats, zeroes beyond `count`, which may be negative.
LLMX_INLINE Floats load_up_to(const float* x, int64_t count) {
  return count >= 16 ? load(x) : count > 0 ? load_partial(x, (int)count) : zero_floats();
}

template <int width> LLMX_INLINE float amplitude_of(const float* x, int64_t count) {
  Floats most = zero_floats();
  for (int i = 0; i < width; i += 16) most = maximum(most, absolute(load_up_to(x + i, count - i)));
  return largest(most);
}

// A span of nothing but numbers below 1e-30 counts as zero: its reciprocal would not be finite.
inline float inverse_scale(float amplitude, float limit) { return amplitude > 1e-30f ? limit / amplitude : 0.0f; }
inline float scale_of(float amplitude, float limit) { return amplitude > 1e-30f ? amplitude / limit : 0.0f; }

template <class Word> inline void put(uint32_t* words, int64_t index, int size, Word word) { memcpy(words + index * size, &word, 4); }

inline void quantize_half_span(const float* x, int64_t count, uint32_t* words, int size, int64_t spans, int64_t span) {
  const float amplitude = amplitude_of<64>(x, count);
  const Floats inverse = splat(inverse_scale(amplitude, (float)half_limit));
  uint32_t q[32];
  for (int i = 0; i < 64; i += 16) store_low_halves((int16_t*)q + i, to_integers(load_up_to(x + i, count - i) * inverse));
  for (int i = 0; i < 32; ++i) put(words, span * 32 + i, size, q[i]);
  put(words, spans * 32 + span, size, scale_of(amplitude, (float)half_limit));
}

template <int width> inline void quantize_byte_span(const float* x, uint32_t* words, int size, int64_t spans, int64_t span) {
  const float amplitude = amplitude_of<width>(x, width);
  const Floats inverse = splat(inverse_scale(amplitude, 127.0f));
  uint32_t q[width / 4];
  float sums[16];  // of 16 columns; integers, exact
  for (int i = 0; i < width; i += 16) {
    const Floats whole = round_even(load(x + i) * inverse);
    store_low_bytes((int8_t*)q + i, to_integers(whole));
    sums[i / 16] = sum(whole);
  }
  constexpr int quads = width / 4;
  for (int i = 0; i < quads; ++i) put(words, span * quads + i, size, q[i]);
  put(words, spans * quads + span, size, scale_of(amplitude, 127.0f));
  if (width == 32) {
    int32_t offset[16];
    store_integers(offset, to_integers(splat((sums[0] + sums[1]) * nibble_offset)));
    put(words, spans * 9 + span, size, offset[0]);
    return;
  }
  uint32_t wholes[16], offsets[16];
  store_integers(wholes, to_integers(load_up_to(sums, width / 16)));
  store_integers(offsets, to_integers(load_up_to(sums, width / 16) * splat(six_bit_offset)));
  for (int i = 0; i < 16; ++i) put(words, spans * 65 + span * 16 + i, size, offsets[i]);
  for (int i = 0; i < 4; ++i) {
    const uint32_t* pair = wholes + i / 2 * 8 + i % 2 * 2;  // sub-blocks 0 and 2, 1 and 3, 4 and 6, 5 and 7
    put(words, spans * 81 + span * 4 + i, size, ((pair[0] + pair[1]) & 0xffff) | (pair[4] + pair[5]) << 16);
  }
}

inline void regroup_float_block(const float* x, int64_t count, uint32_t* words, int size, int64_t block) {
  if (size == 1) {
    memcpy(words + block * 32, x, 4 * (size_t)count);
    return;
  }
  for (int64_t i = 0; i < count; ++i) memcpy(words + (block * 32 + i) * size, x + i, 4);
}

inline int64_t share(int64_t units, int thread, int threads) { return units * thread / threads; }

// Work unit: one span for all tokens of a group. Every span is computed alone, so any partition gives the same bytes.
void quantize_groups(ActivationKind kind, const float* x, int64_t stride, int64_t tokens, int64_t columns, uint8_t* out, int thread,
                     int threads) {
  const int64_t spans = span_count(kind, columns), words = words_per_token(kind, columns), width = span_columns(kind);
  const int full = full_group(kind);
  int64_t groups = tokens / full;
  for (int64_t rest = tokens % full; rest > 0; rest -= next_group(full, rest)) ++groups;
  const int64_t begin = share(groups * spans, thread, threads), end = share(groups * spans, thread + 1, threads);
  int64_t first = 0, unit = 0;
  for (int size; first < tokens; first += size, unit += spans) {
    size = next_group(full, tokens - first);
    uint32_t* target = (uint32_t*)out + first * words;
    const int64_t from = begin > unit ? begin - unit : 0, to = end - unit < spans ? end - unit : spans;
    for (int64_t span = from; span < to; ++span) {
      const int64_t count = columns - span * width < width ? columns - span * width : width;
      for (int token = 0; token < size; ++token) {
        const float* source = x + (first + token) * stride + span * width;
        if (kind == ACTIVATION_BYTES) quantize_byte_span<32>(source, target + token, size, spans, span);
        else if (kind == ACTIVATION_BYTES_256) quantize_byte_span<256>(source, target + token, size, spans, span);
        else if (kind == ACTIVATION_HALVES) quantize_half_span(source, count, target + token, size, spans, span);
        else regroup_float_block(source, count, target + token, size, span);
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
