// What the engine's threads do: wait for a command, run the program's instructions in step with each other, tell the caller.
#include "engine.h"

namespace llmx {

namespace {

/** At a barrier, and between steps: a caller that samples quickly finds the threads awake. */
constexpr uint64_t spin_time = 50000;

/** True when the step must end: decided once for all threads, by the last to arrive. */
bool meet(Engine* engine) {
  barrier_wait(&engine->barrier, [engine] {
    const bool ends = __atomic_load_n(&engine->aborted, __ATOMIC_RELAXED) != 0 || __atomic_load_n(&engine->failure, __ATOMIC_RELAXED) != 0;
    __atomic_store_n(&engine->stop, ends, __ATOMIC_RELAXED);
  });
  // At an order's last barrier nobody looks at the answer: there the next order may already be deciding anew.
  return __atomic_load_n(&engine->stop, __ATOMIC_RELAXED);
}

void pack_weights(Engine* engine, int thread, int threads) {
  Program* program = &engine->program;
  if (meet(engine)) return;  // nobody may see `packed` change before everybody has read it
  for (int index = 0; index < program->list_count; index++) {
    MatrixList* list = &program->lists[index];
    if (list->memory == nullptr) continue;
    fill_list(list, thread, threads);
    if (meet(engine)) return;
  }
  if (thread == 0) {
    for (int index = 0; index < program->list_count; index++) {
      MatrixList* list = &program->lists[index];
      if (list->memory == nullptr) continue;
      // The file's pages are not read again but for single rows of an embedding.
      for (int matrix = 0; matrix < list->count; matrix++) {
        const Matrix& packed = list->matrices[matrix];
        const int64_t rows = packed.transposed ? packed.columns : packed.rows, columns = packed.transposed ? packed.rows : packed.columns;
        release_mapped(packed.data, size_t(rows) * format_row_bytes(packed.format, columns));
      }
      adopt_list(list);
    }
    engine->packed = true;
  }
  meet(engine);
}

void run_instructions(Engine* engine, int thread, int threads) {
  const OpTable& table = op_table();
  const bool timed = engine->profile && thread == 0;
  uint64_t since = timed ? nanoseconds() : 0;
  int source = -1;
  for (int index = 0; index < engine->program.instruction_count; index++) {
    const Instruction& instruction = engine->program.instructions[index];
    if (instruction.skipped) continue;
    if (instruction.waits && meet(engine)) break;
    if (timed) {
      // Waiting for others counts for the instruction that they are in.
      const uint64_t now = nanoseconds();
      if (source >= 0) engine->times[source] += now - since;
      since = now;
      source = instruction.source;
    }
    table.run[instruction.opcode](instruction.call, thread, threads);
  }
  meet(engine);
  if (timed && source >= 0) engine->times[source] += nanoseconds() - since;
}

void run_step(Engine* engine, int thread, int threads) {
  if (thread != 0) return run_instructions(engine, thread, threads);
  __atomic_store_n(&engine->barrier.slept, 0, __ATOMIC_RELAXED);
  const uint64_t begin = nanoseconds();
  run_instructions(engine, thread, threads);
  const uint64_t end = nanoseconds();
  team_learn(&engine->team, end, end - begin, __atomic_load_n(&engine->barrier.slept, __ATOMIC_RELAXED));
}

}  // namespace

/** Where there are more threads than processors, spinning only takes time from those that are waited for. */
uint64_t spin_of(const Engine* engine, int threads) { return threads <= engine->processors ? spin_time : 0; }

void run_member(void* argument) {
  const Member* member = static_cast<const Member*>(argument);
  Engine* engine = member->engine;
  const int thread = member->index;
  uint64_t spin = 0;
  for (uint32_t seen = 0;;) {
    signal_wait(&engine->orders, seen, spin);
    seen = __atomic_load_n(&engine->orders.value, __ATOMIC_ACQUIRE);
    const Order order = order_of(seen);
    if (order.command == command_quit) return;
    spin = thread < order.threads ? spin_of(engine, order.threads) : 0;
    if (thread >= order.threads) continue;
    if (!engine->packed) pack_weights(engine, thread, order.threads);
    if (order.command == command_step && engine->packed) run_step(engine, thread, order.threads);
    else meet(engine);
    if (thread != 0) continue;
    signal_set(&engine->completed, engine->completed.value + 1);
    engine->done(engine->context);
  }
}

}  // namespace llmx
