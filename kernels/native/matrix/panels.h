// Decodes a stretch of columns of 16 rows (or of some tiles of 16) into the panels that the micro-kernels read, in the thread's scratch.
// Rows beyond the matrix repeat its last one: their results are never stored.
#pragma once
#include "../numbers/bf16.h"
#include "../numbers/f16.h"
#include "../numbers/f32.h"
#include "../numbers/q4-0.h"
#include "../numbers/q4-k.h"
#include "../numbers/q6-k.h"
#include "../numbers/q8-0.h"
#include "kernels.h"

namespace llmx {
namespace {

// Columns of one panel: it should stay in the first-level cache while tokens pass by, or (several panels side by side) in the second.
constexpr int64_t byte_columns = 1024, half_columns = 512, float_columns = 256;
constexpr size_t panel_room = 32 * 1024;  // bytes for one tile's panel, at least 16 x columns x 4 and the scales
constexpr int byte_tiles_together = 2, float_tiles_together = 8;  // tiles whose panels stand side by side while the tokens pass once

struct RowPointers {
  const uint8_t* row[16];

  RowPointers(const Matrix& matrix, int64_t first, int64_t row_bytes) {
    for (int i = 0; i < 16; ++i) row[i] = matrix.data + (first + i < matrix.rows ? first + i : matrix.rows - 1) * row_bytes;
  }
};

template <class Format> constexpr size_t tile_bytes(int64_t columns) {
  return (size_t)(columns / Format::block_columns * Format::block_bytes * 16);
}

// Byte panels of packed formats.
template <class Format> void fill_bytes(const Matrix& matrix, int64_t tile, BytePanel& panel, uint8_t* room) {
  float* scales = (float*)(room + panel.blocks * 512);
  uint8_t* minimums = (uint8_t*)(scales + panel.blocks * 16 * (32 / Format::scale_columns));
  float* factors = (float*)(minimums + panel.blocks / 8 * 256);
  panel.weights = room;
  panel.scales = scales;
  panel.minimums = minimums;
  panel.factors = factors;
  const uint8_t* source = matrix.packed + tile * tile_bytes<Format>(matrix.columns);
  Format::blocks(source, panel.first, panel.first + panel.blocks,
      [&](int64_t, auto&& weights, Floats first, Floats second) LLMX_INLINE_LAMBDA {
        LLMX_UNROLL for (int step = 0; step < 8; ++step) store_integers(room + 64 * step, weights(step));
        room += 512;
        store(scales, first);
        scales += 16;
        if (Format::scale_columns == 16) {
          store(scales, second);
          scales += 16;
        }
      },
      [&](int64_t, const Integers* pairs, Floats factor) LLMX_INLINE_LAMBDA {
        if (Format::has_minimum) {
          LLMX_UNROLL for (int step = 0; step < 4; ++step) store_integers(minimums + 64 * step, pairs[step]);
          minimums += 256;
          store(factors, factor);
          factors += 16;
        }
      });
}

template <> void fill_bytes<Q8_0>(const Matrix& matrix, int64_t tile, BytePanel& panel, uint8_t* room) {
  float* scales = (float*)(room + panel.blocks * 512);
  panel.weights = room;
  panel.scales = scales;
  const RowPointers rows(matrix, tile * 16, matrix.columns / 32 * Q8_0::block_bytes);
  Q8_0::fill(rows.row, panel.first, panel.first + panel.blocks, room, scales);
}

// Float panels: [column][tiles][16 rows].
template <class Format> void fill_floats(const Matrix& matrix, int64_t tile, int tiles, FloatPanel& panel, float* room) {
  panel.weights = room;
  for (int part = 0; part < tiles; ++part) {
    const int64_t row0 = (tile + part) * 16;
    float* target = room + 16 * part;
    if (row0 >= matrix.rows) {
      for (int64_t column = 0; column < panel.columns; ++column) store(target + column * 16 * tiles, zero_floats());
      continue;
    }
    if (matrix.transposed) {
      const int count = matrix.rows - row0 < 16 ? (int)(matrix.rows - row0) : 16;
      for (int64_t column = 0; column < panel.columns; ++column) {
        const uint8_t* source = matrix.data + ((panel.first + column) * matrix.rows + row0) * Format::block_bytes;
        store(target + column * 16 * tiles, count == 16 ? Format::load(source) : Format::load_partial(source, count));
      }
      continue;
    }
    const RowPointers rows(matrix, row0, matrix.columns * Format::block_bytes);
    for (int64_t column = 0; column < panel.columns; column += 16) {
      const int64_t left = panel.columns - column;
      float square[16][16];
      const uint8_t* line[16];
      for (int row = 0; row < 16; ++row) {
        const uint8_t* source = rows.row[row] + (panel.first + column) * Format::block_bytes;
        store(square[row], left >= 16 ? Format::load(source) : Format::load_partial(source, (int)left));
        line[row] = (const uint8_t*)square[row];
      }
      uint32_t* words = (uint32_t*)(target + column * 16 * tiles);
      transpose_16x8(line, 0, words, 16 * tiles);
      transpose_16x8(line, 32, words + 8 * 16 * tiles, 16 * tiles);
    }
  }
}

// 16 rows x 32 columns of 2-byte numbers to 16 vectors of pairs, zeroes beyond the columns.
inline void load_pairs(const Matrix& matrix, const RowPointers& rows, int64_t row0, int64_t column, uint32_t* pairs) {
  const int64_t left = matrix.columns - column;
  if (left <= 0) {
    memset(pairs, 0, 1024);
  } else if (matrix.transposed) {
    const int count = matrix.rows - row0 < 16 ? (int)(matrix.rows - row0) : 16;
    for (int i = 0; i < 16; ++i) {
      uint16_t half[2][16] = {{0}};
      for (int j = 0; j < 2; ++j)
        if (2 * i + j < left) memcpy(half[j], matrix.data + ((column + 2 * i + j) * matrix.rows + row0) * 2, 2 * (size_t)count);
      store_integers(pairs + 16 * i, widen_u16(half[0]) | shift_left<16>(widen_u16(half[1])));
    }
  } else if (left >= 32) {
    transpose_16x8(rows.row, column * 2, pairs, 16);
    transpose_16x8(rows.row, column * 2 + 32, pairs + 128, 16);
  } else {
    uint16_t line[16][32] = {{0}};
    const uint8_t* pointers[16];
    for (int row = 0; row < 16; ++row) {
      memcpy(line[row], rows.row[row] + column * 2, 2 * (size_t)left);
      pointers[row] = (const uint8_t*)line[row];
    }
    transpose_16x8(pointers, 0, pairs, 16);
    transpose_16x8(pointers, 32, pairs + 128, 16);
  }
}

// Half panels: integers up to half_limit with a scale for each row and 64 columns.
template <class Format> void fill_halves(const Matrix& matrix, int64_t tile, HalfPanel& panel, uint8_t* room) {
  float* scales = (float*)(room + panel.spans * 2048);
  panel.weights = room;
  panel.scales = scales;
  const RowPointers rows(matrix, tile * 16, matrix.columns * 2);
  for (int64_t span = 0; span < panel.spans; ++span, scales += 16) {
    uint32_t pairs[512];
    load_pairs(matrix, rows, tile * 16, (panel.first + span) * 64, pairs);
    load_pairs(matrix, rows, tile * 16, (panel.first + span) * 64 + 32, pairs + 256);
    Integers magnitude = splat_integer(0);
    for (int i = 0; i < 32; ++i) {
      const Integers pair = load_integers(pairs + 16 * i);
      magnitude = maximum(magnitude, maximum(pair & splat_integer(0x7fff), shift_right<16>(pair) & splat_integer(0x7fff)));
    }
    const Floats amplitude = Format::from_magnitude(magnitude);
    const Mask tiny = amplitude < splat(1e-30f);
    const Floats inverse = select(tiny, zero_floats(), splat((float)half_limit) / amplitude);
    store(scales, select(tiny, zero_floats(), amplitude * splat(1.0f / half_limit)));
    for (int i = 0; i < 32; ++i, room += 64) {
      const Integers pair = load_integers(pairs + 16 * i);
      const Integers first = to_integers(Format::first(pair) * inverse), second = to_integers(Format::second(pair) * inverse);
      store_integers(room, (first & splat_integer(0xffff)) | shift_left<16>(second));
    }
  }
}

}  // namespace
}  // namespace llmx
