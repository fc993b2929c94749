// Runs of numbers from one open file to another, off the JavaScript thread: copied by the system where it can, else through a buffer that
// fits the second-level cache, and put into another number format on the way.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../matrix/matrix.h"
#include "../ops/op.h"
#include "calls.h"

#ifndef _WIN32
#include <unistd.h>
#endif

namespace llmx {

#ifdef _WIN32

napi_value call_transfer(napi_env env, napi_callback_info) {
  throw_type(env, "transfer is not for this system");
  return nullptr;
}

#else

namespace {

/** Numbers in a buffer. */
constexpr int64_t buffer_count = 64 << 10;

struct Transfer {
  int source, target;
  int64_t source_offset, target_offset, count;  // count in numbers
  int from, to;                                 // formats
  int problem;                                  // errno; -1 where the source ended
  bool writing;                                 // the problem is the target's
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

bool read_fully(Transfer* transfer, uint8_t* bytes, int64_t length, int64_t offset) {
  while (length > 0) {
    const ssize_t got = pread(transfer->source, bytes, size_t(length), off_t(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(transfer, false, got == 0 ? -1 : errno);
    bytes += got, offset += got, length -= got;
  }
  return true;
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

/** Bytes that the system moved by itself; what is left goes through a buffer. */
int64_t copy_inside(Transfer* transfer, int64_t length) {
#ifdef __linux__
  int64_t done = 0;
  while (done < length) {
    off_t from = off_t(transfer->source_offset + done), to = off_t(transfer->target_offset + done);
    const ssize_t moved = copy_file_range(transfer->source, &from, transfer->target, &to, size_t(length - done), 0);
    if (moved < 0 && errno == EINTR) continue;
    if (moved <= 0) break;  // another file system, or a failure that the buffer's way will meet and name
    done += moved;
  }
  return done;
#else
  (void)transfer, (void)length;
  return 0;
#endif
}

void run(napi_env, void* data) {
  Transfer* transfer = static_cast<Transfer*>(data);
  const int64_t source_bytes = number_bytes(transfer->from), target_bytes = number_bytes(transfer->to);
  const bool same = transfer->from == transfer->to;
  int64_t at = same ? copy_inside(transfer, transfer->count * source_bytes) / source_bytes : 0;
  if (at == transfer->count) return;
  uint8_t* buffers = static_cast<uint8_t*>(malloc(size_t(buffer_count) * size_t(source_bytes + target_bytes)));
  if (buffers == nullptr) {
    fail(transfer, false, ENOMEM);
    return;
  }
  uint8_t* in = buffers;
  uint8_t* out = same ? buffers : buffers + buffer_count * source_bytes;
  for (; at < transfer->count; at += buffer_count) {
    const int64_t part = transfer->count - at < buffer_count ? transfer->count - at : buffer_count;
    if (!read_fully(transfer, in, part * source_bytes, transfer->source_offset + at * source_bytes)) break;
    if (!same) op_table().recode(transfer->from, transfer->to, in, out, part);
    if (!write_fully(transfer, out, part * target_bytes, transfer->target_offset + at * target_bytes)) break;
  }
  free(buffers);
}

void complete(napi_env env, napi_status, void* data) {
  Transfer* transfer = static_cast<Transfer*>(data);
  napi_value finished, undefined, arguments[2], result;
  napi_get_undefined(env, &undefined);
  napi_get_reference_value(env, transfer->finished, &finished);
  arguments[0] = make_number(env, transfer->problem);
  napi_get_boolean(env, transfer->writing, &arguments[1]);
  napi_delete_reference(env, transfer->finished);
  napi_delete_async_work(env, transfer->work);
  free(transfer);
  napi_call_function(env, undefined, finished, 2, arguments, &result);
}

bool has_way(int from, int to) {
  if (from == plain_bytes || to == plain_bytes) return from == to;
  if (!format_supported(from) || !format_supported(to)) return false;
  uint8_t none[1] = {0};
  return (from == FORMAT_BF16 || from == FORMAT_F32) && op_table().recode(from, to, none, none, 0);
}

}  // namespace

napi_value call_transfer(napi_env env, napi_callback_info info) {
  napi_value arguments[8], name;
  int64_t source, target, source_offset, target_offset, count, from, to;
  constexpr int64_t most = int64_t(1) << 53;
  if (!read_arguments(env, info, 8, arguments) ||
      !read_integer(env, arguments[0], 0, 1 << 30, "source", &source) ||
      !read_integer(env, arguments[1], 0, most, "sourceOffset", &source_offset) ||
      !read_integer(env, arguments[2], 0, 1 << 30, "target", &target) ||
      !read_integer(env, arguments[3], 0, most, "targetOffset", &target_offset) ||
      !read_integer(env, arguments[4], 0, most / 8, "count", &count) ||
      !read_integer(env, arguments[5], plain_bytes, 1 << 20, "from", &from) ||
      !read_integer(env, arguments[6], plain_bytes, 1 << 20, "to", &to))
    return nullptr;
  if (!has_way(int(from), int(to))) {
    throw_range(env, "there is no way between the two formats");
    return nullptr;
  }
  if (!is_function(env, arguments[7])) {
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
  transfer->from = int(from), transfer->to = int(to);
  if (napi_create_string_utf8(env, "llmx transfer", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_create_reference(env, arguments[7], 1, &transfer->finished) == napi_ok) {
    if (napi_create_async_work(env, nullptr, name, run, complete, transfer, &transfer->work) == napi_ok &&
        napi_queue_async_work(env, transfer->work) == napi_ok)
      return nullptr;
    napi_delete_reference(env, transfer->finished);
  }
  free(transfer);
  throw_range(env, "no work could be queued");
  return nullptr;
}

#endif

}  // namespace llmx
