// A program as the engine runs it: values bound to sizes, instructions over them. Decoded once from JavaScript's flat numbers
// (layout: ../README.md); everything that comes from there is checked here, so that kernels need not.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "../ops/op.h"

namespace llmx {

/** The sizes that a step may choose. */
enum Symbol { symbol_tokens, symbol_rows, symbol_sequences, symbol_table, symbol_pages, symbol_slots, symbol_count };

enum ValueKind { value_arena, value_weight, value_constant, value_input, value_state, value_kind_count };

enum StepInput { input_ids, input_positions, input_sequences, input_tables, input_rows, input_slots, input_count };

/** Why something was refused: the message, and whether JavaScript shall see a RangeError or a TypeError. */
struct Problem {
  bool type;
  char text[240];
};
bool refuse(Problem* problem, const char* format, ...) __attribute__((format(printf, 2, 3)));
bool refuse_type(Problem* problem, const char* format, ...) __attribute__((format(printf, 2, 3)));

struct Value {
  Operand operand;                       // bound to the sizes of the current step
  ValueKind kind;
  int64_t location;
  int64_t dimensions[maximum_rank];      // a number, or -1 - symbol
  int64_t largest_bytes;                 // at the program's largest sizes
  bool symbolic;
  bool produced;                         // some instruction writes it
  bool vector;                           // a weight that an op reads as floats: decoded when the engine is made
};

/** Bytes of a weight in one mapped file. */
struct Segment {
  const uint8_t* data;
  int64_t bytes;
};

struct Weight {
  int format;
  int rank;
  int64_t shape[maximum_rank];
  int segment_count;
  Segment* segments;
};

/** A weight's matrices as one kind of instruction sees them: pieces along the rows, or one for each expert. */
struct MatrixList {
  int weight;
  bool transposed, experts;
  bool multiplied;                       // read by a multiplication, not only by embed
  int count;
  Matrix* matrices;
  uint8_t* memory;                       // packed forms, or copies where the file's bytes are not aligned to elements; null before packing
  size_t memory_bytes;                   // what `memory` will take; 0 where the weight runs as it lies
  bool copied;                           // `memory` holds plain copies
};

struct Instruction {
  int opcode;
  int source;                            // the program's own instruction that this one is or serves
  bool barrier;                          // all threads must have finished what came before
  int after;                             // a pseudo-instruction whose barrier is enough when it is skipped; else -1
  int input_ids[maximum_inputs];         // value ids; -1 where absent
  int output_ids[maximum_outputs];
  int list;                              // index of the matrix list; else -1
  int64_t prepared_at;                   // byte offset in the engine's prepared memory; else -1
  Call call;

  // Set when sizes are bound.
  bool skipped, waits;
};

struct Program {
  int64_t largest[symbol_count];
  int64_t arena_bytes;
  int value_count;
  Value* values;
  int instruction_count;
  Instruction* instructions;             // after lowering with the engine's own between them
  int source_count;                      // instructions as JavaScript counts them
  double* attributes;
  int weight_count;
  Weight* weights;
  int constant_count, state_count;
  int list_count;
  MatrixList* lists;
  int64_t prepared_bytes;
  size_t scratch_bytes;                  // of one thread
};

/** One mapped file as the decoder sees it. */
struct Span {
  const uint8_t* data;
  int64_t bytes;
};

/** Both fill `program`, which starts zeroed, and on refusal leave what `free_program` frees. */
bool decode_program(Program* program, const double* words, size_t count, Problem* problem);
bool decode_weights(Program* program, const double* words, size_t count, const Span* mappings, int mapping_count, Problem* problem);
void free_program(Program* program);

/** Gives every instruction that multiplies or embeds its matrices. */
bool make_lists(Program* program, Problem* problem);
/** One thread's share of filling a list's memory; after all of them, the list uses it. */
void fill_list(MatrixList* list, int thread, int threads);
void adopt_list(MatrixList* list);

/** Inserts what instructions need before and after them, and lays out prepared memory and scratch. After shapes were checked. */
bool lower_program(Program* program, Problem* problem);

/** Chooses for every instruction what depends on bound sizes: activations, what is skipped, where threads wait. */
void bind_instructions(Program* program, uint8_t* prepared);

/** Binds every value to `sizes`. */
void bind_values(Program* program, const int64_t* sizes);
/** Checks every instruction's operands against its op's rule. */
bool check_instructions(const Program* program, Problem* problem);
/** Checks the integers that a step brings: ids, positions, sequences, tables, rows, slots. */
bool check_integers(const Program* program, Problem* problem);

/** Bytes of `count` elements in a row-major value whose last side is `last`; -1 when the format is unknown or blocks do not fit. */
int64_t format_bytes(int format, int64_t count, int64_t last);

const char* opcode_name(int opcode);


}  // namespace llmx
