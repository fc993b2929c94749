// The speed half of the harness: weights rotate through 400 MB so that they come from memory, threads are pinned in order, the best of many
// short windows counts, and the read ceiling over the same memory is measured in between, because this kind of machine changes its
// bandwidth by the second.
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include "../simd/dispatch.h"
#include "../simd/half.h"
#include "matrix.h"

using namespace llmx;

namespace {

double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

constexpr int most_threads = 64;
int thread_total = 1;
volatile int generation = 0;
int arrived = 0;

void barrier() {
  const int seen = __atomic_load_n(&generation, __ATOMIC_ACQUIRE);
  if (__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL) == thread_total) {
    __atomic_store_n(&arrived, 0, __ATOMIC_RELAXED);
    __atomic_add_fetch(&generation, 1, __ATOMIC_ACQ_REL);
  } else {
    while (__atomic_load_n(&generation, __ATOMIC_ACQUIRE) == seen) {}
  }
}

void (*work)(int thread);
bool stop = false;

void* helper(void* argument) {
  const int thread = (int)(intptr_t)argument;
  for (;;) {
    barrier();
    if (stop) return NULL;
    work(thread);
    barrier();
  }
}

uint32_t handed_out;

double timed(void (*body)(int)) {
  work = body;
  handed_out = 0;
  const double begin = now();
  barrier();
  body(0);
  barrier();
  return now() - begin;
}

constexpr size_t pool_bytes = (size_t)400 << 20;
uint8_t *pool, *activations;
float *x, *y;
void* scratches[most_threads];
volatile uint64_t sinks[most_threads * 8];  // volatile: or the reading is optimised away
Matrix matrix;
Activations given;

void read_pool(int thread) {
  const size_t bytes = pool_bytes / (size_t)thread_total / 512 * 512;
  typedef uint64_t Wide __attribute__((vector_size(32), may_alias));
  const Wide* source = (const Wide*)(pool + bytes * (size_t)thread);
  Wide a = {0}, b = a, c = a, d = a;
  for (const Wide* end = source + bytes / 32; source < end; source += 8) {
    a ^= source[0] ^ source[4];
    b ^= source[1] ^ source[5];
    c ^= source[2] ^ source[6];
    d ^= source[3] ^ source[7];
  }
  a ^= b ^ c ^ d;
  sinks[thread * 8] = a[0] ^ a[1] ^ a[2] ^ a[3];
}

void multiply_once(int thread) {
  Worker worker = {thread, thread_total, scratches[thread], &handed_out};
  multiply(matrix, given, y, matrix.rows, NULL, worker);
}
void quantize_once(int thread) {
  quantize_activations(given.kind, x, matrix.columns, given.tokens, matrix.columns, activations, thread, thread_total);
}

void prepare(int format, int64_t rows, int64_t columns, int64_t tokens) {
  matrix = {format, rows, columns, pool, NULL, false};
  given = {activation_kind(format, tokens), tokens, columns, activations};
  for (int i = 0; i < thread_total; ++i) {
    free(scratches[i]);
    scratches[i] = aligned_alloc(64, (scratch_bytes(matrix, given.kind, 0) + 63) / 64 * 64);
  }
}

// Mat-vec: one pass over the whole pool, matrix after matrix.
void time_product(int format, const char* name, int64_t rows, int64_t columns) {
  prepare(format, rows, columns, 1);
  const size_t packed_size = packed_bytes(format, rows, columns);
  const size_t size = packed_size ? packed_size : format_row_bytes(format, columns) * (size_t)rows;
  const size_t spacing = (size + 4095) / 4096 * 4096, count = pool_bytes / spacing;
  timed(quantize_once);
  double best = 1e9, ceiling = 0, share = 0;
  for (int round = 0; round < 8; ++round) {
    const double read = (double)pool_bytes / timed(read_pool);
    const double begin = now();
    for (size_t i = 0; i < count; ++i) {
      matrix.data = matrix.packed = pool + i * spacing;
      if (!packed_size) matrix.packed = NULL;
      timed(multiply_once);
    }
    const double took = (now() - begin) / (double)count, speed = (double)size / took;
    if (took < best) best = took;
    if (read > ceiling) ceiling = read;
    if (speed / read > share) share = speed / read;
  }
  printf("%-5s %5ldx%-5ld mat-vec %7.3f ms %6.1f GB/s  read ceiling %5.1f GB/s  share %3.0f %%\n", name, (long)rows, (long)columns,
         best * 1e3, (double)size / best * 1e-9, ceiling * 1e-9, 100 * (double)size / best / ceiling);
  matrix.data = pool;
  matrix.packed = packed_size ? pool : NULL;
  best = 1e9;  // the compute limit: a few rows that stay in the second-level cache
  matrix.rows = (int64_t)(size_t)(300000 / format_row_bytes(format, columns)) / 16 * 16 * thread_total;
  if (matrix.rows < 16 * thread_total) matrix.rows = 16 * thread_total;
  for (int round = 0; round < 200; ++round) {
    const double took = timed(multiply_once);
    if (took < best) best = took;
  }
  printf("      in cache %.1f GB/s\n", (double)(format_row_bytes(format, columns) * (size_t)matrix.rows) / best * 1e-9);
}

void time_panels(int format, const char* name, int64_t rows, int64_t columns, int64_t tokens) {
  prepare(format, rows, columns, tokens);
  const size_t packed_size = packed_bytes(format, rows, columns);
  const size_t size = packed_size ? packed_size : format_row_bytes(format, columns) * (size_t)rows;
  const size_t spacing = (size + 4095) / 4096 * 4096, count = pool_bytes / spacing;
  double best = 1e9, quantizing = 1e9;
  for (size_t round = 0; round < 8; ++round) {
    const double q = timed(quantize_once);
    matrix.data = matrix.packed = pool + round % count * spacing;
    if (!packed_size) matrix.packed = NULL;
    const double took = timed(multiply_once);
    if (took < best) best = took;
    if (q < quantizing) quantizing = q;
  }
  printf("%-5s %5ldx%-5ld x %-3ld     %7.2f ms %6.0f Gop/s  + activations %.2f ms\n", name, (long)rows, (long)columns, (long)tokens,
         best * 1e3, 2e-9 * (double)(rows * columns * tokens) / best, quantizing * 1e3);
}

}  // namespace

int run_speed(int threads) {
  thread_total = threads < most_threads ? threads : most_threads;
  pool = (uint8_t*)mmap(NULL, pool_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#if defined(MADV_HUGEPAGE)
  madvise(pool, pool_bytes, MADV_HUGEPAGE);
#endif
  // bytes that read as moderate numbers in every format
  for (size_t i = 0; i < pool_bytes; i += 2) {
    const uint16_t half = (uint16_t)(0x2800 + (i * 2654435761u >> 20) % 0x0800);
    memcpy(pool + i, &half, 2);
  }
  x = (float*)malloc(4 * 512 * 8192);
  y = (float*)malloc(4 * 512 * 8192);
  activations = (uint8_t*)aligned_alloc(64, 4 * 512 * 8192);
  for (int64_t i = 0; i < 512 * 8192; ++i) x[i] = (float)(i * 7919 % 2003 - 1001) * 0.001f;
  pthread_t handles[most_threads];
  for (int i = 0; i < thread_total; ++i) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
#if defined(__linux__)
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(i, &set);
    if (i == 0) sched_setaffinity(0, sizeof set, &set);
    else pthread_attr_setaffinity_np(&attributes, sizeof set, &set);
#endif
    if (i > 0) pthread_create(&handles[i], &attributes, helper, (void*)(intptr_t)i);
  }
  printf("tier %s, %d threads\n", tier_name(active_tier()), thread_total);
  struct {
    int format;
    const char* name;
  } formats[] = {{FORMAT_F32, "F32"},   {FORMAT_F16, "F16"},   {FORMAT_BF16, "BF16"}, {FORMAT_Q8_0, "Q8_0"},
                 {FORMAT_Q4_0, "Q4_0"}, {FORMAT_Q4_K, "Q4_K"}, {FORMAT_Q6_K, "Q6_K"}};
  const char* only = getenv("ONLY");
  for (auto& row : formats) {
    if (only && strcmp(only, row.name) != 0) continue;
    time_product(row.format, row.name, 4096, 4096);
    time_product(row.format, row.name, 2048, 8192);
    time_panels(row.format, row.name, 4096, 4096, 512);
    time_panels(row.format, row.name, 2048, 8192, 512);
    time_panels(row.format, row.name, 4096, 4096, 128);
    time_panels(row.format, row.name, 4096, 4096, 4);
  }
  stop = true;
  barrier();
  for (int i = 1; i < thread_total; ++i) pthread_join(handles[i], NULL);
  return 0;
}
