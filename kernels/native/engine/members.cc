// What the engine's threads do: wait for a command, run the program's instructions in step with each other, tell the caller.
#include "engine.h"

namespace llmx {

namespace {

/** Waits between steps spin this long before they sleep, in nanoseconds: a caller that samples quickly finds them awake. */
constexpr uint64_t idle_spin = 50000;

/** True when the step must end: decided once for all threads, by the last to arrive. */
bool meet(Engine* engine) {
  barrier_wait(&engine->barrier, [engine] {
    engine->stop = __atomic_load_n(&engine->aborted, __ATOMIC_RELAXED) != 0 || __atomic_load_n(&engine->failure, __ATOMIC_RELAXED) != 0;
  });
  return engine->stop;
}

void pack_weights(Engine* engine, int thread) {
  Program* program = &engine->program;
  if (meet(engine)) return;  // nobody may see `packed` change before everybody has read it
  for (int index = 0; index < program->list_count; index++) {
    MatrixList* list = &program->lists[index];
    if (list->memory == nullptr) continue;
    fill_list(list, thread, engine->thread_count);
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

void run_instructions(Engine* engine, int thread) {
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
    table.run[instruction.opcode](instruction.call, thread, engine->thread_count);
  }
  meet(engine);
  if (timed && source >= 0) engine->times[source] += nanoseconds() - since;
}

}  // namespace

void run_member(void* argument) {
  const Member* member = static_cast<const Member*>(argument);
  Engine* engine = member->engine;
  for (uint32_t seen = 0;;) {
    signal_wait(&engine->ticket, seen, engine->barrier.spin == 0 ? 0 : idle_spin);
    seen = __atomic_load_n(&engine->ticket.value, __ATOMIC_ACQUIRE);
    if (engine->command == command_quit) return;
    if (!engine->packed) pack_weights(engine, member->index);
    if (engine->command == command_step && engine->packed) run_instructions(engine, member->index);
    else meet(engine);
    if (member->index != 0) continue;
    signal_set(&engine->completed, engine->completed.value + 1);
    engine->done(engine->context);
  }
}

}  // namespace llmx
