// The body of every tier's translation unit: drives panels and micro-kernels, and exports the table. The includer defines LLMX_TIER_<name>
// and LLMX_MATRIX_TABLE, and is compiled with the tier's instruction set, without contraction of a * b + c (-ffp-contract=off).
#include "products.h"
#include "table.h"

namespace llmx {
namespace {

ActivationKind kind_of(int format, int64_t tokens) {
  if (format == FORMAT_F32) return ACTIVATION_FLOATS;
  if (format == FORMAT_Q4_K || format == FORMAT_Q6_K) return ACTIVATION_BYTES_256;
  if (format != FORMAT_F16 && format != FORMAT_BF16) return ACTIVATION_BYTES;
  return halves_from_tokens > 0 && tokens >= halves_from_tokens ? ACTIVATION_HALVES : ACTIVATION_FLOATS;
}

template <class Format> constexpr ActivationKind byte_kind() {
  return Format::group_columns == 256 ? ACTIVATION_BYTES_256 : ACTIVATION_BYTES;
}

// One call's job: tokens in groups (gathered or as they are), the rows of this thread.
struct Job {
  const Matrix& matrix;
  const uint32_t* words;  // grouped activations of `count` tokens
  int64_t count;
  const int32_t* outputs;  // null: token i to row i of y
  float* y;
  int64_t y_stride;
  const float* bias;
  int64_t begin, end;  // tiles of 16 rows
  uint8_t* room;

  float* output(int64_t token, int64_t row) const { return y + (outputs ? outputs[token] : token) * y_stride + row; }
};

template <int size> struct Size { static constexpr int value = size; };

// Calls body(size constant, group's words, first token) for each group of tokens.
template <int full, class Body> void each_group(const Job& job, int64_t words_per_token, Body&& body) {
  for (int64_t first = 0; first < job.count;) {
    const int size = next_group(full, job.count - first);
    const uint32_t* words = job.words + first * words_per_token;
    if (size == full) body(Size<full>(), words, first);
    else if (full >= 2 && size == full / 2) body(Size<full / 2>(), words, first);
    else if (full >= 4 && size == full / 4) body(Size<full / 4>(), words, first);
    else body(Size<1>(), words, first);
    first += size;
  }
}

// Walks tiles and stretches of columns. fill(panel, tile, first column, columns, room) decodes one panel of `width` tiles; then every group
// of tokens passes by all panels of the stretch, run(panel, size constant, group's words, outputs), while the group is in
// the first-level cache.
template <class Panel, int full, int width, int tiles, class Fill, class Run>
void each_panel(const Job& job, ActivationKind kind, int64_t stretch, Fill&& fill, Run&& run) {
  constexpr int most = tiles / width;
  const int together = job.count <= 2 * full ? 1 : most;  // few tokens: better keep the one panel close
  const int64_t words = words_per_token(kind, job.matrix.columns);
  Panel panels[most];
  for (int64_t tile = job.begin; tile < job.end; tile += together * width)
    for (int64_t column = 0; column < job.matrix.columns; column += stretch) {
      const int64_t left = job.matrix.columns - column;
      int count = 0;
      for (; count < together && tile + count * width < job.end; ++count)
        fill(panels[count], tile + count * width, column, left < stretch ? left : stretch, job.room + count * width * panel_room);
      each_group<full>(job, words, [&](auto size, const uint32_t* group, int64_t token) {
        for (int i = 0; i < count; ++i) {
          const int64_t row = (tile + i * width) * 16, limit = (tile + (i + 1) * width < job.end ? tile + (i + 1) * width : job.end) * 16;
          float* y[decltype(size)::value];
          for (int t = 0; t < decltype(size)::value; ++t) y[t] = job.output(token + t, row);
          Outputs out;
          out.y = y;
          out.first = column == 0;
          out.bias = left <= stretch && job.bias ? job.bias + row : NULL;
          out.rows = (int)((limit < job.matrix.rows ? limit : job.matrix.rows) - row);
          run(panels[i], size, group, out);
        }
      });
    }
}

template <class Format> void run_bytes(const Job& job) {
  each_panel<BytePanel, group_bytes, 1, byte_tiles_together>(job, byte_kind<Format>(), byte_columns,
      [&](BytePanel& panel, int64_t tile, int64_t column, int64_t columns, uint8_t* room) {
        panel.first = column / 32;
        panel.blocks = columns / 32;
        fill_bytes<Format>(job.matrix, tile, panel, room);
      },
      [&](const BytePanel& panel, auto size, const uint32_t* group, const Outputs& out) {
        constexpr int T = decltype(size)::value;
        multiply_bytes<Format, T>(panel, ByteGroup<Format::group_columns>(group, T, job.matrix.columns), out);
      });
}

template <class Format> void run_halves(const Job& job) {
  const int64_t spans = span_count(ACTIVATION_HALVES, job.matrix.columns);
  each_panel<HalfPanel, group_halves, 1, byte_tiles_together>(job, ACTIVATION_HALVES, half_columns,
      [&](HalfPanel& panel, int64_t tile, int64_t column, int64_t columns, uint8_t* room) {
        panel.first = column / 64;
        panel.spans = (columns + 63) / 64;
        fill_halves<Format>(job.matrix, tile, panel, room);
      },
      [&](const HalfPanel& panel, auto size, const uint32_t* group, const Outputs& out) {
        constexpr int T = decltype(size)::value;
        multiply_halves<T>(panel, HalfGroup(group, T, spans), out);
      });
}

template <class Format> void run_floats(const Job& job) {
  each_panel<FloatPanel, group_floats, float_tiles, float_tiles_together>(job, ACTIVATION_FLOATS, float_columns,
      [&](FloatPanel& panel, int64_t tile, int64_t column, int64_t columns, uint8_t* room) {
        panel.first = column;
        panel.columns = columns;
        fill_floats<Format>(job.matrix, tile, float_tiles, panel, (float*)room);
      },
      [&](const FloatPanel& panel, auto size, const uint32_t* group, const Outputs& out) {
        multiply_floats<float_tiles, decltype(size)::value>(panel, (const float*)group, out);
      });
}

template <class Format> void multiply_float_format(const Job& job, ActivationKind kind) {
  const int64_t rows = job.matrix.rows, end = job.end * 16 < rows ? job.end * 16 : rows;
  if constexpr (Format::block_bytes == 2 && halves_from_tokens > 0) {
    if (kind == ACTIVATION_HALVES) return run_halves<Format>(job);
  }
  if (job.count > 1) run_floats<Format>(job);
  else if (job.matrix.transposed)
    product_transposed<Format>(job.matrix, (const float*)job.words, job.begin * 16, end, job.output(0, 0), job.bias);
  else product_floats<Format>(job.matrix, (const float*)job.words, job.begin * 16, end, job.output(0, 0), job.bias);
}

template <class Format> void multiply_packed(const Job& job) {
  const int64_t rows = job.matrix.rows, end = job.end * 16 < rows ? job.end * 16 : rows;
  if (job.count > 1) return run_bytes<Format>(job);
  const ByteGroup<Format::group_columns> x(job.words, 1, job.matrix.columns);
  product_tiles<Format>(job.matrix, x, job.begin * 16, end, job.output(0, 0), job.bias);
}

void multiply_q8_0(const Job& job) {
  const int64_t rows = job.matrix.rows, end = job.end * 16 < rows ? job.end * 16 : rows;
  if (job.count > 1) run_bytes<Q8_0>(job);
  else product_q8_0(job.matrix, ByteGroup<32>(job.words, 1, job.matrix.columns), job.begin * 16, end, job.output(0, 0), job.bias);
}

void multiply_tiles(const Job& job, ActivationKind kind) {
  switch (job.matrix.format) {
    case FORMAT_F32: return multiply_float_format<F32>(job, kind);
    case FORMAT_F16: return multiply_float_format<F16>(job, kind);
    case FORMAT_BF16: return multiply_float_format<BF16>(job, kind);
    case FORMAT_Q8_0: return multiply_q8_0(job);
    case FORMAT_Q4_0: return multiply_packed<Q4_0>(job);
    case FORMAT_Q4_K: return multiply_packed<Q4_K>(job);
    case FORMAT_Q6_K: return multiply_packed<Q6_K>(job);
  }
}

constexpr int64_t pieces_from_tokens = 16;  // below, memory's bandwidth counts, and long contiguous streams
constexpr int64_t most_piece_tiles = 8, least_piece_tiles = 2;  // what stands side by side in panels

// Tiles of a piece: few enough pieces to keep panels together, at least four for each thread.
inline int64_t piece_tiles(int64_t tiles, int threads) {
  const int64_t wanted = tiles / (4 * (int64_t)threads) / 2 * 2;
  return wanted < least_piece_tiles ? least_piece_tiles : wanted > most_piece_tiles ? most_piece_tiles : wanted;
}

void multiply_list(const Matrix& matrix, const Activations& x, const int32_t* inputs, const int32_t* outputs, int64_t count, float* y,
                   int64_t y_stride, const float* bias, Worker& worker) {
  const int64_t tiles = (matrix.rows + 15) / 16;
  uint8_t* room = (uint8_t*)(((uintptr_t)worker.scratch + 63) & ~(uintptr_t)63);
  uint32_t* gathered = (uint32_t*)(room + float_tiles_together * panel_room);
  bool ready = !inputs;
  const auto run = [&](int64_t begin, int64_t end) {
    if (!ready) gather_tokens(x, inputs, count, gathered);
    ready = true;
    multiply_tiles({matrix, inputs ? gathered : (const uint32_t*)x.data, count, outputs, y, y_stride, bias, begin, end, room}, x.kind);
  };
  if (!worker.next || count < pieces_from_tokens) {
    const int64_t begin = share(tiles, worker.thread, worker.threads), end = share(tiles, worker.thread + 1, worker.threads);
    if (begin < end && count > 0) run(begin, end);
    return;
  }
  const int64_t size = piece_tiles(tiles, worker.threads), pieces = (tiles + size - 1) / size;
  for (;; worker.held = -1) {
    if (worker.held < 0) worker.held = (int64_t)__atomic_fetch_add(worker.next, 1, __ATOMIC_RELAXED);
    const int64_t piece = worker.held - worker.passed;
    if (piece >= pieces) break;
    run(piece * size, (piece + 1) * size < tiles ? (piece + 1) * size : tiles);
  }
  worker.passed += pieces;
}

template <class Format> void pack_tiles(const Matrix& matrix, uint8_t* target, int64_t begin, int64_t end) {
  const int64_t row_bytes = matrix.columns / Format::block_columns * Format::block_bytes;
  for (int64_t tile = begin; tile < end; ++tile) {
    const RowPointers rows(matrix, tile * 16, row_bytes);
    Format::pack(rows.row, matrix.columns, target + tile * row_bytes * 16);
  }
}

void pack_matrix(const Matrix& matrix, uint8_t* target, int thread, int threads) {
  const int64_t tiles = (matrix.rows + 15) / 16, begin = share(tiles, thread, threads), end = share(tiles, thread + 1, threads);
  if (matrix.format == FORMAT_Q4_0) pack_tiles<Q4_0>(matrix, target, begin, end);
  if (matrix.format == FORMAT_Q4_K) pack_tiles<Q4_K>(matrix, target, begin, end);
  if (matrix.format == FORMAT_Q6_K) pack_tiles<Q6_K>(matrix, target, begin, end);
}

size_t token_bytes(ActivationKind kind, int64_t columns) { return (size_t)words_per_token(kind, columns) * 4; }

size_t scratch(const Matrix& matrix, ActivationKind kind, int64_t gathered) {
  return 64 + float_tiles_together * panel_room + (size_t)(gathered * words_per_token(kind, matrix.columns)) * 4;
}

void decode(int format, const uint8_t* row, int64_t columns, float* out) {
  switch (format) {
    case FORMAT_F32: return F32::decode(row, columns, out);
    case FORMAT_F16: return F16::decode(row, columns, out);
    case FORMAT_BF16: return BF16::decode(row, columns, out);
    case FORMAT_Q8_0: return Q8_0::decode(row, columns, out);
    case FORMAT_Q4_0: return Q4_0::decode(row, columns, out);
    case FORMAT_Q4_K: return Q4_K::decode(row, columns, out);
    case FORMAT_Q6_K: return Q6_K::decode(row, columns, out);
  }
}

}  // namespace

extern const MatrixTable LLMX_MATRIX_TABLE;
const MatrixTable LLMX_MATRIX_TABLE = {kind_of, token_bytes, quantize_groups, pack_matrix, scratch, multiply_list, decode};

}  // namespace llmx
