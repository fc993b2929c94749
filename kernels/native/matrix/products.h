// Matrix times one token, where weights are read once from memory and nothing but their bandwidth counts: rows as they lie in the file
// one after the other (one sequential stream a thread), packed tiles in a row, transposed matrices column by column.
#pragma once
#include "panels.h"

namespace llmx {
namespace {

// `ahead` walks along with the row: the bytes to ask for meanwhile. Hardware prefetching alone leaves a quarter of the
// bandwidth unused here.
template <class Format> LLMX_INLINE float dot_floats(const uint8_t* row, int64_t columns, const float* x, const uint8_t* ahead) {
  constexpr int step = 16 * Format::block_bytes;
  Floats a = zero_floats(), b = a, c = a, d = a;
  int64_t column = 0;
  for (; column + 64 <= columns; column += 64, row += 4 * step, ahead += 4 * step, x += 64) {
    prefetch<4 * step>(ahead);
    a = fma(Format::load(row), load(x), a);
    b = fma(Format::load(row + step), load(x + 16), b);
    c = fma(Format::load(row + 2 * step), load(x + 32), c);
    d = fma(Format::load(row + 3 * step), load(x + 48), d);
  }
  for (; column + 16 <= columns; column += 16, row += step, x += 16) a = fma(Format::load(row), load(x), a);
  if (column < columns) a = fma(Format::load_partial(row, (int)(columns - column)), load_partial(x, (int)(columns - column)), a);
  return sum((a + b) + (c + d));
}

// x must leave room in the first-level cache for the stream of weights. Longer rows are therefore taken in stretches, 8 rows at a time out
// of the second-level cache, while the next 8 are asked for in the order of their addresses.
constexpr int64_t whole_columns = 4096, stretch_columns = 2048, stretch_rows = 8, prefetch_distance = 1024;

template <class Format> void product_floats(const Matrix& matrix, const float* x, int64_t begin, int64_t end, float* y, const float* bias) {
  const int64_t columns = matrix.columns, row_bytes = columns * Format::block_bytes;
  const uint8_t* row = matrix.data + begin * row_bytes;
  if (columns <= whole_columns) {
    for (int64_t r = begin; r < end; ++r, row += row_bytes) {
      const float value = dot_floats<Format>(row, columns, x, row + prefetch_distance);
      y[r] = bias ? value + bias[r] : value;
    }
    return;
  }
  // Every row is cut at the same columns, whatever rows stand together, so that its sum depends on nothing else.
  for (int64_t first = begin; first < end; first += stretch_rows, row += stretch_rows * row_bytes) {
    const int64_t count = end - first < stretch_rows ? end - first : stretch_rows;
    const uint8_t* ahead = row + count * row_bytes;
    for (int64_t column = 0; column < columns; column += stretch_columns) {
      const int64_t left = columns - column, width = left < stretch_columns ? left : stretch_columns;
      for (int64_t r = 0; r < count; ++r, ahead += width * Format::block_bytes) {
        float value = dot_floats<Format>(row + r * row_bytes + column * Format::block_bytes, width, x + column, ahead);
        if (column > 0) value += y[first + r];
        y[first + r] = bias && left <= stretch_columns ? value + bias[first + r] : value;
      }
    }
  }
}

// Transposed: y[begin..end) gathers 4 columns at a time; y itself stays in the first-level cache.
template <class Format> void product_transposed(const Matrix& matrix, const float* x, int64_t begin, int64_t end, float* y,
                                                const float* bias) {
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

template <class Format> void product_tiles(const Matrix& matrix, const ByteGroup<Format::group_columns>& x, int64_t begin, int64_t end,
                                           float* y, const float* bias) {
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
