// What a rule sees of its instruction: bound operands, and a refusal that names the instruction.
#pragma once
#include "program.h"

namespace llmx {

struct Checker {
  const Program* program;
  const Instruction* instruction;
  Problem* problem;

  const Value* value(int id) const { return id < 0 ? nullptr : &program->values[id]; }
  const Value* in(int index) const { return value(instruction->input_ids[index]); }
  const Value* out(int index) const { return value(instruction->output_ids[index]); }
  const Operand& input(int index) const { return in(index)->operand; }
  const Operand& output(int index) const { return out(index)->operand; }
  double attribute(int index) const { return instruction->call.attributes[index]; }

  bool fail(const char* what) const {
    return refuse(problem, "instruction %d (%s): %s", instruction->source, opcode_name(instruction->opcode), what);
  }
  bool need(bool condition, const char* what) const { return condition || fail(what); }
  /** Whether `operand` has as many elements as the sides multiply to; in floating point, as their product may not fit 64 bits. */
  static bool holds(const Operand& operand, double side, double other, double third = 1) {
    return double(operand.count) == side * other * third;
  }
  /** Numbers that an op's working memory holds: few enough that no size overflows. */
  bool small(double numbers) const { return need(numbers <= double(int64_t(1) << 44), "its working memory would be too large"); }

  /** A float32 operand of at least one dimension; weights count, as vectors are decoded when the engine is made. */
  bool floats_in(int index, const char* what) const {
    return need(in(index) != nullptr && in(index)->kind != value_input &&
                    (in(index)->kind == value_weight || input(index).format == FORMAT_F32) && input(index).rank >= 1,
                what);
  }
  bool integers_in(int index, const char* what) const { return need(in(index) != nullptr && input(index).format == FORMAT_I32, what); }
  /** Integers that the step brings, so that they were checked before it ran. */
  bool given_integers(int index, const char* what) const { return integers_in(index, what) && need(!in(index)->produced, what); }
  bool state_in(int index, int rank, bool halves, const char* what) const {
    if (!need(in(index) != nullptr && in(index)->kind == value_state && input(index).rank == rank, what)) return false;
    return need(input(index).format == FORMAT_F32 || halves, what);
  }
  bool floats_out(int index, const char* what) const {
    return need(out(index) == nullptr || (out(index)->kind == value_arena && output(index).format == FORMAT_F32), what);
  }
  /** The next version of a state lies where the state does. */
  bool state_out(int index, int from, const char* what) const {
    return need(out(index) == nullptr || (out(index)->kind == value_state && out(index)->location == in(from)->location), what);
  }
  bool matrix_in(int index, int rank, const char* what) const {
    return need(in(index) != nullptr && in(index)->kind == value_weight && input(index).rank == rank, what);
  }
};

// rules-state.cc: ops that read or write a state
bool check_cache_write(const Checker& c);
bool check_attention(const Checker& c);
bool check_conv1d(const Checker& c);
bool check_selective_scan(const Checker& c);

}  // namespace llmx
