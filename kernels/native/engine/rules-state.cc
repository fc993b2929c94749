// The rules of ops that read or write a state: how it fits the tokens, and what says where they lie in it.
#include <math.h>

#include "checker.h"

namespace llmx {

namespace {

/** positions, sequences and tables at inputs `first` and the two after it. */
bool check_places(const Checker& c, int first, int64_t tokens, int64_t page_size) {
  return c.given_integers(first, "positions are int32 of the step") && c.given_integers(first + 1, "sequences are int32 of the step") &&
         c.given_integers(first + 2, "tables are int32 of the step") &&
         c.need(c.input(first).count == tokens && c.input(first + 1).count == tokens, "a position and a sequence for each token") &&
         c.need(c.input(first + 2).rank == 2, "tables are (sequences, table)") &&
         c.small(double(c.input(first + 2).shape[1]) * double(page_size));
}

/** sequences at input `first`, slots after it. */
bool check_slots(const Checker& c, int first, int64_t tokens) {
  return c.given_integers(first, "sequences are int32 of the step") && c.given_integers(first + 1, "slots are int32 of the step") &&
         c.need(c.input(first).count == tokens, "a sequence for each token");
}

}  // namespace

bool check_cache_write(const Checker& c) {
  if (!c.state_in(0, 4, true, "the state is (pages, pageSize, heads, width)") || !c.floats_in(1, "x is float32") ||
      !c.state_out(0, 0, "the output is the state"))
    return false;
  const Operand &state = c.input(0), &x = c.input(1);
  if (!c.need(c.holds(x, x.shape[0], state.shape[2], state.shape[3]) && state.shape[1] > 0, "x is (tokens, heads, width)")) return false;
  return check_places(c, 2, x.shape[0], state.shape[1]);
}

bool check_attention(const Checker& c) {
  if (!c.integers_in(5, "tables are int32 of the step")) return false;
  if (!c.floats_in(0, "q is float32") || !c.state_in(1, 4, true, "keys are (pages, pageSize, groups, width)") ||
      !c.state_in(2, 4, true, "values are (pages, pageSize, groups, width)"))
    return false;
  const Operand &q = c.input(0), &keys = c.input(1), &values = c.input(2);
  if (!c.need(q.rank == 3 && keys.shape[1] > 0 && keys.shape[2] > 0 && q.shape[1] > 0 && q.shape[1] % keys.shape[2] == 0 &&
                  q.shape[2] == keys.shape[3] && q.shape[2] > 0 && values.shape[3] > 0,
              "q does not fit the keys"))
    return false;
  if (!c.need(values.shape[0] == keys.shape[0] && values.shape[1] == keys.shape[1] && values.shape[2] == keys.shape[2],
              "values do not fit the keys"))
    return false;
  if (!c.need(q.shape[2] <= 4096 && values.shape[3] <= 4096, "heads of at most 4096")) return false;
  const Operand& tables = c.input(5);
  const double positions = double(tables.rank == 2 ? tables.shape[1] : 0) * double(keys.shape[1]);
  if (!c.small((positions / 256 + 1) * double(q.shape[1]) * double(values.shape[3] + 32))) return false;
  if (!c.floats_out(0, "o is float32 in the arena") || !c.floats_out(1, "lse is float32 in the arena")) return false;
  if (c.out(0) != nullptr && !c.need(c.holds(c.output(0), q.shape[0], q.shape[1], values.shape[3]), "o is (tokens, heads, valueWidth)"))
    return false;
  if (c.out(1) != nullptr && !c.need(c.holds(c.output(1), q.shape[0], q.shape[1]), "lse is (tokens, heads)")) return false;
  if (!c.need(c.attribute(1) >= 0 && c.attribute(1) < 1e15 && c.attribute(1) == floor(c.attribute(1)), "the window is a whole number"))
    return false;
  return check_places(c, 3, q.shape[0], keys.shape[1]);
}

bool check_conv1d(const Checker& c) {
  if (!c.floats_in(0, "x is float32") || !c.floats_in(1, "the weight is float32") ||
      !c.state_in(3, 3, false, "the state is float32 (slots, kernel - 1, channels)"))
    return false;
  const Operand &x = c.input(0), &weight = c.input(1), &state = c.input(3);
  if (!c.need(x.rank == 2 && weight.rank == 2 && weight.shape[0] == x.shape[1] && weight.shape[1] > 0, "the weight is (channels, kernel)"))
    return false;
  if (!c.need(state.shape[1] == weight.shape[1] - 1 && state.shape[2] == x.shape[1], "the state does not fit")) return false;
  if (c.in(2) != nullptr && (!c.floats_in(2, "the bias is float32") || !c.need(c.input(2).count == x.shape[1], "the bias is (channels)")))
    return false;
  if (!c.floats_out(0, "the output is float32 in the arena") ||
      !c.need(c.out(0) != nullptr && c.output(0).count == x.count, "the output is like x"))
    return false;
  return c.state_out(1, 3, "the second output is the state") && check_slots(c, 4, x.shape[0]);
}

bool check_selective_scan(const Checker& c) {
  for (int index = 0; index < 6; index++) {
    if (!c.floats_in(index, "x, delta, a, b, c and d are float32")) return false;
  }
  if (!c.state_in(6, 3, false, "the state is float32 (slots, channels, N)")) return false;
  const Operand &x = c.input(0), &a = c.input(2), &state = c.input(6);
  if (!c.need(x.rank == 2 && a.rank == 2 && c.input(1).count == x.count && a.shape[0] == x.shape[1],
              "x, delta (tokens, channels), a (channels, N)"))
    return false;
  const int64_t states = a.shape[1], tokens = x.shape[0];
  if (!c.need(c.holds(c.input(3), tokens, states) && c.holds(c.input(4), tokens, states) && c.input(5).count == x.shape[1],
              "b, c (tokens, N), d (channels)"))
    return false;
  if (!c.need(state.shape[1] == x.shape[1] && state.shape[2] == states, "the state does not fit")) return false;
  if (!c.floats_out(0, "the output is float32 in the arena") ||
      !c.need(c.out(0) != nullptr && c.output(0).count == x.count, "the output is like x"))
    return false;
  return c.state_out(1, 6, "the second output is the state") && check_slots(c, 7, tokens);
}

}  // namespace llmx
