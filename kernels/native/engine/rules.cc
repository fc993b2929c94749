// Each op's rule over bound operands: which inputs it needs, their formats and how their shapes fit. Kernels rely on nothing else.
#include <math.h>

#include "checker.h"

namespace llmx {

namespace {

bool check_embed(const Checker& c) {
  return c.integers_in(0, "ids are int32") && c.matrix_in(1, 2, "the table is a weight of two dimensions") &&
         c.need(c.out(0) != nullptr, "no output") && c.floats_out(0, "the output is float32 in the arena") &&
         c.need(c.holds(c.output(0), c.input(0).count, c.input(1).shape[1]), "the output is (tokens, width)");
}

bool check_linear(const Checker& c) {
  if (!c.floats_in(0, "x is float32") || !c.matrix_in(1, 2, "W is a weight of two dimensions") ||
      !c.floats_out(0, "the output is float32 in the arena"))
    return false;
  const bool transposed = c.attribute(0) != 0;
  const int64_t out = c.input(1).shape[transposed ? 1 : 0], width = c.input(1).shape[transposed ? 0 : 1];
  const int format = c.program->weights[c.in(1)->location].format;
  if (!c.need(!transposed || format == FORMAT_F32 || format == FORMAT_F16 || format == FORMAT_BF16,
              "a transposed weight is F32, F16 or BF16"))
    return false;
  if (!c.need(out > 0 && width > 0 && last_of(&c.input(0)) == width, "x does not fit W")) return false;
  if (c.in(2) != nullptr && (!c.floats_in(2, "the bias is float32") || !c.need(c.input(2).count == out, "the bias is (out)"))) return false;
  return c.need(c.out(0) != nullptr && last_of(&c.output(0)) == out && c.holds(c.output(0), rows_of(&c.input(0)), out),
                "the output is (..., out)");
}

bool check_linear_experts(const Checker& c) {
  if (!c.floats_in(0, "x is float32") || !c.matrix_in(1, 3, "W is a weight of three dimensions") ||
      !c.integers_in(2, "the choice is int32"))
    return false;
  if (!c.floats_out(0, "the output is float32 in the arena")) return false;
  const Operand &x = c.input(0), &w = c.input(1), &chosen = c.input(2);
  if (!c.need(chosen.rank == 2 && chosen.shape[1] > 0 && w.shape[0] > 0 && w.shape[1] > 0 && w.shape[2] > 0, "a side is zero"))
    return false;
  if (!c.need(chosen.count < INT32_MAX, "too many choices") || !c.small(double(chosen.count) * double(w.shape[2]))) return false;
  const bool shared = x.rank == 2 && x.shape[0] == chosen.shape[0];
  const bool own = x.rank == 3 && x.shape[0] == chosen.shape[0] && x.shape[1] == chosen.shape[1];
  if (!c.need((shared || own) && last_of(&x) == w.shape[2], "x is (tokens, in) or (tokens, k, in)")) return false;
  return c.need(c.out(0) != nullptr && last_of(&c.output(0)) == w.shape[1] && c.holds(c.output(0), chosen.count, w.shape[1]),
                "the output is (tokens, k, out)");
}

bool check_expert_sum(const Checker& c) {
  if (!c.floats_in(0, "x is float32") || !c.floats_in(1, "the weights are float32") ||
      !c.floats_out(0, "the output is float32 in the arena"))
    return false;
  const Operand& x = c.input(0);
  return c.need(
      x.rank == 3 && c.holds(c.input(1), x.shape[0], x.shape[1]) && c.out(0) != nullptr && c.holds(c.output(0), x.shape[0], x.shape[2]),
      "shapes do not fit");
}

bool check_norm(const Checker& c) {
  if (!c.floats_in(0, "x is float32") || !c.floats_in(1, "the weight is float32") || !c.floats_out(0, "the output is float32 in the arena"))
    return false;
  const int64_t width = last_of(&c.input(0));
  if (c.instruction->opcode == opcode_layer_norm &&
      (!c.floats_in(2, "the bias is float32") || !c.need(c.input(2).count == width, "the bias is (width)")))
    return false;
  return c.need(width > 0 && c.input(1).count == width, "the weight is (width)") &&
         c.need(c.out(0) != nullptr && c.output(0).count == c.input(0).count, "the output is like x");
}

/** Follows the expression's stack: one value at the end, never more than the kernel has room for, and only what is there is asked for. */
bool check_expression(const Checker& c) {
  const Call& call = c.instruction->call;
  int height = 0;
  for (int index = 0; index < call.attribute_count; index++) {
    const double word = call.attributes[index];
    if (word == 30) {
      if (!c.need(++index < call.attribute_count, "a constant is missing")) return false;
      height++;
    } else if (word == 0 || word == 1 || word == 2 || word == 3) {
      if (!c.need(c.in(int(word)) != nullptr, "an input of the expression is missing")) return false;
      height++;
    } else if (word == 10 || word == 11 || word == 12) {
      if (!c.need(height >= 2, "the expression's stack is empty")) return false;
      height--;
    } else if (word >= 20 && word <= 26 && word == floor(word)) {
      if (!c.need(height >= 1, "the expression's stack is empty")) return false;
    } else {
      return c.fail("the expression has an unknown word");
    }
    if (!c.need(height <= 8, "the expression needs more than eight values at once")) return false;
  }
  return c.need(height == 1, "the expression leaves no value, or several");
}

bool check_map(const Checker& c) {
  if (!c.floats_in(0, "a is float32") || !c.floats_out(0, "the output is float32 in the arena") ||
      !c.need(c.out(0) != nullptr, "no output"))
    return false;
  const Operand& a = c.input(0);
  if (!c.need(c.output(0).count == a.count && last_of(&c.output(0)) == last_of(&a), "the output is like a")) return false;
  for (int index = 1; index < 4; index++) {
    if (c.in(index) == nullptr) continue;
    if (!c.floats_in(index, "inputs are float32")) return false;
    if (!c.need(c.input(index).count == a.count || (last_of(&a) > 0 && c.input(index).count == last_of(&a)),
                "an input is neither like a nor one row"))
      return false;
  }
  return check_expression(c);
}

bool check_rope(const Checker& c) {
  if (!c.floats_in(0, "x is float32") || !c.given_integers(1, "positions are int32 of the step") ||
      !c.floats_in(2, "the frequencies are float32"))
    return false;
  const Operand& x = c.input(0);
  if (!c.need(x.rank == 3 && c.input(1).count == x.shape[0] && 2 * c.input(2).count <= x.shape[2],
              "x is (tokens, heads, width), width at least two frequencies"))
    return false;
  return c.floats_out(0, "the output is float32 in the arena") &&
         c.need(c.out(0) != nullptr && c.output(0).count == x.count, "the output is like x");
}

bool check_softmax(const Checker& c) {
  return c.floats_in(0, "x is float32") && c.floats_out(0, "the output is float32 in the arena") &&
         c.need(c.out(0) != nullptr && c.output(0).count == c.input(0).count, "the output is like x");
}

bool check_top_k(const Checker& c) {
  if (!c.floats_in(0, "x is float32") || !c.floats_out(0, "values are float32 in the arena")) return false;
  const double k = c.attribute(0);
  if (!c.need(k >= 1 && k <= double(last_of(&c.input(0))) && k == floor(k) && k <= 65536, "k is from 1 to the width")) return false;
  const int64_t count = rows_of(&c.input(0)) * int64_t(k);
  if (c.out(0) != nullptr && !c.need(c.output(0).count == count, "values are (..., k)")) return false;
  if (c.out(1) == nullptr) return true;
  return c.need(c.out(1)->kind == value_arena && c.output(1).format == FORMAT_I32 && c.output(1).count == count,
                "indices are int32 (..., k) in the arena");
}

bool check_gather(const Checker& c) {
  if (!c.floats_in(0, "x is float32") || !c.integers_in(1, "rows are int32") || !c.floats_out(0, "the output is float32 in the arena"))
    return false;
  return c.need(c.input(0).rank == 2 && c.out(0) != nullptr && c.holds(c.output(0), c.input(1).count, c.input(0).shape[1]),
                "the output is (n, width)");
}

bool check_slice(const Checker& c) {
  if (!c.floats_in(0, "x is float32") || !c.floats_out(0, "the output is float32 in the arena")) return false;
  const double begin = c.attribute(0), end = c.attribute(1);
  if (!c.need(begin >= 0 && begin <= end && end <= double(last_of(&c.input(0))) && begin == floor(begin) && end == floor(end),
              "the range leaves the last axis"))
    return false;
  return c.need(c.out(0) != nullptr && c.output(0).count == rows_of(&c.input(0)) * int64_t(end - begin),
                "the output is (..., end - begin)");
}

struct Rule {
  const char* name;
  int attributes;  // at least so many
  bool (*check)(const Checker&);
};

/** In the order of the opcodes. */
const Rule rules[opcode_count] = {
    {"none", 0, nullptr},
    {"embed", 0, check_embed},
    {"linear", 1, check_linear},
    {"linear-experts", 0, check_linear_experts},
    {"expert-sum", 0, check_expert_sum},
    {"rms-norm", 1, check_norm},
    {"layer-norm", 1, check_norm},
    {"map", 1, check_map},
    {"rope", 2, check_rope},
    {"cache-write", 0, check_cache_write},
    {"attention", 2, check_attention},
    {"softmax", 0, check_softmax},
    {"top-k", 1, check_top_k},
    {"gather", 0, check_gather},
    {"slice", 2, check_slice},
    {"conv1d", 0, check_conv1d},
    {"selective-scan", 0, check_selective_scan},
    {"quantize", 0, nullptr},
    {"rope-table", 0, nullptr},
    {"attention-merge", 0, nullptr},
};

}  // namespace

const char* opcode_name(int opcode) { return opcode > 0 && opcode < opcode_count ? rules[opcode].name : "none"; }

bool check_instructions(const Program* program, Problem* problem) {
  for (int index = 0; index < program->instruction_count; index++) {
    const Instruction* instruction = &program->instructions[index];
    const Rule& rule = rules[instruction->opcode];
    if (rule.check == nullptr) continue;
    const Checker checker = {program, instruction, problem};
    if (!checker.need(instruction->call.attribute_count >= rule.attributes, "attributes are missing")) return false;
    if (!rule.check(checker)) return false;
  }
  return true;
}

}  // namespace llmx
