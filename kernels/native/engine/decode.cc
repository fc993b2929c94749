// Reads a program's flat numbers. Nothing in them is trusted.
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

namespace llmx {

namespace {

constexpr double program_magic = 1280070776;
constexpr double program_version = 1;
constexpr int64_t largest_size = int64_t(1) << 40;       // of one dimension
constexpr int64_t largest_value = int64_t(1) << 52;      // elements of a value
constexpr int64_t largest_count = int64_t(1) << 24;      // values, instructions

struct Reader {
  const double* words;
  size_t count;
  size_t at;
  bool failed;

  double number() {
    if (at >= count) {
      failed = true;
      return 0;
    }
    return words[at++];
  }
  /** An integer in [lowest, highest]; anything else marks the reading as failed and gives `lowest`. */
  int64_t integer(int64_t lowest, int64_t highest) {
    const double value = number();
    if (!(value >= double(lowest) && value <= double(highest)) || value != floor(value)) {
      failed = true;
      return lowest;
    }
    return int64_t(value);
  }
};

bool read_value(Reader* reader, Value* value) {
  value->kind = ValueKind(reader->integer(0, value_kind_count - 1));
  value->operand.format = int32_t(reader->integer(0, 1 << 20));
  value->location = reader->integer(0, largest_value);
  value->operand.rank = int32_t(reader->integer(0, maximum_rank));
  for (int side = 0; side < value->operand.rank; side++) {
    value->dimensions[side] = reader->integer(-symbol_count, largest_size);
    if (value->dimensions[side] < 0) value->symbolic = true;
  }
  return !reader->failed;
}

/** Product of the sides, or -1 when it is too large. A side of zero hides no others: their products, too, must be small. */
int64_t element_count(const int64_t* shape, int rank) {
  double exact = 1;
  int64_t count = 1;
  for (int side = 0; side < rank; side++) {
    exact *= shape[side] == 0 ? 1 : double(shape[side]);
    if (exact > double(largest_value)) return -1;
    count *= shape[side];
  }
  return count;
}

bool check_value(const Program* program, int id, Value* value, Problem* problem) {
  int64_t shape[maximum_rank] = {};
  for (int side = 0; side < value->operand.rank; side++) {
    const int64_t dimension = value->dimensions[side];
    shape[side] = dimension < 0 ? program->largest[-1 - dimension] : dimension;
  }
  const int64_t count = element_count(shape, value->operand.rank);
  const int64_t last = value->operand.rank == 0 ? 1 : shape[value->operand.rank - 1];
  value->largest_bytes = count < 0 ? -1 : format_bytes(value->operand.format, count, last);
  if (value->largest_bytes < 0) return refuse(problem, "value %d: its size or format %d is not supported", id, value->operand.format);
  const bool computed = value->kind == value_arena || value->kind == value_constant;
  for (int side = 0; side < value->operand.rank; side++) {
    if (computed && value->dimensions[side] == 0) return refuse(problem, "value %d: a side is zero", id);
  }
  const bool plain = value->operand.format == FORMAT_F32 || value->operand.format == FORMAT_I32;
  switch (value->kind) {
    case value_arena:
      if (!plain) return refuse(problem, "value %d: arena values are f32 or i32", id);
      if (value->location % 64 != 0) return refuse(problem, "value %d: arena offset is no multiple of 64", id);
      if (value->location + value->largest_bytes > program->arena_bytes) return refuse(problem, "value %d: ends beyond the arena", id);
      return true;
    case value_constant:
      if (!plain) return refuse(problem, "value %d: constants are f32 or i32", id);
      if (value->symbolic) return refuse(problem, "value %d: a constant has a symbolic shape", id);
      return true;
    case value_input:
      if (value->location >= input_count) return refuse(problem, "value %d: no step input %d", id, int(value->location));
      if (value->operand.format != FORMAT_I32) return refuse(problem, "value %d: step inputs are i32", id);
      return true;
    case value_state:
      if (value->operand.format != FORMAT_F32 && value->operand.format != FORMAT_F16)
        return refuse(problem, "value %d: states are f32 or f16", id);
      for (int side = 0; side < value->operand.rank; side++) {
        const int64_t dimension = value->dimensions[side];
        if (dimension < 0 && (side > 0 || (dimension != -1 - symbol_pages && dimension != -1 - symbol_slots))) {
          return refuse(problem, "value %d: of a state only the first dimension may be a symbol, pages or slots", id);
        }
      }
      if (value->operand.rank < 1) return refuse(problem, "value %d: a state has no dimension", id);
      return true;
    case value_weight:
      if (value->symbolic) return refuse(problem, "value %d: a weight has a symbolic shape", id);
      return true;
    default: return refuse(problem, "value %d: unknown kind", id);
  }
}

bool read_ids(Reader* reader, const Program* program, int limit, int* ids) {
  const int count = int(reader->integer(0, limit));
  for (int index = 0; index < limit; index++) ids[index] = -1;
  for (int index = 0; index < count; index++) ids[index] = int(reader->integer(-1, program->value_count - 1));
  return !reader->failed;
}

/** Room for attributes is taken for all instructions at once: they are fewer than the words of the program. */
bool read_instruction(Reader* reader, Program* program, Instruction* instruction, double** next_attribute) {
  instruction->opcode = int(reader->integer(1, opcode_last_public));
  instruction->barrier = reader->integer(0, 1) == 1;
  instruction->after = -1;
  instruction->list = -1;
  instruction->prepared_at = -1;
  if (!read_ids(reader, program, maximum_inputs, instruction->input_ids)) return false;
  if (!read_ids(reader, program, maximum_outputs, instruction->output_ids)) return false;
  Call* call = &instruction->call;
  call->attribute_count = int(reader->integer(0, 256));
  call->attributes = *next_attribute;
  if (reader->failed || size_t(call->attribute_count) > reader->count - reader->at) return false;
  for (int index = 0; index < call->attribute_count; index++) *(*next_attribute)++ = reader->number();
  for (int index = 0; index < maximum_outputs; index++) {
    if (instruction->output_ids[index] >= 0) program->values[instruction->output_ids[index]].produced = true;
  }
  const bool has_matrix =
      instruction->opcode == opcode_embed || instruction->opcode == opcode_linear || instruction->opcode == opcode_linear_experts;
  for (int index = 0; index < maximum_inputs; index++) {
    if (instruction->input_ids[index] >= 0 && !(has_matrix && index == 1)) program->values[instruction->input_ids[index]].vector = true;
  }
  return !reader->failed;
}

}  // namespace

bool refuse(Problem* problem, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(problem->text, sizeof problem->text, format, arguments);
  va_end(arguments);
  problem->type = false;
  return false;
}

bool refuse_type(Problem* problem, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(problem->text, sizeof problem->text, format, arguments);
  va_end(arguments);
  problem->type = true;
  return false;
}

int64_t format_bytes(int format, int64_t count, int64_t last) {
  if (format == FORMAT_I32) return count * 4;
  if (!format_supported(format)) return -1;
  if (count == 0) return 0;
  if (last % format_block_columns(format) != 0) return -1;
  return count / last * int64_t(format_row_bytes(format, last));
}

bool decode_program(Program* program, const double* words, size_t count, Problem* problem) {
  Reader reader = {words, count, 0, false};
  if (reader.number() != program_magic || reader.number() != program_version)
    return refuse_type(problem, "this is no program of this addon's version");
  for (int symbol = 0; symbol < symbol_count; symbol++) program->largest[symbol] = reader.integer(0, int64_t(1) << 31);
  program->arena_bytes = reader.integer(0, int64_t(1) << 46);
  const int value_count = int(reader.integer(0, largest_count));
  if (reader.failed || size_t(value_count) > count) return refuse(problem, "the program's head is malformed");
  program->values = static_cast<Value*>(calloc(size_t(value_count) + 1, sizeof(Value)));
  if (program->values == nullptr) return refuse(problem, "out of memory");
  program->value_count = value_count;
  for (int id = 0; id < value_count; id++) {
    if (!read_value(&reader, &program->values[id])) return refuse(problem, "value %d is malformed", id);
    if (!check_value(program, id, &program->values[id], problem)) return false;
  }
  const int instruction_count = int(reader.integer(0, largest_count));
  if (reader.failed || size_t(instruction_count) > count) return refuse(problem, "the program's instructions are malformed");
  program->instructions = static_cast<Instruction*>(calloc(size_t(instruction_count) + 1, sizeof(Instruction)));
  program->attributes = static_cast<double*>(calloc(count + 1, sizeof(double)));
  if (program->instructions == nullptr || program->attributes == nullptr) return refuse(problem, "out of memory");
  program->instruction_count = program->source_count = instruction_count;
  double* next_attribute = program->attributes;
  for (int index = 0; index < instruction_count; index++) {
    program->instructions[index].source = index;
    if (!read_instruction(&reader, program, &program->instructions[index], &next_attribute))
      return refuse(problem, "instruction %d is malformed", index);
  }
  if (reader.at != count) return refuse(problem, "the program has %zu words too many", count - reader.at);
  for (int id = 0; id < value_count; id++) {
    const Value& value = program->values[id];
    const int next = int(value.location < largest_count ? value.location + 1 : 0);
    if (value.kind == value_constant && next > program->constant_count) program->constant_count = next;
    if (value.kind == value_state && next > program->state_count) program->state_count = next;
    if ((value.kind == value_constant || value.kind == value_state) && next == 0)
      return refuse(problem, "value %d: location is too large", id);
  }
  return true;
}

bool decode_weights(Program* program, const double* words, size_t count, const Span* mappings, int mapping_count, Problem* problem) {
  Reader reader = {words, count, 0, false};
  const int weight_count = int(reader.integer(0, largest_count));
  if (reader.failed || size_t(weight_count) > count) return refuse(problem, "the list of weights is malformed");
  program->weights = static_cast<Weight*>(calloc(size_t(weight_count) + 1, sizeof(Weight)));
  if (program->weights == nullptr) return refuse(problem, "out of memory");
  program->weight_count = weight_count;
  for (int index = 0; index < weight_count; index++) {
    Weight* weight = &program->weights[index];
    weight->format = int(reader.integer(0, 1 << 20));
    reader.integer(0, 1);  // whether the file holds it transposed: linear's attribute says so where it matters
    weight->rank = int(reader.integer(1, maximum_rank));
    for (int side = 0; side < weight->rank; side++) weight->shape[side] = reader.integer(0, largest_size);
    const int segment_count = int(reader.integer(1, largest_count));
    if (reader.failed || size_t(segment_count) > count) return refuse(problem, "weight %d is malformed", index);
    weight->segments = static_cast<Segment*>(calloc(size_t(segment_count), sizeof(Segment)));
    if (weight->segments == nullptr) return refuse(problem, "out of memory");
    weight->segment_count = segment_count;
    int64_t stored = 0;
    for (int part = 0; part < segment_count; part++) {
      const int64_t mapping = reader.integer(0, mapping_count - 1);
      const int64_t offset = reader.integer(0, largest_value), bytes = reader.integer(0, largest_value);
      if (reader.failed) return refuse(problem, "weight %d: segment %d is malformed", index, part);
      if (offset + bytes > mappings[mapping].bytes) return refuse(problem, "weight %d: segment %d ends beyond its file", index, part);
      weight->segments[part] = {mappings[mapping].data + offset, bytes};
      stored += bytes;
      if (stored > largest_value) return refuse(problem, "weight %d: its segments are too large", index);
    }
    const int64_t elements = element_count(weight->shape, weight->rank);
    const int64_t bytes = elements < 0 ? -1 : format_bytes(weight->format, elements, weight->shape[weight->rank - 1]);
    if (bytes < 0) return refuse(problem, "weight %d: its size or format %d is not supported", index, weight->format);
    if (bytes != stored)
      return refuse(problem, "weight %d: %lld bytes are stored, its shape needs %lld", index, (long long)stored, (long long)bytes);
  }
  if (reader.at != count) return refuse(problem, "the list of weights has %zu words too many", count - reader.at);
  for (int id = 0; id < program->value_count; id++) {
    const Value& value = program->values[id];
    if (value.kind != value_weight) continue;
    if (value.location >= weight_count) return refuse(problem, "value %d: there is no weight %d", id, int(value.location));
    const Weight& weight = program->weights[value.location];
    bool same = weight.format == value.operand.format && weight.rank == value.operand.rank;
    for (int side = 0; same && side < weight.rank; side++) same = weight.shape[side] == value.dimensions[side];
    if (!same) return refuse(problem, "value %d: its type is not that of weight %d", id, int(value.location));
  }
  return true;
}

void free_program(Program* program) {
  for (int index = 0; index < program->weight_count; index++) free(program->weights[index].segments);
  for (int index = 0; index < program->list_count; index++) free(program->lists[index].matrices);
  free(program->weights);
  free(program->lists);
  free(program->values);
  free(program->instructions);
  free(program->attributes);
  memset(program, 0, sizeof *program);
}

void bind_values(Program* program, const int64_t* sizes) {
  for (int id = 0; id < program->value_count; id++) {
    Value* value = &program->values[id];
    int64_t count = 1;
    for (int side = 0; side < value->operand.rank; side++) {
      const int64_t dimension = value->dimensions[side];
      value->operand.shape[side] = dimension < 0 ? sizes[-1 - dimension] : dimension;
      count *= value->operand.shape[side];
    }
    value->operand.count = count;
  }
}

}  // namespace llmx
