// The micro-kernels: a panel of weights (16 rows a tile, decoded, in cache) times a group of T tokens, added into y.
//
// An output of the integer kernels is one chain of float32 additions in ascending order of blocks, interrupted only by storing it to y between
// panels, which is exact: neither the grouping of tokens nor the cutting into panels changes a bit.
#pragma once
#include "activations.h"

namespace llmx {
namespace {

// Where a group's results go and what is known of the panel's place.
struct Outputs {
  float* const* y;    // [T] the panel's first row of each token
  const float* bias;  // of the panel's first row; null but for the last panel
  int rows;           // rows that exist, 1..16 for each tile
  bool first;         // nothing in y yet
};

LLMX_INLINE Floats begin_sum(const Outputs& out, int token, int tile) {
  const int rows = out.rows - 16 * tile;
  if (out.first || rows <= 0) return zero_floats();
  return rows >= 16 ? load(out.y[token] + 16 * tile) : load_partial(out.y[token] + 16 * tile, rows);
}

LLMX_INLINE void end_sum(const Outputs& out, int token, int tile, Floats value) {
  const int rows = out.rows - 16 * tile;
  float* y = out.y[token] + 16 * tile;
  if (rows >= 16) {
    store(y, out.bias ? value + load(out.bias + 16 * tile) : value);
  } else if (rows > 0) {
    store_partial(y, out.bias ? value + load_partial(out.bias + 16 * tile, rows) : value, rows);
  }
}

struct BytePanel {
  const uint8_t* weights;   // [block][8 steps][16 rows][4 columns]
  const float* scales;      // [block][32 / scale_columns][16 rows]
  const float* minimums;    // [block][16 rows], negated; formats that have them
  int64_t first, blocks;    // blocks of 32 columns: the matrix's [first, first + blocks)
};

template <class Format, int T> void multiply_bytes(const BytePanel& panel, const ByteGroup& x, const Outputs& out) {
  using Dot = typename Format::Dot;
  constexpr int parts = 32 / Format::scale_columns;  // sub-blocks with a scale of their own
  constexpr int32_t none = 0;
  Floats total[T];
  LLMX_UNROLL for (int t = 0; t < T; ++t) total[t] = begin_sum(out, t, 0);
  const uint8_t* weights = panel.weights;
  const float *scales = panel.scales, *minimums = panel.minimums;
  for (int64_t block = 0; block < panel.blocks; ++block) {
    const int64_t at = (panel.first + block) * T;
    const uint32_t* quads = x.quads + at * 8;
    LLMX_UNROLL for (int part = 0; part < parts; ++part) {
      const int32_t* offsets = parts == 2 ? x.offsets16 + at * 2 + part * T : x.offsets32 + at;
      typename Dot::Sum dots[T];
      LLMX_UNROLL for (int t = 0; t < T; ++t) dots[t] = Dot::start(Format::has_offset ? offsets + t : &none);
      LLMX_UNROLL for (int step = 0; step < 8 / parts; ++step) {
        const Integers w = load_integers(weights);
        weights += 64;
        LLMX_UNROLL for (int t = 0; t < T; ++t) Dot::add(dots[t], w, quads + t);
        quads += T;
      }
      const Floats scale = load(scales);
      scales += 16;
      LLMX_UNROLL for (int t = 0; t < T; ++t) {
        const Floats value = to_floats(Dot::finish(dots[t], Format::has_offset ? offsets + t : &none));
        total[t] = fma(value, scale * splat(x.scales[at + t]), total[t]);
      }
    }
    if (Format::has_minimum) {
      const Floats minimum = load(minimums);
      minimums += 16;
      LLMX_UNROLL for (int t = 0; t < T; ++t) total[t] = fma(minimum, splat(x.weighted[at + t]), total[t]);
    }
  }
  LLMX_UNROLL for (int t = 0; t < T; ++t) end_sum(out, t, 0, total[t]);
}

// One token times a packed tile, decoded in registers: the same arithmetic in the same order as a panel, to the bit.
template <class Format> LLMX_INLINE Floats multiply_tile(const uint8_t* tile, int64_t blocks, const ByteGroup& x) {
  using Dot = typename Format::Dot;
  constexpr int parts = 32 / Format::scale_columns;
  static constexpr int32_t none = 0;
  Floats total = zero_floats();
  Format::blocks(tile, 0, blocks, [&](int64_t block, auto&& weights, Floats first, Floats second, Floats minimum) LLMX_INLINE_LAMBDA {
    LLMX_UNROLL for (int part = 0; part < parts; ++part) {
      const int32_t* offset = Format::has_offset ? (parts == 2 ? x.offsets16 + block * 2 + part : x.offsets32 + block) : &none;
      typename Dot::Sum dot = Dot::start(offset);
      LLMX_UNROLL for (int step = part * 8 / parts; step < (part + 1) * 8 / parts; ++step) Dot::add(dot, weights(step), x.quads + block * 8 + step);
      total = fma(to_floats(Dot::finish(dot, offset)), (part ? second : first) * splat(x.scales[block]), total);
    }
    if (Format::has_minimum) total = fma(minimum, splat(x.weighted[block]), total);
  });
  return total;
}

struct HalfPanel {
  const uint8_t* weights;  // [block][16 steps][16 rows][2 columns] int16
  const float* scales;     // [block][16 rows]
  int64_t first, blocks;
};

template <int T> void multiply_halves(const HalfPanel& panel, const HalfGroup& x, const Outputs& out) {
  Floats total[T];
  LLMX_UNROLL for (int t = 0; t < T; ++t) total[t] = begin_sum(out, t, 0);
  const uint8_t* weights = panel.weights;
  for (int64_t block = 0; block < panel.blocks; ++block) {
    const int64_t at = (panel.first + block) * T;
    const uint32_t* pairs = x.pairs + at * 16;
    Integers dots[T];
    LLMX_UNROLL for (int t = 0; t < T; ++t) dots[t] = splat_integer(0);
    LLMX_UNROLL for (int step = 0; step < 16; ++step) {
      const Integers w = load_integers(weights);
      weights += 64;
      LLMX_UNROLL for (int t = 0; t < T; ++t) PairDot::add(dots[t], w, pairs + t);
      pairs += T;
    }
    const Floats scale = load(panel.scales + 16 * block);
    LLMX_UNROLL for (int t = 0; t < T; ++t) total[t] = fma(to_floats(dots[t]), scale * splat(x.scales[at + t]), total[t]);
  }
  LLMX_UNROLL for (int t = 0; t < T; ++t) end_sum(out, t, 0, total[t]);
}

struct FloatPanel {
  const float* weights;  // [column][tiles][16 rows]
  int64_t first, columns;
};

// Each panel's sum starts from zero and joins y at the end: shorter chains, smaller rounding errors.
template <int tiles, int T> void multiply_floats(const FloatPanel& panel, const float* x, const Outputs& out) {
  Floats total[T][tiles];
  LLMX_UNROLL for (int t = 0; t < T; ++t)
    LLMX_UNROLL for (int tile = 0; tile < tiles; ++tile) total[t][tile] = zero_floats();
  const float* weights = panel.weights;
  x += panel.first * T;
  for (int64_t column = 0; column < panel.columns; ++column, x += T, weights += 16 * tiles) {
    Floats w[tiles];
    LLMX_UNROLL for (int tile = 0; tile < tiles; ++tile) w[tile] = load(weights + 16 * tile);
    LLMX_UNROLL for (int t = 0; t < T; ++t) {
      const Floats value = splat(x[t]);
      LLMX_UNROLL for (int tile = 0; tile < tiles; ++tile) total[t][tile] = fma(w[tile], value, total[t][tile]);
    }
  }
  LLMX_UNROLL for (int t = 0; t < T; ++t)
    LLMX_UNROLL for (int tile = 0; tile < tiles; ++tile) end_sum(out, t, tile, begin_sum(out, t, tile) + total[t][tile]);
}

}  // namespace
}  // namespace llmx
