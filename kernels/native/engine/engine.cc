// An engine's life: made from a program, stepped, destroyed.
#include "engine.h"

#include <stdlib.h>
#include <string.h>

namespace llmx {

namespace {

constexpr int most_threads = 256;

/** Scratch of one thread; no two threads' begin at the same place of a page. */
size_t scratch_stride(const Program& program) { return (program.scratch_bytes + 64 + 4095) / 4096 * 4096 + 64; }

void bind_operands(Engine* engine) {
  Program* program = &engine->program;
  for (int index = 0; index < program->instruction_count; index++) {
    Instruction* instruction = &program->instructions[index];
    Call* call = &instruction->call;
    for (int input = 0; input < maximum_inputs; input++) {
      call->input[input] = instruction->input_ids[input] < 0 ? nullptr : &program->values[instruction->input_ids[input]].operand;
    }
    for (int output = 0; output < maximum_outputs; output++) {
      call->output[output] = instruction->output_ids[output] < 0 ? nullptr : &program->values[instruction->output_ids[output]].operand;
    }
    call->scratch = engine->scratch.data;
    call->scratch_stride = scratch_stride(*program);
    call->next = engine->counters + size_t(index) * 16;
    call->failure = &engine->failure;
  }
  // The table of rope reads positions and frequencies, which are rope's second and third inputs.
  for (int index = 0; index < program->instruction_count; index++) {
    Call* call = &program->instructions[index].call;
    if (program->instructions[index].opcode != opcode_rope_table) continue;
    call->input[0] = call->input[1];
    call->input[1] = call->input[2];
  }
}

bool make_program(Engine* engine, const EngineOptions& options, Problem* problem) {
  Program* program = &engine->program;
  if (!decode_program(program, options.program, options.program_words, problem)) return false;
  if (!decode_weights(program, options.weights, options.weight_words, options.mappings, options.mapping_count, problem)) return false;
  if (!make_storage(engine, options, problem)) return false;
  bind_values(program, program->largest);
  if (!check_instructions(program, problem) || !make_lists(program, problem)) return false;
  if (!lower_program(program, problem)) return false;
  if (!take_block(&engine->prepared, size_t(program->prepared_bytes), engine->guard, true)) return refuse(problem, "out of memory");
  if (!take_block(&engine->scratch, scratch_stride(*program) * size_t(options.threads), engine->guard, false))
    return refuse(problem, "out of memory");
  engine->counters = static_cast<uint32_t*>(calloc(size_t(program->instruction_count) + 1, 64));
  engine->times = static_cast<uint64_t*>(calloc(size_t(program->source_count) + 1, sizeof(uint64_t)));
  if (engine->counters == nullptr || engine->times == nullptr) return refuse(problem, "out of memory");
  bind_operands(engine);
  return true;
}

bool start_members(Engine* engine, Problem* problem) {
  engine->members = static_cast<Member*>(calloc(size_t(engine->thread_count), sizeof(Member)));
  if (engine->members == nullptr) return refuse(problem, "out of memory");
  for (int index = 0; index < engine->thread_count; index++) {
    engine->members[index].engine = engine;
    engine->members[index].index = index;
    if (!start_thread(&engine->members[index].thread, run_member, &engine->members[index]))
      return refuse(problem, "thread %d could not be started", index);
    engine->started++;
  }
  return true;
}

void give_order(Engine* engine, Command command) {
  // Those who took part in the last order have read the number for the last time; the others do not look at it.
  engine->barrier.threads = engine->team.size;
  engine->barrier.spin = spin_of(engine, engine->team.size);
  signal_set(&engine->orders, order_word(++engine->given, {command, engine->team.size}));
}

bool take_packed_memory(Engine* engine, Problem* problem) {
  for (int index = 0; !engine->packed && index < engine->program.list_count; index++) {
    MatrixList* list = &engine->program.lists[index];
    if (list->memory_bytes == 0 || list->memory != nullptr) continue;
    list->memory = take_pages(list->memory_bytes, true);
    if (list->memory == nullptr) return refuse(problem, "out of memory: %zu bytes for a repacked weight", list->memory_bytes);
  }
  return true;
}

bool bind_sizes(Engine* engine, const int64_t* sizes, Problem* problem) {
  if (engine->bound && memcmp(engine->sizes, sizes, sizeof engine->sizes) == 0) return true;
  engine->bound = false;
  for (int symbol = 0; symbol < symbol_count; symbol++) {
    const int64_t most = engine->program.largest[symbol];
    if (sizes[symbol] < 0 || sizes[symbol] > most)
      return refuse(problem, "size %d is %lld, the program takes at most %lld", symbol, (long long)sizes[symbol], (long long)most);
  }
  bind_values(&engine->program, sizes);
  if (!check_instructions(&engine->program, problem)) return false;
  bind_instructions(&engine->program, engine->prepared.data);
  memcpy(engine->sizes, sizes, sizeof engine->sizes);
  engine->bound = true;
  return true;
}

bool copy_inputs(Engine* engine, const InputData* inputs, Problem* problem) {
  for (int id = 0; id < engine->program.value_count; id++) {
    const Value& value = engine->program.values[id];
    if (value.kind != value_input) continue;
    const InputData& given = inputs[value.location];
    if (given.data == nullptr && value.operand.count > 0) return refuse_type(problem, "step input %d is missing", int(value.location));
    if (int64_t(given.count) != value.operand.count)
      return refuse(problem, "step input %d has %zu numbers, its sizes need %lld", int(value.location), given.count,
                    (long long)value.operand.count);
    if (given.count > 0) memcpy(value.operand.data, given.data, given.count * sizeof(int32_t));
  }
  return true;
}

}  // namespace

Engine* create_engine(const EngineOptions& options, Problem* problem) {
  if (options.threads < 1 || options.threads > most_threads) {
    refuse(problem, "threads: %d is not from 1 to %d", options.threads, most_threads);
    return nullptr;
  }
  Engine* engine = reinterpret_cast<Engine*>(take_pages(sizeof(Engine), false));
  if (engine == nullptr) {
    refuse(problem, "out of memory");
    return nullptr;
  }
  engine->guard = options.guard;
  engine->profile = options.profile;
  engine->thread_count = options.threads;
  engine->processors = processor_count();
  barrier_create(&engine->barrier, options.threads, 0);
  team_create(&engine->team, options.threads);
  signal_create(&engine->orders);
  signal_create(&engine->completed);
  if (!make_program(engine, options, problem) || !start_members(engine, problem)) {
    destroy_engine(engine);
    return nullptr;
  }
  return engine;
}

void destroy_engine(Engine* engine) {
  abort_engine(engine);
  if (engine->busy) {
    while (__atomic_load_n(&engine->completed.value, __ATOMIC_ACQUIRE) != engine->given) {
      signal_wait(&engine->completed, engine->given - 1, 0);
    }
  }
  give_order(engine, command_quit);
  for (int index = 0; index < engine->started; index++) join_thread(&engine->members[index].thread);
  free_storage(engine);
  free_program(&engine->program);
  free(engine->counters);
  free(engine->times);
  free(engine->members);
  barrier_destroy(&engine->barrier);
  signal_destroy(&engine->orders);
  signal_destroy(&engine->completed);
  give_pages(reinterpret_cast<uint8_t*>(engine), sizeof(Engine));
}

bool begin_step(Engine* engine, const int64_t* sizes, const InputData* inputs, Problem* problem) {
  if (engine->busy) return refuse(problem, "a step is running");
  if (!bind_sizes(engine, sizes, problem) || !copy_inputs(engine, inputs, problem) || !check_integers(&engine->program, problem))
    return false;
  if (!take_packed_memory(engine, problem)) return false;
  for (int index = 0; index < engine->program.instruction_count; index++) *engine->program.instructions[index].call.next = 0;
  engine->aborted = 0;
  engine->failure = 0;
  engine->busy = true;
  give_order(engine, command_step);
  return true;
}

bool begin_warm(Engine* engine, Problem* problem) {
  if (engine->busy) return refuse(problem, "a step is running");
  if (!take_packed_memory(engine, problem)) return false;
  engine->aborted = 0;
  engine->failure = 0;
  engine->busy = true;
  give_order(engine, command_warm);
  return true;
}

void abort_engine(Engine* engine) { __atomic_store_n(&engine->aborted, 1, __ATOMIC_RELAXED); }

const char* finish_command(Engine* engine) {
  engine->busy = false;
  const uint32_t failure = __atomic_load_n(&engine->failure, __ATOMIC_RELAXED);
  if (failure == 1 + opcode_embed) return "a token id is outside of the vocabulary";
  if (failure == 1 + opcode_linear_experts) return "a chosen expert does not exist";
  if (failure != 0) return "a chosen row does not exist";
  return __atomic_load_n(&engine->stop, __ATOMIC_RELAXED) ? "aborted" : nullptr;
}

}  // namespace llmx
