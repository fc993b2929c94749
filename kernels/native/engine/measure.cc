// Runs the tier's ceiling loops on threads of their own.
#include "measure.h"

#include <stdlib.h>

#include "memory.h"
#include "../ops/op.h"
#include "threads.h"

namespace llmx {

namespace {

/** Far beyond any cache, in huge pages, shared out over the threads. */
constexpr size_t read_bytes = size_t(256) << 20;
constexpr int64_t rounds = 20000;

struct Prober {
  Thread thread;
  Measure what;
  const float* memory;
  int64_t floats;
  uint64_t until;
  double done;
  float sink[3];
};

void work(void* argument) {
  Prober* prober = static_cast<Prober*>(argument);
  const OpTable& table = op_table();
  do {
    switch (prober->what) {
      case measure_read:
        prober->sink[2] += table.read(prober->memory, prober->floats);
        prober->done += double(prober->floats) * sizeof(float);
        break;
      case measure_multiply_add: prober->done += table.multiply_add(rounds, prober->sink); break;
      case measure_int8: prober->done += table.int8(rounds, prober->sink); break;
    }
  } while (nanoseconds() < prober->until);
}

}  // namespace

double measure(Measure what, int threads, double duration) {
  Prober* probers = static_cast<Prober*>(calloc(size_t(threads), sizeof(Prober)));
  const size_t bytes = what == measure_read ? read_bytes : 0;
  uint8_t* memory = bytes == 0 ? nullptr : take_pages(bytes, true);
  if (probers == nullptr || (bytes != 0 && memory == nullptr)) {
    free(probers);
    return -1;
  }
  for (size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
  const int64_t floats = int64_t(bytes / sizeof(float)) / threads / 128 * 128;
  int started = 0;
  const uint64_t begin = nanoseconds();
  for (int index = 0; index < threads; index++) {
    probers[index].what = what;
    probers[index].memory = reinterpret_cast<const float*>(memory) + index * floats;
    probers[index].floats = floats;
    probers[index].until = begin + uint64_t(duration);
    probers[index].sink[0] = 0.999f;
    probers[index].sink[1] = 1.0f;
    if (!start_thread(&probers[index].thread, work, &probers[index])) break;
    started++;
  }
  double done = 0;
  for (int index = 0; index < started; index++) {
    join_thread(&probers[index].thread);
    done += probers[index].done;
  }
  const double seconds = double(nanoseconds() - begin) * 1e-9;
  give_pages(memory, bytes);
  free(probers);
  return started < threads ? -1 : done / seconds;
}

}  // namespace llmx
