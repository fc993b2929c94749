// Products of a weight matrix with activations, y = W x + b: the interface that the rest of the backend sees.
//
// Knows formats (by ggml type id) and threads (as an index and a count). Knows no model, no tensor names, and allocates nothing: where
// memory is needed it says how much. Every function may be called by many threads at once.
//
// Way of use: `quantize_activations` by all threads, a barrier, then `multiply` by all threads for every matrix that reads them.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace llmx {

enum : int { FORMAT_F32 = 0, FORMAT_F16 = 1, FORMAT_Q4_0 = 2, FORMAT_Q8_0 = 8, FORMAT_Q4_K = 12, FORMAT_Q6_K = 14, FORMAT_BF16 = 30 };

struct Matrix {
  int format;
  int64_t rows, columns;   // outputs, inputs; columns is a multiple of the format's block
  const uint8_t* data;     // file layout, row after row, any alignment (2 bytes for F16 and BF16, 4 for F32)
  const uint8_t* packed;   // what `pack` wrote (packed_bytes() > 0), else null; best 64-byte aligned, in huge pages
  bool transposed;         // data is [columns][rows]: F32, F16 and BF16 only
};

// What a matrix wants its activations turned into. The layouts are private to this room.
enum ActivationKind : int {
  ACTIVATION_FLOATS = 0,  // float32 as it is, regrouped; for one token the very floats: no call needed
  ACTIVATION_HALVES = 1,  // int16 in [-5791, 5791] with a scale for 64 columns: NMSE about 2e-8
  ACTIVATION_BYTES = 2,   // int8 in [-127, 127] with a scale for 32 columns: NMSE about 3e-5
  ACTIVATION_BYTES_256 = 3,  // the same with a scale for 256 columns, for formats with blocks of 256: NMSE about 5e-5
};

struct Activations {
  ActivationKind kind;
  int64_t tokens, columns;
  const uint8_t* data;  // `tokens` x activation_bytes, as `quantize_activations` left it
};

bool format_supported(int format);
int64_t format_block_columns(int format);
size_t format_row_bytes(int format, int64_t columns);

// The kind that `multiply` takes for this format and number of tokens. Matrices with the same answer share one quantisation.
ActivationKind activation_kind(int format, int64_t tokens);
size_t activation_bytes(ActivationKind kind, int64_t columns);  // per token; a multiple of 4

// x[token * stride + column] to `out`; the threads share the work, the result does not depend on their number.
void quantize_activations(ActivationKind kind, const float* x, int64_t stride, int64_t tokens, int64_t columns, uint8_t* out, int thread,
                          int threads);

// Bytes of the packed form, 0 for a format that runs in place. A packed format cannot be multiplied before `pack`; its `data` is then
// only read by decode_row. The packed form has the size of the file's, but for rows rounded up to 16.
size_t packed_bytes(int format, int64_t rows, int64_t columns);
void pack(const Matrix& matrix, uint8_t* target, int thread, int threads);  // bytes of a tile of 16 rows are written by one thread

// Scratch of one thread for one call; 64-byte alignment helps. `gathered` is the longest list that multiply_rows will get, else 0.
size_t scratch_bytes(const Matrix& matrix, ActivationKind kind, int64_t gathered);

// One of the threads that share calls. Few tokens live on the bandwidth of memory: every thread streams one contiguous share of the rows.
// With many tokens threads ask for piece after piece, so that one that the system holds up does not hold up the others.
struct Worker {
  int thread, threads;
  void* scratch;      // the thread's own
  uint32_t* next;     // shared: how many pieces were handed out, 0 before the first call; null: always shares
  int64_t held = -1;  // the piece that this thread does next; -1: it has none
  int64_t passed = 0; // pieces of the calls before this one: all threads make the same calls in the same order
};

// y[token * y_stride + row] = sum over columns + bias[row] (bias may be null). Results do not depend on the threads.
void multiply(const Matrix& matrix, const Activations& x, float* y, int64_t y_stride, const float* bias, Worker& worker);

// The same for `count` chosen tokens: token inputs[i] of x gives row outputs[i] of y (null: row i). For mixtures of experts.
void multiply_rows(const Matrix& matrix, const Activations& x, const int32_t* inputs, const int32_t* outputs, int64_t count, float* y,
                   int64_t y_stride, const float* bias, Worker& worker);

// One row of the file's bytes to float32, bit for bit the format's definition.
void decode_row(int format, const uint8_t* row, int64_t columns, float* out);

}  // namespace llmx
