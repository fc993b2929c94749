// How fast THREADS threads read memory: for each line on standard input, prints GB/s, the best of a few passes over 512 MB.
// Sleeps between lines. Usage: read-bandwidth THREADS
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

enum { megabytes = 512, passes = 6, most_threads = 256 };

typedef uint64_t vector __attribute__((vector_size(64)));

static const vector *memory;
static size_t vectors_per_thread;
static pthread_barrier_t start, finish;
static vector sinks[most_threads];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// One contiguous range a thread, eight vectors in flight.
static void read_range(size_t thread) {
  const vector *at = memory + thread * vectors_per_thread;
  const vector *end = at + vectors_per_thread;
  vector sums[8] = {{0}};
  for (; at < end; at += 8)
    for (int lane = 0; lane < 8; lane++) sums[lane] |= at[lane];
  for (int lane = 0; lane < 8; lane++) sinks[thread] |= sums[lane];
}

static void *work(void *argument) {
  const size_t thread = (size_t)argument;
  for (;;) {
    pthread_barrier_wait(&start);
    read_range(thread);
    pthread_barrier_wait(&finish);
  }
  return NULL;
}

int main(int count, char **arguments) {
  const size_t threads = count > 1 ? strtoul(arguments[1], NULL, 10) : 1;
  if (threads < 1 || threads > most_threads) return 2;
  const size_t bytes = (size_t)megabytes << 20;
  void *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return 1;
  madvise(mapped, bytes, MADV_HUGEPAGE);
  for (size_t at = 0; at < bytes; at += 4096) ((volatile char *)mapped)[at] = 1;
  memory = mapped;
  vectors_per_thread = bytes / sizeof(vector) / threads / 8 * 8;

  pthread_barrier_init(&start, NULL, (unsigned)threads);
  pthread_barrier_init(&finish, NULL, (unsigned)threads);
  for (size_t thread = 1; thread < threads; thread++) {
    pthread_t handle;
    if (pthread_create(&handle, NULL, work, (void *)thread) != 0) return 1;
  }
  for (int character; (character = getchar()) != EOF;) {
    if (character != '\n') continue;
    double best = 1e9;
    for (int pass = 0; pass < passes; pass++) {
      pthread_barrier_wait(&start);
      const double started = now();
      read_range(0);
      pthread_barrier_wait(&finish);
      const double seconds = now() - started;
      if (seconds < best) best = seconds;
    }
    printf("%.3f\n", (double)(threads * vectors_per_thread * sizeof(vector)) / best / 1e9);
    fflush(stdout);
  }
  return 0;
}
