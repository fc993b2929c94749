// The micro-kernels: a panel of weights (16 rows a tile, decoded, in cache) times a group of T tokens, added into y.
//
// An output of the integer kernels is one chain of float32 additions in ascending order of blocks, interrupted only by storing it to y
// between panels, which is exact: neither the grouping of tokens nor the cutting into panels changes a bit.
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
  const uint8_t* minimums;  // [group][4 steps][16 rows][2] int16; formats that have them
  const float* factors;     // [group][16 rows] of the minimums, negated
  int64_t first, blocks;    // blocks of 32 columns: the matrix's [first, first + blocks)
};

// Within a group of columns that share an activation scale the sum is over dot * weight scale; the activation scale comes once, at its end.
template <class Format, int T> void multiply_bytes(const BytePanel& panel, const ByteGroup<Format::group_columns>& x, const Outputs& out) {
  using Dot = typename Format::Dot;
  constexpr int parts = 32 / Format::scale_columns;  // sub-blocks with a weight scale of their own
  constexpr int group = Format::group_columns / 32;  // blocks with one activation scale
  constexpr int32_t none = 0;
  Floats total[T];
  LLMX_UNROLL for (int t = 0; t < T; ++t) total[t] = begin_sum(out, t, 0);
  const uint8_t *weights = panel.weights, *minimums = panel.minimums;
  const float *scales = panel.scales, *factors = panel.factors;
  const uint32_t *quads = x.quads + panel.first * 8 * T, *sums = x.sums + panel.first / group * 4 * T;
  const int32_t* offsets = x.offsets + panel.first * parts * T;
  const float* token_scales = x.scales + panel.first / group * T;
  for (int64_t block = 0; block < panel.blocks; block += group) {
    Floats inner[T];
    if (group > 1) {
      LLMX_UNROLL for (int t = 0; t < T; ++t) inner[t] = zero_floats();
    }
    for (int part = 0; part < parts * group; ++part) {
      typename Dot::Sum dots[T];
      LLMX_UNROLL for (int t = 0; t < T; ++t) dots[t] = Dot::start(Format::has_offset ? offsets + t : &none);
      LLMX_UNROLL for (int step = 0; step < 8 / parts; ++step) {
        const Integers w = load_integers(weights + 64 * step);
        LLMX_UNROLL for (int t = 0; t < T; ++t) Dot::add(dots[t], w, quads + step * T + t);
      }
      const Floats scale = load(scales);
      LLMX_UNROLL for (int t = 0; t < T; ++t) {
        const Floats value = to_floats(Dot::finish(dots[t], Format::has_offset ? offsets + t : &none));
        if (group > 1) inner[t] = fma(value, scale, inner[t]);
        else total[t] = fma(value, scale * splat(token_scales[t]), total[t]);
      }
      weights += 512 / parts;
      quads += 8 / parts * T;
      offsets += T;
      scales += 16;
    }
    if (Format::has_minimum) {
      Integers dots[T];
      LLMX_UNROLL for (int t = 0; t < T; ++t) dots[t] = splat_integer(0);
      LLMX_UNROLL for (int step = 0; step < 4; ++step) {
        const Integers w = load_integers(minimums + 64 * step);
        LLMX_UNROLL for (int t = 0; t < T; ++t) PairDot::add(dots[t], w, sums + step * T + t);
      }
      const Floats factor = load(factors);
      LLMX_UNROLL for (int t = 0; t < T; ++t) inner[t] = fma(to_floats(dots[t]), factor, inner[t]);
      minimums += 256;
      sums += 4 * T;
      factors += 16;
    }
    if (group > 1) {
      LLMX_UNROLL for (int t = 0; t < T; ++t) total[t] = fma(inner[t], splat(token_scales[t]), total[t]);
    }
    token_scales += T;
  }
  LLMX_UNROLL for (int t = 0; t < T; ++t) end_sum(out, t, 0, total[t]);
}

// One token times a packed tile, decoded in registers: the same arithmetic in the same order as a panel, to the bit.
template <class Format> LLMX_INLINE Floats multiply_tile(const uint8_t* tile, int64_t blocks, const ByteGroup<Format::group_columns>& x) {
  using Dot = typename Format::Dot;
  constexpr int parts = 32 / Format::scale_columns, group = Format::group_columns / 32;
  static constexpr int32_t none = 0;
  Floats total = zero_floats(), inner = total;
  Format::blocks(tile, 0, blocks,
      [&](int64_t block, auto&& weights, Floats first, Floats second) LLMX_INLINE_LAMBDA {
        LLMX_UNROLL for (int part = 0; part < parts; ++part) {
          const int32_t* offset = Format::has_offset ? x.offsets + block * parts + part : &none;
          typename Dot::Sum dot = Dot::start(offset);
          LLMX_UNROLL for (int i = 0; i < 8 / parts; ++i) {
            const int step = part * 8 / parts + i;
            Dot::add(dot, weights(step), x.quads + block * 8 + step);
          }
          const Floats value = to_floats(Dot::finish(dot, offset)), scale = part ? second : first;
          if (group > 1) inner = fma(value, scale, inner);
          else total = fma(value, scale * splat(x.scales[block]), total);
        }
      },
      [&](int64_t block, const Integers* minimums, Floats factor) LLMX_INLINE_LAMBDA {
        if (Format::has_minimum) {
          Integers dot = splat_integer(0);
          LLMX_UNROLL for (int step = 0; step < 4; ++step) PairDot::add(dot, minimums[step], x.sums + block / 2 + step);
          inner = fma(to_floats(dot), factor, inner);
        }
        if (group > 1) {
          total = fma(inner, splat(x.scales[block / group]), total);
          inner = zero_floats();
        }
      });
  return total;
}

struct HalfPanel {
  const uint8_t* weights;  // [span][32 steps][16 rows][2 columns] int16
  const float* scales;     // [span][16 rows]
  int64_t first, spans;    // spans of 64 columns
};

template <int T> void multiply_halves(const HalfPanel& panel, const HalfGroup& x, const Outputs& out) {
  Floats total[T];
  LLMX_UNROLL for (int t = 0; t < T; ++t) total[t] = begin_sum(out, t, 0);
  const uint8_t* weights = panel.weights;
  const uint32_t* pairs = x.pairs + panel.first * 32 * T;
  const float* token_scales = x.scales + panel.first * T;
  for (int64_t span = 0; span < panel.spans; ++span) {
    Integers dots[T];
    LLMX_UNROLL for (int t = 0; t < T; ++t) dots[t] = splat_integer(0);
    for (int half = 0; half < 2; ++half) {
      LLMX_UNROLL for (int step = 0; step < 16; ++step) {
        const Integers w = load_integers(weights + 64 * step);
        LLMX_UNROLL for (int t = 0; t < T; ++t) PairDot::add(dots[t], w, pairs + step * T + t);
      }
      weights += 1024;
      pairs += 16 * T;
    }
    const Floats scale = load(panel.scales + 16 * span);
    LLMX_UNROLL for (int t = 0; t < T; ++t) total[t] = fma(to_floats(dots[t]), scale * splat(token_scales[t]), total[t]);
    token_scales += T;
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
