// What the engine puts between a program's instructions: the preparation of linears' inputs and of rope's angles, done once for all
// that read them, and the merge of split attention. Lays out the memory for what they make.
#include <stdlib.h>
#include <string.h>

#include "../ops/attention-split.h"
#include "program.h"

namespace llmx {

namespace {

/** A piece of prepared memory, taken until source instruction `until`. */
struct Slot {
  int64_t bytes;
  int until;
};

/** A preparation that later instructions may share. */
struct Memo {
  int opcode, first, second;  // value ids
  double style, scale;        // rope's
  int format;                 // one that takes the same activations at every number of tokens
  int slot, index;            // where, and the instruction that makes it
  int until;
};

struct Lowering {
  Program* program;
  Problem* problem;
  const Instruction* sources;
  Instruction* emitted;
  int count;
  Slot* slots;
  int slot_count;
  Memo* memos;
  int memo_count;
  int* slot_of;  // by emitted instruction; -1
};

/** Whether two formats take the same activations whatever the number of tokens. */
bool same_activations(int left, int right) {
  for (int64_t tokens = 1; tokens <= 4096; tokens += tokens < 64 ? 1 : tokens) {
    if (activation_kind(left, tokens) != activation_kind(right, tokens)) return false;
  }
  return true;
}

int64_t range_bytes(const Value& value) { return value.largest_bytes; }

bool overlaps(const Value& left, const Value& right) {
  if (left.kind != right.kind) return false;
  if (left.kind == value_state) return left.location == right.location;
  return left.kind == value_arena && left.location < right.location + range_bytes(right) &&
         right.location < left.location + range_bytes(left);
}

bool writes(const Program* program, const Instruction& instruction, int id) {
  for (int output = 0; output < maximum_outputs; output++) {
    if (instruction.output_ids[output] >= 0 && overlaps(program->values[instruction.output_ids[output]], program->values[id])) return true;
  }
  return false;
}

bool multiplies(const Instruction& instruction) {
  return instruction.opcode == opcode_linear || instruction.opcode == opcode_linear_experts;
}

int weight_format(const Program* program, const Instruction& instruction) {
  return program->weights[program->values[instruction.input_ids[1]].location].format;
}

/** Instructions `made_at` to `next` that share a preparation: the last of them. */
int last_reader(const Lowering& lowering, const Instruction& first, int at) {
  int last = at;
  for (int index = at; index < lowering.program->source_count; index++) {
    const Instruction& instruction = lowering.sources[index];
    if (first.opcode == opcode_rope) {
      if (instruction.opcode == opcode_rope && instruction.input_ids[1] == first.input_ids[1] &&
          instruction.input_ids[2] == first.input_ids[2])
        last = index;
      if (writes(lowering.program, instruction, first.input_ids[2])) break;
    } else {
      if (multiplies(instruction) && instruction.input_ids[0] == first.input_ids[0]) last = index;
      if (writes(lowering.program, instruction, first.input_ids[0])) break;
    }
  }
  return last;
}

/** A slot that no thread can still be reading when instruction `at` begins: its last reader and `at` have a barrier between them. */
int take_slot(Lowering* lowering, int64_t bytes, int at, int until) {
  int chosen = -1;
  for (int slot = 0; slot < lowering->slot_count && chosen < 0; slot++) {
    bool separated = false;
    for (int index = lowering->slots[slot].until + 1; index <= at && !separated; index++) separated = lowering->sources[index].barrier;
    if (separated) chosen = slot;
  }
  if (chosen < 0) {
    chosen = lowering->slot_count++;
    lowering->slots[chosen].bytes = 0;
  }
  Slot* slot = &lowering->slots[chosen];
  slot->until = until;
  if (bytes > slot->bytes) slot->bytes = bytes;
  return chosen;
}

int emit(Lowering* lowering, const Instruction& instruction, int slot) {
  lowering->emitted[lowering->count] = instruction;
  lowering->slot_of[lowering->count] = slot;
  return lowering->count++;
}

/** Bytes of prepared activations for at most `tokens` tokens. */
int64_t prepared_bytes(int format, int64_t tokens, int64_t columns) {
  int64_t most = 0;
  for (int64_t count = 1; count <= tokens; count += count < 64 ? 1 : count) {
    const int64_t bytes = int64_t(activation_bytes(activation_kind(format, count), columns));
    most = bytes > most ? bytes : most;
  }
  const int64_t last = int64_t(activation_bytes(activation_kind(format, tokens), columns));
  return (last > most ? last : most) * tokens;
}

size_t multiply_scratch(const Instruction& instruction, int64_t gathered) {
  size_t most = 0;
  for (int kind = ACTIVATION_FLOATS; kind <= ACTIVATION_BYTES; kind++) {
    for (int matrix = 0; matrix < instruction.call.matrix_count; matrix++) {
      const size_t bytes = scratch_bytes(instruction.call.matrices[matrix], ActivationKind(kind), gathered);
      most = bytes > most ? bytes : most;
      if (instruction.opcode == opcode_linear_experts) break;  // all alike
    }
  }
  return most;
}

void need_scratch(Lowering* lowering, size_t bytes) {
  if (bytes > lowering->program->scratch_bytes) lowering->program->scratch_bytes = bytes;
}

void lower_multiply(Lowering* lowering, int at) {
  Instruction own = lowering->sources[at];
  const Program* program = lowering->program;
  const Operand& x = program->values[own.input_ids[0]].operand;
  const int format = weight_format(program, own);
  const Memo* found = nullptr;
  for (int index = 0; index < lowering->memo_count; index++) {
    const Memo& memo = lowering->memos[index];
    if (memo.opcode == opcode_quantize && memo.first == own.input_ids[0] && memo.until >= at && same_activations(memo.format, format))
      found = &memo;
  }
  if (found == nullptr) {
    const int until = last_reader(*lowering, own, at);
    const int slot = take_slot(lowering, prepared_bytes(format, rows_of(&x), last_of(&x)), at, until);
    Instruction pseudo = own;
    pseudo.opcode = opcode_quantize;
    const int made = emit(lowering, pseudo, slot);
    Memo* memo = &lowering->memos[lowering->memo_count++];
    *memo = {opcode_quantize, own.input_ids[0], -1, 0, 0, format, slot, made, until};
    found = memo;
    own.barrier = true;
    own.after = made;
  }
  size_t scratch = multiply_scratch(own, own.opcode == opcode_linear_experts ? program->values[own.input_ids[2]].operand.count : 0);
  if (own.opcode == opcode_linear_experts)
    scratch += size_t(own.call.matrix_count + 1 + 2 * program->values[own.input_ids[2]].operand.count) * sizeof(int32_t);
  need_scratch(lowering, scratch);
  emit(lowering, own, found->slot);
}

void lower_rope(Lowering* lowering, int at) {
  Instruction own = lowering->sources[at];
  const Program* program = lowering->program;
  const Memo* found = nullptr;
  for (int index = 0; index < lowering->memo_count; index++) {
    const Memo& memo = lowering->memos[index];
    const bool same = memo.first == own.input_ids[1] && memo.second == own.input_ids[2] && memo.style == own.call.attributes[0] &&
                      memo.scale == own.call.attributes[1];
    if (memo.opcode == opcode_rope_table && same && memo.until >= at) found = &memo;
  }
  if (found == nullptr) {
    const int until = last_reader(*lowering, own, at);
    const Operand &positions = program->values[own.input_ids[1]].operand, &frequencies = program->values[own.input_ids[2]].operand;
    const int64_t numbers = own.call.attributes[0] != 0 ? 4 : 2;  // of a token and a frequency
    const int slot = take_slot(lowering, positions.count * frequencies.count * numbers * int64_t(sizeof(float)), at, until);
    Instruction pseudo = own;
    pseudo.opcode = opcode_rope_table;
    const int made = emit(lowering, pseudo, slot);
    Memo* memo = &lowering->memos[lowering->memo_count++];
    *memo = {opcode_rope_table, own.input_ids[1], own.input_ids[2], own.call.attributes[0], own.call.attributes[1], 0, slot, made, until};
    found = memo;
    own.barrier = true;
    own.after = made;
  }
  emit(lowering, own, found->slot);
}

/** Prepared memory is largest for the longest step that is still split. */
void lower_attention(Lowering* lowering, int at) {
  const Instruction& own = lowering->sources[at];
  const Program* program = lowering->program;
  const auto operand = [&](int input) { return &program->values[own.input_ids[input]].operand; };
  Operand few = *operand(0);
  few.shape[0] = few.shape[0] < split_tokens ? few.shape[0] : split_tokens;
  const AttentionShape shape = attention_shape(&few, operand(1), operand(2), operand(5));
  const int slot = take_slot(lowering, attention_prepared_bytes(shape), at, at);
  need_scratch(lowering, size_t(attention_scratch_bytes(shape)));
  emit(lowering, own, slot);
  Instruction merge = own;
  merge.opcode = opcode_attention_merge;
  merge.barrier = true;
  emit(lowering, merge, slot);
}

}  // namespace

bool lower_program(Program* program, Problem* problem) {
  const size_t most = size_t(program->source_count) * 2 + 1;
  Lowering lowering = {};
  lowering.program = program;
  lowering.problem = problem;
  lowering.sources = program->instructions;
  lowering.emitted = static_cast<Instruction*>(calloc(most, sizeof(Instruction)));
  lowering.slots = static_cast<Slot*>(calloc(most, sizeof(Slot)));
  lowering.memos = static_cast<Memo*>(calloc(most, sizeof(Memo)));
  lowering.slot_of = static_cast<int*>(calloc(most, sizeof(int)));
  const bool enough = lowering.emitted && lowering.slots && lowering.memos && lowering.slot_of;
  for (int at = 0; enough && at < program->source_count; at++) {
    const Instruction& source = lowering.sources[at];
    switch (source.opcode) {
      case opcode_linear:
      case opcode_linear_experts: lower_multiply(&lowering, at); break;
      case opcode_rope: lower_rope(&lowering, at); break;
      case opcode_attention: lower_attention(&lowering, at); break;
      case opcode_top_k:
        need_scratch(&lowering, size_t(source.call.attributes[0]) * 8);
        emit(&lowering, source, -1);
        break;
      case opcode_conv1d:
        need_scratch(&lowering, size_t(last_of(&program->values[source.input_ids[1]].operand)) * 16 * sizeof(float));
        emit(&lowering, source, -1);
        break;
      default: emit(&lowering, source, -1); break;
    }
  }
  if (enough) {
    int64_t* offsets = static_cast<int64_t*>(calloc(most, sizeof(int64_t)));
    for (int slot = 0; offsets != nullptr && slot < lowering.slot_count; slot++) {
      offsets[slot] = program->prepared_bytes;
      program->prepared_bytes += (lowering.slots[slot].bytes + 127) / 64 * 64;
    }
    for (int index = 0; offsets != nullptr && index < lowering.count; index++) {
      lowering.emitted[index].prepared_at = lowering.slot_of[index] < 0 ? -1 : offsets[lowering.slot_of[index]];
    }
    free(program->instructions);
    program->instructions = lowering.emitted;
    program->instruction_count = lowering.count;
    lowering.emitted = nullptr;
    if (offsets == nullptr) refuse(problem, "out of memory");
    const bool done = offsets != nullptr;
    free(offsets);
    free(lowering.slots);
    free(lowering.memos);
    free(lowering.slot_of);
    return done;
  }
  free(lowering.emitted);
  free(lowering.slots);
  free(lowering.memos);
  free(lowering.slot_of);
  return refuse(problem, "out of memory");
}

void bind_instructions(Program* program, uint8_t* prepared) {
  for (int index = 0; index < program->instruction_count; index++) {
    Instruction* instruction = &program->instructions[index];
    Call* call = &instruction->call;
    call->prepared = instruction->prepared_at < 0 ? nullptr : prepared + instruction->prepared_at;
    instruction->skipped = false;
    if (instruction->opcode == opcode_quantize || multiplies(*instruction)) {
      const Operand* x = call->input[0];
      Activations* activations = &call->activations;
      activations->tokens = rows_of(x);
      activations->columns = last_of(x);
      activations->kind = activation_kind(weight_format(program, *instruction), activations->tokens);
      const bool as_it_is = activations->kind == ACTIVATION_FLOATS && activations->tokens <= 1;
      activations->data = as_it_is ? x->data : call->prepared;
      instruction->skipped = instruction->opcode == opcode_quantize && as_it_is;
    }
    if (instruction->opcode == opcode_attention_merge)
      instruction->skipped = !attention_shape(call->input[0], call->input[1], call->input[2], call->input[5]).split;
    const bool relaxed = instruction->after >= 0 && program->instructions[instruction->after].skipped;
    instruction->waits = relaxed ? program->instructions[instruction->after].barrier : instruction->barrier;
  }
}

}  // namespace llmx
