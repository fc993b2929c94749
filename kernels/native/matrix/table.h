// What one instruction set's translation unit exports: the functions of matrix.h, compiled for it. Plain data, no code here.
#pragma once
#include "matrix.h"

namespace llmx {

struct MatrixTable {
  ActivationKind (*activation_kind)(int format, int64_t tokens);
  size_t (*activation_bytes)(ActivationKind, int64_t columns);
  void (*quantize_activations)(ActivationKind, const float* x, int64_t stride, int64_t tokens, int64_t columns, uint8_t* out, int thread,
                               int threads);
  void (*pack)(const Matrix&, uint8_t* target, int thread, int threads);
  size_t (*scratch_bytes)(const Matrix&, ActivationKind, int64_t gathered);
  // `inputs` and `outputs` may be null: token i
  void (*multiply)(const Matrix&, const Activations&, const int32_t* inputs, const int32_t* outputs, int64_t count, float* y,
                   int64_t y_stride, const float* bias, Worker& worker);
  void (*decode_row)(int format, const uint8_t* row, int64_t columns, float* out);
};

extern const MatrixTable llmx_matrix_scalar;
#if defined(__x86_64__) || defined(_M_X64)
extern const MatrixTable llmx_matrix_avx2;
extern const MatrixTable llmx_matrix_avx512;
#elif defined(__aarch64__) || defined(_M_ARM64)
extern const MatrixTable llmx_matrix_neon;
extern const MatrixTable llmx_matrix_neon_dot;
#endif

}  // namespace llmx
