// Stripes of a matrix in an open file, off the JavaScript thread: of each row some bytes, one behind the other in memory. So a matrix is
// transposed a stripe at a time, whatever its size.
#include <stdlib.h>

#include "calls.h"

#ifndef _WIN32
#include "read-fully.h"
#endif

namespace llmx {

#ifdef _WIN32

napi_value call_gather(napi_env env, napi_callback_info) {
  throw_type(env, "gather is not for this system");
  return nullptr;
}

#else

namespace {

struct Gather {
  int source;
  int64_t offset, stride, length, count;  // bytes; count in rows
  uint8_t* target;
  int problem;  // errno; -1 where the source ended
  napi_async_work work;
  napi_ref finished, kept;  // what is called, and the array that must live until then
};

void run(napi_env, void* data) {
  Gather* gather = static_cast<Gather*>(data);
  for (int64_t row = 0; row < gather->count && gather->problem == 0; row++) {
    uint8_t* bytes = gather->target + row * gather->length;
    gather->problem = read_fully(gather->source, bytes, gather->length, gather->offset + row * gather->stride);
  }
}

void destroy(napi_env env, Gather* gather) {
  if (gather->finished != nullptr) napi_delete_reference(env, gather->finished);
  if (gather->kept != nullptr) napi_delete_reference(env, gather->kept);
  if (gather->work != nullptr) napi_delete_async_work(env, gather->work);
  free(gather);
}

void complete(napi_env env, napi_status, void* data) {
  Gather* gather = static_cast<Gather*>(data);
  napi_value finished, undefined, result, problem = make_number(env, gather->problem);
  napi_get_undefined(env, &undefined);
  napi_get_reference_value(env, gather->finished, &finished);
  destroy(env, gather);
  napi_call_function(env, undefined, finished, 1, &problem, &result);
}

}  // namespace

napi_value call_gather(napi_env env, napi_callback_info info) {
  napi_value arguments[7], name;
  int64_t source, offset, stride, length, count;
  ArrayData target;
  constexpr int64_t most = int64_t(1) << 53, most_bytes = int64_t(1) << 40;
  if (!read_arguments(env, info, 7, arguments) ||
      !read_integer(env, arguments[0], 0, 1 << 30, "source", &source) ||
      !read_integer(env, arguments[1], 0, most, "offset", &offset) ||
      !read_integer(env, arguments[2], 0, most_bytes, "stride", &stride) ||
      !read_integer(env, arguments[3], 0, most_bytes, "length", &length) ||
      !read_integer(env, arguments[4], 0, int64_t(1) << 32, "count", &count) ||
      !read_array(env, arguments[5], napi_uint8_array, "target", &target))
    return nullptr;
  if (!is_function(env, arguments[6])) {
    throw_type(env, "finished is no function");
    return nullptr;
  }
  if (length > 0 && count != int64_t(target.bytes) / length) {
    throw_range(env, "target is not as long as the stripe");
    return nullptr;
  }
  Gather* gather = static_cast<Gather*>(calloc(1, sizeof(Gather)));
  if (gather == nullptr) {
    throw_range(env, "out of memory");
    return nullptr;
  }
  gather->source = int(source), gather->offset = offset, gather->stride = stride;
  gather->length = length, gather->count = length == 0 ? 0 : count;
  gather->target = static_cast<uint8_t*>(target.data);
  if (napi_create_string_utf8(env, "llmx gather", NAPI_AUTO_LENGTH, &name) == napi_ok &&
      napi_create_reference(env, arguments[6], 1, &gather->finished) == napi_ok &&
      napi_create_reference(env, arguments[5], 1, &gather->kept) == napi_ok &&
      napi_create_async_work(env, nullptr, name, run, complete, gather, &gather->work) == napi_ok &&
      napi_queue_async_work(env, gather->work) == napi_ok)
    return nullptr;
  destroy(env, gather);
  throw_range(env, "no work could be queued");
  return nullptr;
}

#endif

}  // namespace llmx
