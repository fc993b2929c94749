// Standalone harness of this room, not part of the addon: conformance of every tier x format x shape against double precision, and speed.
//   test                     conformance of all tiers the machine has
//   test speed [threads]     GB/s and Gop/s beside the read ceiling of the same run (test-speed.cc)
//   test decode <format>     whole blocks from standard input to floats on standard output
// Build: compile every .cc of matrix/ and simd/dispatch.cc (each with the flags its second line names) and link with -lpthread.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../simd/dispatch.h"
#include "../simd/half.h"
#include "matrix.h"

using namespace llmx;

int run_speed(int threads);

namespace {

uint64_t random_state = 88172645463325252ull;

uint32_t random_word() {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (uint32_t)(random_state >> 32);
}

float random_normal() {  // near enough: sum of 12 uniforms
  float total = -6.0f;
  for (int i = 0; i < 12; ++i) total += (float)random_word() * 2.3283064e-10f;
  return total;
}

// Memory that ends at a page nobody may touch: a read or write past the end is a crash.
struct Guarded {
  uint8_t* base;
  size_t mapped, size;

  explicit Guarded(size_t bytes) : size(bytes) {
    mapped = (bytes + 4095) / 4096 * 4096 + 4096;
    base = (uint8_t*)mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(base + mapped - 4096, 4096, PROT_NONE);
  }
  ~Guarded() { munmap(base, mapped); }
  uint8_t* bytes() { return base + mapped - 4096 - size; }
  float* floats() { return (float*)bytes(); }
};

// Random bytes with scales such that values come out near 1 / 16.
void fill_weights(int format, uint8_t* data, int64_t values) {
  const int64_t blocks = values / format_block_columns(format), bytes = (int64_t)format_row_bytes(format, format_block_columns(format));
  for (int64_t block = 0; block < blocks; ++block, data += bytes) {
    for (int64_t i = 0; i < bytes; ++i) data[i] = (uint8_t)random_word();
    const float value = random_normal() * 0.06f;
    const uint16_t scale = f32_to_f16(value), tenth = f32_to_f16(value * 0.1f);
    const uint16_t small = f32_to_f16(value * 0.002f), least = f32_to_f16(value * 0.02f);
    if (format == FORMAT_F32) memcpy(data, &value, 4);
    if (format == FORMAT_F16) memcpy(data, &scale, 2);
    if (format == FORMAT_BF16) { const uint16_t half = f32_to_bf16(value); memcpy(data, &half, 2); }
    if (format == FORMAT_Q4_0) memcpy(data, &tenth, 2);
    if (format == FORMAT_Q8_0) memcpy(data, &small, 2);
    if (format == FORMAT_Q4_K) { memcpy(data, &small, 2); memcpy(data + 2, &least, 2); }
    if (format == FORMAT_Q6_K) memcpy(data + 208, &small, 2);
  }
}

// What quantize_activations is to make of x, as numbers.
void quantized_reference(ActivationKind kind, const float* x, int64_t columns, double* out) {
  const float limit = kind == ACTIVATION_HALVES ? 5791.0f : 127.0f;
  const int64_t width = kind == ACTIVATION_HALVES ? 64 : kind == ACTIVATION_BYTES_256 ? 256 : 32;
  for (int64_t first = 0; first < columns; first += width) {
    const int64_t end = first + width < columns ? first + width : columns;
    float amplitude = 0.0f;
    for (int64_t i = first; i < end; ++i) amplitude = fmaxf(amplitude, fabsf(x[i]));
    for (int64_t i = first; i < end; ++i) {
      if (kind == ACTIVATION_FLOATS) out[i] = x[i];
      else out[i] = amplitude > 1e-30f ? (double)(amplitude / limit) * (double)rintf(x[i] * (limit / amplitude)) : 0.0;
    }
  }
}

struct Case {
  int format;
  bool transposed, with_bias, chosen;  // chosen: multiply_rows with a list
  int64_t rows, columns, tokens;
};

int failures = 0, checks = 0;
double worst_exact[4], worst_same[4];  // NMSE by kind: against exact activations, against the same quantised ones

const char* format_name(int format) {
  switch (format) {
    case FORMAT_F32: return "F32";
    case FORMAT_F16: return "F16";
    case FORMAT_BF16: return "BF16";
    case FORMAT_Q4_0: return "Q4_0";
    case FORMAT_Q8_0: return "Q8_0";
    case FORMAT_Q4_K: return "Q4_K";
    default: return "Q6_K";
  }
}

void fail(const Case& c, const char* what, double a, double b) {
  ++failures;
  printf("FAIL %s %s%s rows %ld columns %ld tokens %ld bias %d chosen %d: %s (%g, %g)\n", tier_name(active_tier()), format_name(c.format),
         c.transposed ? " transposed" : "", (long)c.rows, (long)c.columns, (long)c.tokens, c.with_bias, c.chosen, what, a, b);
}

constexpr float canary = -1234567.0f;

void run_case(const Case& c) {
  ++checks;
  const size_t row_bytes = format_row_bytes(c.format, c.columns);
  Guarded data(row_bytes * c.rows), x(4 * (size_t)(c.tokens * c.columns)), bias(4 * (size_t)c.rows);
  fill_weights(c.format, data.bytes(), c.rows * c.columns);
  for (int64_t i = 0; i < c.tokens * c.columns; ++i) x.floats()[i] = random_normal();
  if (c.columns >= 64) memset(x.floats(), 0, 32 * 4);  // a block of zeroes
  for (int64_t i = 0; i < c.rows; ++i) bias.floats()[i] = c.with_bias ? random_normal() : 0.0f;

  Matrix matrix = {c.format, c.rows, c.columns, data.bytes(), NULL, c.transposed};
  const size_t packed_size = packed_bytes(c.format, c.rows, c.columns);
  Guarded packed(packed_size ? packed_size : 1);
  if (packed_size) {
    for (int thread = 0; thread < 3; ++thread) pack(matrix, packed.bytes(), thread, 3);
    matrix.packed = packed.bytes();
  }

  const ActivationKind kind = activation_kind(c.format, c.tokens);
  const size_t words = activation_bytes(kind, c.columns) * (size_t)c.tokens;
  Guarded activations(words), other(words);
  quantize_activations(kind, x.floats(), c.columns, c.tokens, c.columns, activations.bytes(), 0, 1);
  for (int thread = 0; thread < 3; ++thread)
    quantize_activations(kind, x.floats(), c.columns, c.tokens, c.columns, other.bytes(), thread, 3);
  if (memcmp(activations.bytes(), other.bytes(), words)) fail(c, "quantisation depends on threads", 0, 0);
  const Activations a = {kind, c.tokens, c.columns, activations.bytes()};

  // a list that repeats, skips and reverses tokens
  const int64_t count = c.chosen ? (c.tokens + 1) / 2 : c.tokens;
  int32_t* inputs = (int32_t*)malloc(4 * (size_t)c.tokens);
  int32_t* outputs = (int32_t*)malloc(4 * (size_t)c.tokens);
  for (int64_t i = 0; i < count; ++i) {
    inputs[i] = (int32_t)(c.chosen ? c.tokens - 1 - (i * 3) % c.tokens : i);
    outputs[i] = (int32_t)(c.chosen ? (count - 1 - i) : i);
  }

  const int64_t stride = c.rows + 5;
  const size_t y_size = 4 * (size_t)((count - 1) * stride + c.rows);
  Guarded y(y_size), again(y_size);
  Guarded scratch(scratch_bytes(matrix, kind, c.chosen ? count : 0));
  // in shares, then in pieces, which the first that asks gets all; their size depends on the number of threads
  const int thread_counts[] = {1, 2, 3, 4, 7, 1, 2, 7};
  for (int run = 0; run < 8; ++run) {
    float* out = run ? again.floats() : y.floats();
    for (size_t i = 0; i < y_size / 4; ++i) out[i] = canary;
    uint32_t handed_out = 0;
    for (int thread = 0; thread < thread_counts[run]; ++thread) {
      const float* b = c.with_bias ? bias.floats() : NULL;
      Worker worker = {thread, thread_counts[run], scratch.bytes(), run < 5 ? NULL : &handed_out};
      if (c.chosen) multiply_rows(matrix, a, inputs, outputs, count, out, stride, b, worker);
      else multiply(matrix, a, out, stride, b, worker);
    }
    if (run && memcmp(y.bytes(), again.bytes(), y_size)) fail(c, "result depends on threads", thread_counts[run], 0);
  }
  for (int64_t t = 0; t + 1 < count; ++t)
    for (int64_t r = c.rows; r < stride; ++r)
      if (y.floats()[t * stride + r] != canary) fail(c, "wrote between rows", (double)t, (double)r);

  float* weights = (float*)malloc(4 * (size_t)(c.rows * c.columns));
  decode_row(c.format, data.bytes(), c.rows * c.columns, weights);
  double* same = (double*)malloc(8 * (size_t)c.columns);
  double signal = 0, error_exact = 0, error_same = 0;
  for (int64_t i = 0; i < count; ++i) {
    const float* row = x.floats() + inputs[i] * c.columns;
    quantized_reference(kind, row, c.columns, same);
    for (int64_t r = 0; r < c.rows; ++r) {
      double exact_sum = 0, same_sum = 0;
      for (int64_t k = 0; k < c.columns; ++k) {
        const double w = c.transposed ? weights[k * c.rows + r] : weights[r * c.columns + k];
        exact_sum += w * row[k];
        same_sum += w * same[k];
      }
      const double value = (double)y.floats()[outputs[i] * stride + r] - bias.floats()[r];
      signal += (exact_sum + bias.floats()[r]) * (exact_sum + bias.floats()[r]);
      error_exact += (value - exact_sum) * (value - exact_sum);
      error_same += (value - same_sum) * (value - same_sum);
    }
  }
  // with few outputs cancellation can make the signal small beside the terms: judge only where there is something to average
  const double nmse_exact = error_exact / (signal + 1e-30), nmse_same = error_same / (signal + 1e-30);
  const double limits_exact[] = {1e-12, 1e-7, c.rows * count >= 1000 && c.columns >= 256 ? 5e-5 : 1e-4,
                                 c.rows * count >= 10000 ? 5.5e-5 : 1e-4};
  const double limits_same[] = {1e-12, 1e-7, 1e-10, 1e-10};
  if (c.rows * count >= 64) {
    worst_exact[kind] = fmax(worst_exact[kind], nmse_exact);
    worst_same[kind] = fmax(worst_same[kind], nmse_same);
    if (!(nmse_exact <= limits_exact[kind])) fail(c, "error against exact activations", nmse_exact, limits_exact[kind]);
  }
  const double limit_same = limits_same[kind] * (c.rows * count >= 64 ? 1 : 1000);
  if (!(nmse_same <= limit_same)) fail(c, "error against the same activations", nmse_same, limit_same);
  free(inputs);
  free(outputs);
  free(weights);
  free(same);
}

void run_tier(bool brief) {
  const int formats[] = {FORMAT_F32, FORMAT_F16, FORMAT_BF16, FORMAT_Q4_0, FORMAT_Q8_0, FORMAT_Q4_K, FORMAT_Q6_K};
  const int64_t tokens[] = {1, 2, 3, 7, 8, 11, 33, 64};
  const int64_t float_shapes[][2] = {{1, 1}, {5, 7}, {16, 16}, {17, 31}, {33, 100}, {48, 515}, {100, 1030}, {31, 5000}};
  const int64_t byte_shapes[][2] = {{1, 256}, {16, 256}, {17, 768}, {33, 2048}, {100, 2304}, {47, 4608}};
  const int64_t small_shapes[][2] = {{5, 32}, {16, 96}, {65, 2080}};
  for (int format : formats) {
    const int64_t block = format_block_columns(format);
    for (int64_t t : tokens)
      for (int variant = 0; variant < 4; ++variant) {
        const bool with_bias = variant & 1, chosen = variant & 2;
        if (block == 1)
          for (auto& shape : float_shapes)
            for (int transposed = 0; transposed < 2; ++transposed)
              run_case({format, transposed == 1, with_bias, chosen, shape[0], shape[1], t});
        else
          for (auto& shape : byte_shapes) run_case({format, false, with_bias, chosen, shape[0], shape[1], t});
        if (block == 32)
          for (auto& shape : small_shapes) run_case({format, false, with_bias, chosen, shape[0], shape[1], t});
      }
    if (!brief) run_case({format, false, true, false, 130, 2560, 512});
  }
}

int run_decode(int format) {
  const size_t bytes = format_row_bytes(format, format_block_columns(format));
  uint8_t block[256];
  float values[256];
  while (bytes && fread(block, bytes, 1, stdin) == 1) {
    decode_row(format, block, format_block_columns(format), values);
    fwrite(values, 4, (size_t)format_block_columns(format), stdout);
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count > 2 && strcmp(words[1], "decode") == 0) return run_decode(atoi(words[2]));
  if (count > 1 && strcmp(words[1], "speed") == 0) return run_speed(count > 2 ? atoi(words[2]) : 2);
  const bool brief = count > 1 && strcmp(words[1], "brief") == 0;
  for (int tier = 0; tier < TIER_COUNT; ++tier) {
    if (!force_tier((Tier)tier)) continue;
    memset(worst_exact, 0, sizeof worst_exact);
    memset(worst_same, 0, sizeof worst_same);
    const int before = failures;
    run_tier(brief);
    printf("%-8s %d failures; worst NMSE exact: floats %.1e halves %.1e bytes %.1e %.1e; same activations: %.1e %.1e %.1e %.1e\n",
           tier_name((Tier)tier), failures - before, worst_exact[0], worst_exact[1], worst_exact[2], worst_exact[3], worst_same[0],
           worst_same[1], worst_same[2], worst_same[3]);
  }
  printf("%d cases, %d failures\n", checks, failures);
  return failures ? 1 : 0;
}
