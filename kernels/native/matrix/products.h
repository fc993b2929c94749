// Matrix times one token, where weights are read once from memory and nothing but their bandwidth counts: rows as they lie in the file
// one after the other (one sequential stream a thread), packed tiles in a row, transposed matrices column by column.
#pragma once
#include "panels.h"

namespace llmx {
namespace {

template <class Format> LLMX_INLINE float dot_floats(const uint8_t* row, int64_t columns, const float* x) {
  constexpr int64_t step = 16 * Format::block_bytes;
  Floats a = zero_floats(), b = a, c = a, d = a;
  int64_t column = 0;
  for (; column + 64 <= columns; column += 64, row += 4 * step, x += 64) {
    a = fma(Format::load(row), load(x), a);
    b = fma(Format::load(row + step), load(x + 16), b);
    c = fma(Format::load(row + 2 * step), load(x + 32), c);
    d = fma(Format::load(row + 3 * step), load(x + 48), d);
  }
  for (; column + 16 <= columns; column += 16, row += step, x += 16) a = fma(Format::load(row), load(x), a);
  if (column < columns) a = fma(Format::load_partial(row, (int)(columns - column)), load_partial(x, (int)(columns - column)), a);
  return sum((a + b) + (c + d));
}

// x must leave room in the first-level cache for the stream of weights, so longer rows are read in stretches, 16 rows at a time.
constexpr int64_t stretch_columns = 4096;

template <class Format> void product_floats(const Matrix& matrix, const float* x, int64_t begin, int64_t end, float* y, const float* bias) {
  const int64_t row_bytes = matrix.columns * Format::block_bytes;
  for (int64_t tile = begin; tile < end; tile += 16) {
    const int64_t last = tile + 16 < end ? tile + 16 : end;
    for (int64_t column = 0; column < matrix.columns; column += stretch_columns) {
      const int64_t left = matrix.columns - column, count = left < stretch_columns ? left : stretch_columns;
      for (int64_t r = tile; r < last; ++r) {
        float value = dot_floats<Format>(matrix.data + r * row_bytes + column * Format::block_bytes, count, x + column);
        if (column > 0) value += y[r];
        y[r] = bias && left <= stretch_columns ? value + bias[r] : value;
      }
    }
  }
}

// Transposed: y[begin..end) gathers 4 columns at a time; y itself stays in the first-level cache.
template <class Format> void product_transposed(const Matrix& matrix, const float* x, int64_t begin, int64_t end, float* y, const float* bias) {
  constexpr int64_t size = Format::block_bytes;
  for (int64_t column = 0; column < matrix.columns; column += 4) {
    const int count = matrix.columns - column < 4 ? (int)(matrix.columns - column) : 4;
    for (int64_t r = begin; r < end; r += 16) {
      const int rows = end - r < 16 ? (int)(end - r) : 16;
      const uint8_t* source = matrix.data + (column * matrix.rows + r) * size;
      Floats value = column == 0 ? zero_floats() : rows == 16 ? load(y + r) : load_partial(y + r, rows);
      for (int i = 0; i < count; ++i, source += matrix.rows * size)
        value = fma(rows == 16 ? Format::load(source) : Format::load_partial(source, rows), splat(x[column + i]), value);
      if (rows == 16) store(y + r, value);
      else store_partial(y + r, value, rows);
    }
  }
  for (int64_t r = begin; bias && r < end; ++r) y[r] += bias[r];
}

template <class Format> void product_tiles(const Matrix& matrix, const ByteGroup<Format::group_columns>& x, int64_t begin, int64_t end, float* y,
                                             const float* bias) {
  const size_t bytes = tile_bytes<Format>(matrix.columns);
  for (int64_t r = begin; r < end; r += 16) {
    const int rows = end - r < 16 ? (int)(end - r) : 16;
    const Floats value = multiply_tile<Format>(matrix.packed + r / 16 * bytes, matrix.columns / 32, x);
    if (rows == 16) store(y + r, bias ? value + load(bias + r) : value);
    else store_partial(y + r, bias ? value + load_partial(bias + r, rows) : value, rows);
  }
}

inline void product_q8_0(const Matrix& matrix, const ByteGroup<32>& x, int64_t begin, int64_t end, float* y, const float* bias) {
  const int64_t bytes = matrix.columns / 32 * Q8_0::block_bytes;
  for (int64_t r = begin; r < end; ++r) {
    const float value = Q8_0::dot(matrix.data + r * bytes, matrix.columns, (const uint8_t*)x.quads, x.scales, x.offsets);
    y[r] = bias ? value + bias[r] : value;
  }
}

}  // namespace
}  // namespace llmx
