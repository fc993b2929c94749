// A weight's segments as the matrices that instructions multiply with.
#include <stdlib.h>

#include "program.h"

namespace llmx {

namespace {

bool aligned(const Matrix& matrix) {
  const uintptr_t element = matrix.format == FORMAT_F32 ? 4 : matrix.format == FORMAT_F16 || matrix.format == FORMAT_BF16 ? 2 : 1;
  return reinterpret_cast<uintptr_t>(matrix.data) % element == 0;
}

/** Bytes that one matrix of a list takes in its memory. */
size_t bytes_in_memory(const MatrixList& list, const Matrix& matrix) {
  const size_t bytes = list.copied ? size_t(matrix.rows) * format_row_bytes(matrix.format, matrix.columns)
                                   : packed_bytes(matrix.format, matrix.rows, matrix.columns);
  return (bytes + 63) / 64 * 64;
}

bool add_matrices(MatrixList* list, const Weight& weight, Problem* problem) {
  const int64_t items = weight.shape[0];
  const int64_t item_elements = weight.rank == 3 ? weight.shape[1] * weight.shape[2] : weight.shape[1];
  const int64_t item_bytes = format_bytes(weight.format, item_elements, weight.shape[weight.rank - 1]);
  if (list->transposed && weight.segment_count != 1)
    return refuse(problem, "weight %d: a transposed weight has several segments", list->weight);
  list->matrices = static_cast<Matrix*>(calloc(size_t(list->experts ? items : weight.segment_count) + 1, sizeof(Matrix)));
  if (list->matrices == nullptr) return refuse(problem, "out of memory");
  for (int part = 0; part < weight.segment_count; part++) {
    const Segment& segment = weight.segments[part];
    if (item_bytes == 0 || segment.bytes % item_bytes != 0)
      return refuse(problem, "weight %d: segment %d ends within a row", list->weight, part);
    const int64_t held = segment.bytes / item_bytes;
    if (held == 0) continue;
    for (int64_t item = 0; item < (list->experts ? held : 1); item++) {
      Matrix* matrix = &list->matrices[list->count++];
      matrix->format = weight.format;
      matrix->data = segment.data + item * item_bytes;
      matrix->transposed = list->transposed;
      matrix->rows = list->experts ? weight.shape[1] : list->transposed ? weight.shape[1] : held;
      matrix->columns = list->experts ? weight.shape[2] : list->transposed ? weight.shape[0] : weight.shape[1];
      if (!aligned(*matrix)) list->copied = true;
    }
  }
  for (int index = 0; index < list->count; index++) {
    if (list->copied || list->multiplied) list->memory_bytes += bytes_in_memory(*list, list->matrices[index]);
  }
  return true;
}

int list_of(Program* program, const Instruction& instruction, Problem* problem) {
  const int weight = int(program->values[instruction.input_ids[1]].location);
  const bool experts = instruction.opcode == opcode_linear_experts;
  const bool multiplied = instruction.opcode != opcode_embed;
  const bool transposed = instruction.opcode == opcode_linear && instruction.call.attributes[0] != 0;
  for (int index = 0; index < program->list_count; index++) {
    const MatrixList& list = program->lists[index];
    if (list.weight == weight && list.transposed == transposed && list.experts == experts && list.multiplied == multiplied) return index;
  }
  MatrixList* list = &program->lists[program->list_count];
  *list = {};
  list->weight = weight;
  list->transposed = transposed;
  list->experts = experts;
  list->multiplied = multiplied;
  const int index = program->list_count++;
  return add_matrices(list, program->weights[weight], problem) ? index : -1;
}

}  // namespace

bool make_lists(Program* program, Problem* problem) {
  program->lists = static_cast<MatrixList*>(calloc(size_t(program->instruction_count) + 1, sizeof(MatrixList)));
  if (program->lists == nullptr) return refuse(problem, "out of memory");
  for (int index = 0; index < program->instruction_count; index++) {
    Instruction* instruction = &program->instructions[index];
    if (instruction->opcode != opcode_embed && instruction->opcode != opcode_linear && instruction->opcode != opcode_linear_experts)
      continue;
    instruction->list = list_of(program, *instruction, problem);
    if (instruction->list < 0) return false;
    const MatrixList& list = program->lists[instruction->list];
    instruction->call.matrices = list.matrices;
    instruction->call.matrix_count = list.count;
  }
  return true;
}

void fill_list(MatrixList* list, int thread, int threads) {
  uint8_t* target = list->memory;
  for (int index = 0; index < list->count; index++) {
    const Matrix& matrix = list->matrices[index];
    if (list->copied) {
      const int64_t row = int64_t(format_row_bytes(matrix.format, matrix.transposed ? matrix.rows : matrix.columns));
      const Share rows = share_of(matrix.transposed ? matrix.columns : matrix.rows, thread, threads);
      for (int64_t at = rows.begin * row; at < rows.end * row; at++) target[at] = matrix.data[at];
    } else {
      pack(matrix, target, thread, threads);
    }
    target += bytes_in_memory(*list, matrix);
  }
}

void adopt_list(MatrixList* list) {
  uint8_t* memory = list->memory;
  for (int index = 0; index < list->count; index++) {
    Matrix* matrix = &list->matrices[index];
    if (list->copied) matrix->data = memory;
    else matrix->packed = memory;
    memory += bytes_in_memory(*list, *matrix);
  }
}

}  // namespace llmx
