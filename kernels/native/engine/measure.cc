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

struct Worker {
  Thread thread;
  Measure what;
  const float* memory;
  int64_t floats;
  uint64_t until;
  double done;
  float sink[3];
};

void work(void* argument) {
  Worker* worker = static_cast<Worker*>(argument);
  const OpTable& table = op_table();
  do {
    switch (worker->what) {
      case measure_read:
        worker->sink[2] += table.read(worker->memory, worker->floats);
        worker->done += double(worker->floats) * sizeof(float);
        break;
      case measure_multiply_add: worker->done += table.multiply_add(rounds, worker->sink); break;
      case measure_int8: worker->done += table.int8(rounds, worker->sink); break;
    }
  } while (nanoseconds() < worker->until);
}

}  // namespace

double measure(Measure what, int threads, double duration) {
  Worker* workers = static_cast<Worker*>(calloc(size_t(threads), sizeof(Worker)));
  const size_t bytes = what == measure_read ? read_bytes : 0;
  uint8_t* memory = bytes == 0 ? nullptr : take_pages(bytes, true);
  if (workers == nullptr || (bytes != 0 && memory == nullptr)) {
    free(workers);
    return -1;
  }
  for (size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
  const int64_t floats = int64_t(bytes / sizeof(float)) / threads / 128 * 128;
  int started = 0;
  const uint64_t begin = nanoseconds();
  for (int index = 0; index < threads; index++) {
    workers[index].what = what;
    workers[index].memory = reinterpret_cast<const float*>(memory) + index * floats;
    workers[index].floats = floats;
    workers[index].until = begin + uint64_t(duration);
    workers[index].sink[0] = 0.999f;
    workers[index].sink[1] = 1.0f;
    if (!start_thread(&workers[index].thread, work, &workers[index])) break;
    started++;
  }
  double done = 0;
  for (int index = 0; index < started; index++) {
    join_thread(&workers[index].thread);
    done += workers[index].done;
  }
  const double seconds = double(nanoseconds() - begin) * 1e-9;
  give_pages(memory, bytes);
  free(workers);
  return started < threads ? -1 : done / seconds;
}

}  // namespace llmx
