// The public functions of matrix.h: facts of the formats, and calls through the table of the tier that dispatch chose.
#include "matrix.h"
#include "../simd/dispatch.h"
#include "table.h"

namespace llmx {
namespace {

struct FormatFacts {
  int format;
  int64_t block_columns, block_bytes;
  bool packed;
};

constexpr FormatFacts formats[] = {{FORMAT_F32, 1, 4, false},    {FORMAT_F16, 1, 2, false},     {FORMAT_BF16, 1, 2, false},
                                   {FORMAT_Q8_0, 32, 34, false}, {FORMAT_Q4_0, 32, 18, true}, {FORMAT_Q4_K, 256, 144, true},
                                   {FORMAT_Q6_K, 256, 210, true}};

const FormatFacts* facts(int format) {
  for (const FormatFacts& row : formats)
    if (row.format == format) return &row;
  return nullptr;
}

const MatrixTable& table() {
  switch (active_tier()) {
#if defined(__x86_64__) || defined(_M_X64)
    case TIER_AVX2: return llmx_matrix_avx2;
    case TIER_AVX512: return llmx_matrix_avx512;
#elif defined(__aarch64__) || defined(_M_ARM64)
    case TIER_NEON: return llmx_matrix_neon;
    case TIER_NEON_DOT: return llmx_matrix_neon_dot;
#endif
    default: return llmx_matrix_scalar;
  }
}

}  // namespace

bool format_supported(int format) { return facts(format) != nullptr; }

int64_t format_block_columns(int format) {
  const FormatFacts* row = facts(format);
  return row ? row->block_columns : 0;
}

size_t format_row_bytes(int format, int64_t columns) {
  const FormatFacts* row = facts(format);
  return row ? (size_t)(columns / row->block_columns * row->block_bytes) : 0;
}

ActivationKind activation_kind(int format, int64_t tokens) { return table().activation_kind(format, tokens); }

size_t activation_bytes(ActivationKind kind, int64_t columns) {
  return table().activation_bytes(kind, columns);
}

void quantize_activations(ActivationKind kind, const float* x, int64_t stride, int64_t tokens, int64_t columns, uint8_t* out, int thread,
                          int threads) {
  table().quantize_activations(kind, x, stride, tokens, columns, out, thread, threads);
}

size_t packed_bytes(int format, int64_t rows, int64_t columns) {
  const FormatFacts* row = facts(format);
  return row && row->packed ? (size_t)((rows + 15) / 16 * 16) * format_row_bytes(format, columns) : 0;
}

void pack(const Matrix& matrix, uint8_t* target, int thread, int threads) { table().pack(matrix, target, thread, threads); }

size_t scratch_bytes(const Matrix& matrix, ActivationKind kind, int64_t gathered) { return table().scratch_bytes(matrix, kind, gathered); }

void multiply(const Matrix& matrix, const Activations& x, float* y, int64_t y_stride, const float* bias, Worker& worker) {
  table().multiply(matrix, x, nullptr, nullptr, x.tokens, y, y_stride, bias, worker);
}

void multiply_rows(const Matrix& matrix, const Activations& x, const int32_t* inputs, const int32_t* outputs, int64_t count, float* y,
                   int64_t y_stride, const float* bias, Worker& worker) {
  table().multiply(matrix, x, inputs, outputs, count, y, y_stride, bias, worker);
}

void decode_row(int format, const uint8_t* row, int64_t columns, float* out) { table().decode_row(format, row, columns, out); }

}  // namespace llmx
