// The memory of an engine's values: arena, states, constants, decoded vectors, step inputs; and the canaries around them.
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "forbid.h"

namespace llmx {

namespace {

constexpr size_t guard_bytes = 64;
constexpr uint8_t canary = 0xa5;
/** An arena value that nothing has written reads as NaN. */
constexpr uint8_t poison = 0xff;

/** Everything around the data of a guarded block, to the end of its pages. */
void forbid_guards(const Block& block) {
  const uint8_t* end = block.data + block.bytes;
  forbid(block.memory, guard_bytes);
  forbid(end, size_t(block.memory + page_round(block.taken) - end));
}

bool intact(const Block& block) {
  permit(block.memory, page_round(block.taken));
  bool whole = true;
  for (size_t index = 0; index < guard_bytes; index++)
    whole = whole && block.memory[index] == canary && block.data[block.bytes + index] == canary;
  forbid_guards(block);
  return whole;
}

/** With guards: one block for each different place in the arena, as large as its largest value. */
bool make_places(Engine* engine) {
  Program* program = &engine->program;
  engine->places = static_cast<Block*>(calloc(size_t(program->value_count) + 1, sizeof(Block)));
  if (engine->places == nullptr) return false;
  for (int id = 0; id < program->value_count; id++) {
    Value* value = &program->values[id];
    if (value->kind != value_arena || value->operand.data != nullptr) continue;
    int64_t bytes = 0;
    for (int other = id; other < program->value_count; other++) {
      const Value& twin = program->values[other];
      if (twin.kind == value_arena && twin.location == value->location && twin.largest_bytes > bytes) bytes = twin.largest_bytes;
    }
    Block* place = &engine->places[engine->place_count++];
    if (!take_block(place, size_t(bytes), true, false)) return false;
    memset(place->data, poison, place->bytes);
    for (int other = id; other < program->value_count; other++) {
      Value* twin = &program->values[other];
      if (twin->kind == value_arena && twin->location == value->location) twin->operand.data = place->data;
    }
  }
  return true;
}

/** The largest of the values of one kind at one location. */
int64_t largest_at(const Program& program, ValueKind kind, int64_t location) {
  int64_t bytes = 0;
  for (int id = 0; id < program.value_count; id++) {
    const Value& value = program.values[id];
    if (value.kind == kind && value.location == location && value.largest_bytes > bytes) bytes = value.largest_bytes;
  }
  return bytes;
}

bool make_constants(Engine* engine, const EngineOptions& options, Problem* problem) {
  const Program& program = engine->program;
  if (program.constant_count > options.constant_count)
    return refuse(problem, "the program has %d constants, %d were given", program.constant_count, options.constant_count);
  for (int index = 0; index < program.constant_count; index++) {
    const ConstantData& given = options.constants[index];
    if (!take_block(&engine->constants[index], given.bytes, engine->guard, false)) return refuse(problem, "out of memory");
    if (given.bytes > 0) memcpy(engine->constants[index].data, given.data, given.bytes);
  }
  for (int id = 0; id < program.value_count; id++) {
    const Value& value = program.values[id];
    if (value.kind != value_constant) continue;
    const ConstantData& given = options.constants[value.location];
    if (given.integers != (value.operand.format == FORMAT_I32))
      return refuse_type(problem, "constant %d is no array of the value's type", int(value.location));
    if (int64_t(given.bytes) != value.largest_bytes)
      return refuse(problem, "constant %d has %zu bytes, its value %lld", int(value.location), given.bytes, (long long)value.largest_bytes);
  }
  return true;
}

bool make_vector(Engine* engine, int index, Problem* problem) {
  const Weight& weight = engine->program.weights[index];
  int64_t elements = 1;
  for (int side = 0; side < weight.rank; side++) elements *= weight.shape[side];
  const int64_t last = weight.shape[weight.rank - 1];
  const int64_t row = int64_t(format_row_bytes(weight.format, last));
  Block* block = &engine->vectors[index];
  if (!take_block(block, size_t(elements) * sizeof(float), engine->guard, false)) return refuse(problem, "out of memory");
  float* out = reinterpret_cast<float*>(block->data);
  uint8_t* line = static_cast<uint8_t*>(malloc(size_t(row) + 1));
  if (line == nullptr) return refuse(problem, "out of memory");
  for (int part = 0; part < weight.segment_count && row > 0; part++) {
    const Segment& segment = weight.segments[part];
    if (segment.bytes % row != 0) {
      free(line);
      return refuse(problem, "weight %d: segment %d ends within a row", index, part);
    }
    for (int64_t at = 0; at < segment.bytes; at += row, out += last) {
      memcpy(line, segment.data + at, size_t(row));  // the file's bytes may lie at any address
      decode_row(weight.format, line, last, out);
    }
  }
  free(line);
  return true;
}

bool make_arena(Engine* engine) {
  if (engine->guard) return make_places(engine);
  if (!take_block(&engine->arena, size_t(engine->program.arena_bytes), false, true)) return false;
  for (int id = 0; id < engine->program.value_count; id++) {
    Value* value = &engine->program.values[id];
    if (value->kind == value_arena) value->operand.data = engine->arena.data + value->location;
  }
  return true;
}

}  // namespace

bool take_block(Block* block, size_t bytes, bool guard, bool huge) {
  const size_t extra = guard ? 2 * guard_bytes : 0;
  block->taken = bytes + extra;
  block->memory = take_pages(block->taken, huge);
  if (block->memory == nullptr) return false;
  block->data = block->memory + (guard ? guard_bytes : 0);
  block->bytes = bytes;
  if (guard) {
    memset(block->memory, canary, guard_bytes);
    memset(block->data + bytes, canary, guard_bytes);
    forbid_guards(*block);
  }
  return true;
}

void give_block(Block* block) {
  if (block->memory != nullptr) permit(block->memory, page_round(block->taken));
  give_pages(block->memory, block->taken);
  *block = {};
}

bool make_storage(Engine* engine, const EngineOptions& options, Problem* problem) {
  Program* program = &engine->program;
  engine->states = static_cast<Block*>(calloc(size_t(program->state_count) + 1, sizeof(Block)));
  engine->constants = static_cast<Block*>(calloc(size_t(program->constant_count) + 1, sizeof(Block)));
  engine->vectors = static_cast<Block*>(calloc(size_t(program->weight_count) + 1, sizeof(Block)));
  if (engine->states == nullptr || engine->constants == nullptr || engine->vectors == nullptr) return refuse(problem, "out of memory");
  if (!make_arena(engine)) return refuse(problem, "out of memory: the arena takes %lld bytes", (long long)program->arena_bytes);
  if (!make_constants(engine, options, problem)) return false;
  for (int index = 0; index < program->state_count; index++) {
    const int64_t bytes = largest_at(*program, value_state, index);
    if (!take_block(&engine->states[index], size_t(bytes), engine->guard, true))
      return refuse(problem, "out of memory: a state takes %lld bytes", (long long)bytes);
  }
  for (int index = 0; index < input_count; index++) {
    if (!take_block(&engine->inputs[index], size_t(largest_at(*program, value_input, index)), engine->guard, false))
      return refuse(problem, "out of memory");
  }
  for (int id = 0; id < program->value_count; id++) {
    Value* value = &program->values[id];
    if (value->kind == value_constant) value->operand.data = engine->constants[value->location].data;
    if (value->kind == value_state) value->operand.data = engine->states[value->location].data;
    if (value->kind == value_input) value->operand.data = engine->inputs[value->location].data;
    if (value->kind != value_weight || !value->vector) continue;
    if (engine->vectors[value->location].memory == nullptr && !make_vector(engine, int(value->location), problem)) return false;
    value->operand.data = engine->vectors[value->location].data;
  }
  return true;
}

void free_storage(Engine* engine) {
  const Program& program = engine->program;
  for (int index = 0; index < engine->place_count; index++) give_block(&engine->places[index]);
  for (int index = 0; engine->states != nullptr && index < program.state_count; index++) give_block(&engine->states[index]);
  for (int index = 0; engine->constants != nullptr && index < program.constant_count; index++) give_block(&engine->constants[index]);
  for (int index = 0; engine->vectors != nullptr && index < program.weight_count; index++) give_block(&engine->vectors[index]);
  for (int index = 0; index < input_count; index++) give_block(&engine->inputs[index]);
  for (int index = 0; index < program.list_count; index++) give_pages(program.lists[index].memory, program.lists[index].memory_bytes);
  give_block(&engine->arena);
  give_block(&engine->prepared);
  give_block(&engine->scratch);
  free(engine->places);
  free(engine->states);
  free(engine->constants);
  free(engine->vectors);
}

uint8_t* value_bytes(const Engine* engine, int id, int64_t* bytes, Problem* problem) {
  if (id < 0 || id >= engine->program.value_count) {
    refuse(problem, "there is no value %d", id);
    return nullptr;
  }
  const Value& value = engine->program.values[id];
  if (value.kind == value_weight || value.kind == value_input) {
    refuse(problem, "value %d is no arena, constant or state value", id);
    return nullptr;
  }
  *bytes = value.largest_bytes;
  return value.operand.data;
}

namespace {

/** Bytes of one index of a state whose first dimension is `symbol`, or 0 when it is not. */
size_t state_stride(const Program& program, const Value& value, int symbol) {
  if (value.kind != value_state || value.dimensions[0] != -1 - symbol || program.largest[symbol] == 0) return 0;
  return size_t(value.largest_bytes / program.largest[symbol]);
}

bool check_index(const Engine* engine, int symbol, int64_t index, Problem* problem) {
  if (symbol != symbol_pages && symbol != symbol_slots)
    return refuse(problem, "states are indexed by pages (4) or slots (5), not by symbol %d", symbol);
  if (index < 0 || index >= engine->program.largest[symbol])
    return refuse(problem, "%lld is not below %lld", (long long)index, (long long)engine->program.largest[symbol]);
  return true;
}

}  // namespace

int64_t index_of_largest(const float* values, int64_t count) {
  float highest[16];
  for (float& value : highest) value = -__builtin_inff();
  int64_t at = 0;
  for (; at + 16 <= count; at += 16) {
    for (int lane = 0; lane < 16; lane++) highest[lane] = values[at + lane] > highest[lane] ? values[at + lane] : highest[lane];
  }
  for (; at < count; at++) highest[0] = values[at] > highest[0] ? values[at] : highest[0];
  for (float value : highest) highest[0] = value > highest[0] ? value : highest[0];
  for (int64_t index = 0; index < count; index++) {
    if (values[index] == highest[0]) return index;
  }
  return 0;
}

bool copy_state(Engine* engine, int symbol, int64_t from, int64_t to, Problem* problem) {
  if (!check_index(engine, symbol, from, problem) || !check_index(engine, symbol, to, problem)) return false;
  for (int id = 0; id < engine->program.value_count; id++) {
    const Value& value = engine->program.values[id];
    const size_t stride = state_stride(engine->program, value, symbol);
    if (stride != 0) memmove(value.operand.data + size_t(to) * stride, value.operand.data + size_t(from) * stride, stride);
  }
  return true;
}

bool clear_state(Engine* engine, int symbol, int64_t index, Problem* problem) {
  if (!check_index(engine, symbol, index, problem)) return false;
  for (int id = 0; id < engine->program.value_count; id++) {
    const Value& value = engine->program.values[id];
    const size_t stride = state_stride(engine->program, value, symbol);
    if (stride != 0) memset(value.operand.data + size_t(index) * stride, 0, stride);
  }
  return true;
}

int broken_guards(const Engine* engine) {
  if (!engine->guard) return 0;
  const Program& program = engine->program;
  int broken = 0;
  for (int index = 0; index < engine->place_count; index++) broken += !intact(engine->places[index]);
  for (int index = 0; index < program.state_count; index++) broken += !intact(engine->states[index]);
  for (int index = 0; index < program.constant_count; index++) broken += !intact(engine->constants[index]);
  for (int index = 0; index < input_count; index++) broken += !intact(engine->inputs[index]);
  for (int index = 0; index < program.weight_count; index++)
    broken += engine->vectors[index].memory != nullptr && !intact(engine->vectors[index]);
  broken += !intact(engine->prepared);
  broken += !intact(engine->scratch);
  return broken;
}

EngineMemory engine_memory(const Engine* engine) {
  const Program& program = engine->program;
  EngineMemory memory = {engine->arena.taken + engine->prepared.taken + engine->scratch.taken, 0, 0, 0};
  for (int index = 0; index < engine->place_count; index++) memory.arena += engine->places[index].taken;
  for (int index = 0; index < program.state_count; index++) memory.state += engine->states[index].taken;
  for (int index = 0; index < program.constant_count; index++) memory.constants += engine->constants[index].taken;
  for (int index = 0; index < program.weight_count; index++) memory.constants += engine->vectors[index].taken;
  for (int index = 0; index < program.list_count; index++)
    memory.packed += program.lists[index].memory == nullptr ? 0 : program.lists[index].memory_bytes;
  return memory;
}

}  // namespace llmx
