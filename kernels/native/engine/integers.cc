// Checks the integers that a step brings before it runs: where tokens stand, which pages and slots they use. Integers that an op of the
// program makes (top-k's indices) are checked by the kernels that read them.
#include <string.h>

#include "program.h"

namespace llmx {

namespace {

const Operand& operand(const Program* program, const Instruction& instruction, int input) {
  return program->values[instruction.input_ids[input]].operand;
}

bool within(const Operand& values, int64_t limit, const char* what, Problem* problem) {
  for (int64_t index = 0; index < values.count; index++) {
    const int64_t value = integers(&values)[index];
    if (value < 0 || value >= limit)
      return refuse(problem, "%s %lld at %lld is not below %lld", what, (long long)value, (long long)index, (long long)limit);
  }
  return true;
}

/** Every page that tokens at `positions` of `sequences` reach must exist; entries of a table beyond them are free. */
bool check_places(const Operand& state, const Operand& positions, const Operand& sequences, const Operand& tables, Problem* problem) {
  const int64_t page_size = state.shape[1], pages = state.shape[0], table = tables.shape[1];
  if (!within(sequences, tables.shape[0], "sequence", problem) || !within(positions, table * page_size, "position", problem)) return false;
  for (int64_t begin = 0; begin < sequences.count;) {
    const int64_t sequence = integers(&sequences)[begin];
    int64_t highest = 0, end = begin;
    for (; end < sequences.count && integers(&sequences)[end] == sequence; end++) {
      const int64_t position = integers(&positions)[end];
      highest = position > highest ? position : highest;
    }
    for (int64_t entry = 0; entry <= highest / page_size; entry++) {
      const int64_t page = integers(&tables)[sequence * table + entry];
      if (page < 0 || page >= pages)
        return refuse(problem, "page %lld of sequence %lld is not below %lld", (long long)page, (long long)sequence, (long long)pages);
    }
    begin = end;
  }
  return true;
}

/** Tables of a program are few, instructions that read them many: each different group of operands is checked once. */
struct Checked {
  int64_t parts[5];
};
constexpr int checked_most = 32;

bool seen(Checked* checked, int* count, const Checked& next) {
  for (int index = 0; index < *count; index++) {
    if (memcmp(&checked[index], &next, sizeof next) == 0) return true;
  }
  if (*count < checked_most) checked[(*count)++] = next;
  return false;
}

}  // namespace

bool check_integers(const Program* program, Problem* problem) {
  Checked checked[checked_most];
  int count = 0;
  for (int index = 0; index < program->instruction_count; index++) {
    const Instruction& instruction = program->instructions[index];
    const int* ids = instruction.input_ids;
    const auto input = [&](int at) -> const Operand& { return operand(program, instruction, at); };
    const auto given = [&](int at) { return !program->values[ids[at]].produced; };
    switch (instruction.opcode) {
      case opcode_embed:
        if (given(0) && !within(input(0), input(1).shape[0], "token id", problem)) return false;
        break;
      case opcode_gather:
        if (given(1) && !within(input(1), input(0).shape[0], "row", problem)) return false;
        break;
      case opcode_linear_experts:
        if (given(2) && !within(input(2), input(1).shape[0], "expert", problem)) return false;
        break;
      case opcode_cache_write:
      case opcode_attention: {
        const int first = instruction.opcode == opcode_attention ? 3 : 2;
        const Operand& state = input(instruction.opcode == opcode_attention ? 1 : 0);
        // States of one shape are alike here.
        const Checked next = {{ids[first], ids[first + 1], ids[first + 2], state.shape[0], state.shape[1]}};
        if (!seen(checked, &count, next) && !check_places(state, input(first), input(first + 1), input(first + 2), problem)) return false;
        break;
      }
      case opcode_conv1d:
      case opcode_selective_scan: {
        const int state_at = instruction.opcode == opcode_conv1d ? 3 : 6;
        const Operand& state = input(state_at);
        const Checked next = {{ids[state_at + 1], ids[state_at + 2], -1, state.shape[0], 0}};
        if (seen(checked, &count, next)) break;
        if (!within(input(state_at + 1), input(state_at + 2).count, "sequence", problem) ||
            !within(input(state_at + 2), state.shape[0], "slot", problem))
          return false;
        break;
      }
      default: break;
    }
  }
  return true;
}

}  // namespace llmx
