// Runs of numbers from one open file to another, off the JavaScript thread, through a buffer that fits the second-level cache: faster than
// copy_file_range, which goes page by page. Rows change places and numbers their format on the way.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../matrix/matrix.h"
#include "../ops/op.h"
#include "calls.h"

#ifndef _WIN32
#include "read-fully.h"
#endif

namespace llmx {

#ifdef _WIN32

napi_value call_transfer(napi_env env, napi_callback_info) {
  throw_type(env, "transfer is not for this system");
  return nullptr;
}

#else

namespace {

/** Bytes that are read at once. */
constexpr int64_t buffer_bytes = 256 << 10;

struct Transfer {
  int source, target;
  int64_t source_offset, target_offset, count;  // count in numbers
  int from, to;                                 // formats
  int32_t* order;                               // row i of each run of row_count rows is the source's row order[i]; or null
  int64_t row_count, row_length;                // row_length in numbers
  int problem;                                  // errno; -1 where the source ended
  bool writing;                                 // the problem is the target's
  int64_t lost;                                 // numbers that were finite and are not: beyond what half precision holds
  napi_async_work work;
  napi_ref finished;
};

/** In place of a format: single bytes, copied as they are. */
constexpr int plain_bytes = -1;

int64_t number_bytes(int format) { return format == plain_bytes ? 1 : int64_t(format_row_bytes(format, 1)); }

bool fail(Transfer* transfer, bool writing, int problem) {
  transfer->writing = writing;
  transfer->problem = problem;
  return false;
}

bool read_part(Transfer* transfer, uint8_t* bytes, int64_t length, int64_t offset) {
  const int problem = read_fully(transfer->source, bytes, length, offset);
  return problem == 0 || fail(transfer, false, problem);
}

bool write_fully(Transfer* transfer, const uint8_t* bytes, int64_t length, int64_t offset) {
  while (length > 0) {
    const ssize_t put = pwrite(transfer->target, bytes, size_t(length), off_t(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return fail(transfer, true, put == 0 ? EIO : errno);
    bytes += put, offset += put, length -= put;
  }
  return true;
}

void move_rows(const Transfer* transfer, const uint8_t* from, uint8_t* to, int64_t count) {
  const int64_t bytes = transfer->row_length * number_bytes(transfer->from);
  const int64_t runs = count / (transfer->row_count * transfer->row_length);
  for (int64_t run = 0; run < runs; run++, from += transfer->row_count * bytes)
    for (int64_t row = 0; row < transfer->row_count; row++, to += bytes) memcpy(to, from + transfer->order[row] * bytes, size_t(bytes));
}

/** Numbers that go through the buffers at once: whole runs of rows, one at least. */
int64_t part_count(const Transfer* transfer) {
  const int64_t run = transfer->order == nullptr ? 1 : transfer->row_count * transfer->row_length;
  const int64_t fitting = buffer_bytes / number_bytes(transfer->from);
  return run < fitting ? fitting / run * run : run;
}

bool is_finite(int format, const uint8_t* bytes, int64_t index) {
  if (format == FORMAT_BF16) {
    uint16_t word;
    memcpy(&word, bytes + 2 * index, 2);
    return (word & 0x7f80) != 0x7f80;
  }
  uint32_t word;
  memcpy(&word, bytes + 4 * index, 4);
  return (word & 0x7f800000) != 0x7f800000;
}

/** Eight at a time, which every machine has: this is looked at for every number. */
bool any_infinite(const uint16_t* halves, int64_t count) {
  typedef uint16_t Lanes __attribute__((vector_size(16)));
  Lanes found = {};
  int64_t index = 0;
  for (; index + 8 <= count; index += 8) {
    Lanes lanes;
    memcpy(&lanes, halves + index, sizeof lanes);
    found |= Lanes((lanes & 0x7fff) == 0x7c00);
  }
  uint64_t words[2];
  memcpy(words, &found, sizeof words);
  bool any = (words[0] | words[1]) != 0;
  for (; index < count; index++) any |= (halves[index] & 0x7fff) == 0x7c00;
  return any;
}

/** Of `count` numbers that became halves, those that were finite and are not. */
int64_t lost_count(int from, const uint8_t* in, const uint8_t* out, int64_t count) {
  const uint16_t* halves = reinterpret_cast<const uint16_t*>(out);
  if (!any_infinite(halves, count)) return 0;
  int64_t lost = 0;
  for (int64_t index = 0; index < count; index++)
    if ((halves[index] & 0x7fff) == 0x7c00 && is_finite(from, in, index)) lost++;
  return lost;
}

void run(napi_env, void* data) {
  Transfer* transfer = static_cast<Transfer*>(data);
  const int64_t source_bytes = number_bytes(transfer->from), target_bytes = number_bytes(transfer->to);
  const bool same = transfer->from == transfer->to, moves = transfer->order != nullptr;
  const int64_t most = part_count(transfer);
  uint8_t* buffers = static_cast<uint8_t*>(malloc(size_t(most) * size_t((moves ? 2 : 1) * source_bytes + (same ? 0 : target_bytes))));
  if (buffers == nullptr) {
    fail(transfer, false, ENOMEM);
    return;
  }
  uint8_t* in = buffers;
  uint8_t* moved = moves ? in + most * source_bytes : in;
  uint8_t* out = same ? moved : moved + most * source_bytes;
  for (int64_t at = 0; at < transfer->count; at += most) {
    const int64_t part = transfer->count - at < most ? transfer->count - at : most;
    if (!read_part(transfer, in, part * source_bytes, transfer->source_offset + at * source_bytes)) break;
    if (moves) move_rows(transfer, in, moved, part);
    if (!same) op_table().recode(transfer->from, transfer->to, moved, out, part);
    if (!same && transfer->to == FORMAT_F16) transfer->lost += lost_count(transfer->from, moved, out, part);
    if (!write_fully(transfer, out, part * target_bytes, transfer->target_offset + at * target_bytes)) break;
  }
  free(buffers);
}

void destroy(Transfer* transfer) {
  free(transfer->order);
  free(transfer);
}

void complete(napi_env env, napi_status, void* data) {
  Transfer* transfer = static_cast<Transfer*>(data);
  napi_value finished, undefined, arguments[3], result;
  napi_get_undefined(env, &undefined);
  napi_get_reference_value(env, transfer->finished, &finished);
  arguments[0] = make_number(env, transfer->problem);
  napi_get_boolean(env, transfer->writing, &arguments[1]);
  arguments[2] = make_number(env, double(transfer->lost));
  napi_delete_reference(env, transfer->finished);
  napi_delete_async_work(env, transfer->work);
  destroy(transfer);
  napi_call_function(env, undefined, finished, 3, arguments, &result);
}

bool has_way(int from, int to) {
  if (from == plain_bytes || to == plain_bytes) return from == to;
  if (!format_supported(from) || !format_supported(to)) return false;
  uint8_t none[1] = {0};
  return (from == FORMAT_BF16 || from == FORMAT_F32) && op_table().recode(from, to, none, none, 0);
}

/** Bytes of a run of rows, at most. */
constexpr int64_t most_run_bytes = int64_t(1) << 30;

/** Takes the order of rows, a permutation of whole runs of the transfer; false after an error was thrown. */
bool take_order(napi_env env, napi_value value, Transfer* transfer) {
  napi_valuetype kind;
  if (napi_typeof(env, value, &kind) == napi_ok && kind == napi_undefined) return true;
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok || type != napi_int32_array) {
    throw_type(env, "order is no Int32Array");
    return false;
  }
  const int64_t run = int64_t(length) * transfer->row_length;
  if (length == 0 || length > (1 << 20) || run * number_bytes(transfer->from) > most_run_bytes || transfer->count % run != 0) {
    throw_range(env, "order does not divide the numbers");
    return false;
  }
  const int32_t* rows = static_cast<const int32_t*>(data);
  for (size_t index = 0; index < length; index++)
    if (rows[index] < 0 || rows[index] >= int64_t(length)) {
      throw_range(env, "order names a row that is not there");
      return false;
    }
  transfer->order = static_cast<int32_t*>(malloc(length * sizeof(int32_t)));
  if (transfer->order == nullptr) {
    throw_range(env, "out of memory");
    return false;
  }
  memcpy(transfer->order, rows, length * sizeof(int32_t));
  transfer->row_count = int64_t(length);
  return true;
}

}  // namespace

napi_value call_transfer(napi_env env, napi_callback_info info) {
  napi_value arguments[10], name;
  int64_t source, target, source_offset, target_offset, count, from, to, row_length;
  constexpr int64_t most = int64_t(1) << 53;
  if (!read_arguments(env, info, 10, arguments) ||
      !read_integer(env, arguments[0], 0, 1 << 30, "source", &source) ||
      !read_integer(env, arguments[1], 0, most, "sourceOffset", &source_offset) ||
      !read_integer(env, arguments[2], 0, 1 << 30, "target", &target) ||
      !read_integer(env, arguments[3], 0, most, "targetOffset", &target_offset) ||
      !read_integer(env, arguments[4], 0, most / 8, "count", &count) ||
      !read_integer(env, arguments[5], plain_bytes, 1 << 20, "from", &from) ||
      !read_integer(env, arguments[6], plain_bytes, 1 << 20, "to", &to) ||
      !read_integer(env, arguments[8], 1, int64_t(1) << 30, "rowLength", &row_length))
    return nullptr;
  if (!has_way(int(from), int(to))) {
    throw_range(env, "there is no way between the two formats");
    return nullptr;
  }
  if (!is_function(env, arguments[9])) {
    throw_type(env, "finished is no function");
    return nullptr;
  }
  Transfer* transfer = static_cast<Transfer*>(calloc(1, sizeof(Transfer)));
  if (transfer == nullptr) {
    throw_range(env, "out of memory");
    return nullptr;
  }
  transfer->source = int(source), transfer->target = int(target);
  transfer->source_offset = source_offset, transfer->target_offset = target_offset, transfer->count = count;
  transfer->from = int(from), transfer->to = int(to), transfer->row_length = row_length;
  if (!take_order(env, arguments[7], transfer)) {
    destroy(transfer);
    return nullptr;
  }
  if (napi_create_string_utf8(env, "llmx transfer", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_create_reference(env, arguments[9], 1, &transfer->finished) == napi_ok) {
    if (napi_create_async_work(env, nullptr, name, run, complete, transfer, &transfer->work) == napi_ok &&
        napi_queue_async_work(env, transfer->work) == napi_ok)
      return nullptr;
    napi_delete_reference(env, transfer->finished);
  }
  destroy(transfer);
  throw_range(env, "no work could be queued");
  return nullptr;
}

#endif

}  // namespace llmx
