// Calls about the machine and the number formats: what it is, what it can do at most, how a format decodes.
#include <stdlib.h>
#include <string.h>

#include "../engine/measure.h"
#include "../engine/threads.h"
#include "../matrix/matrix.h"
#include "../simd/dispatch.h"
#include "calls.h"

namespace llmx {

napi_value call_describe(napi_env env, napi_callback_info) {
  napi_value result, features;
  const char* names[32];
  const int count = machine_features(names, 32);
  if (napi_create_object(env, &result) != napi_ok || napi_create_array(env, &features) != napi_ok) return nullptr;
  for (int index = 0; index < count; index++) napi_set_element(env, features, uint32_t(index), make_string(env, names[index]));
  set_property(env, result, "tier", make_string(env, tier_name(active_tier())));
  set_property(env, result, "features", features);
  set_property(env, result, "cores", make_number(env, core_count()));
  return result;
}

napi_value call_decode(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  int64_t format;
  ArrayData source, target;
  if (!read_arguments(env, info, 3, arguments) || !read_integer(env, arguments[0], 0, 1 << 20, "format", &format)) return nullptr;
  if (!read_array(env, arguments[1], napi_uint8_array, "source", &source) ||
      !read_array(env, arguments[2], napi_float32_array, "target", &target))
    return nullptr;
  if (!format_supported(int(format)) || target.count % size_t(format_block_columns(int(format))) != 0 ||
      format_row_bytes(int(format), int64_t(target.count)) != source.bytes) {
    throw_range(env, "the format is not supported, or source and target do not hold the same whole blocks");
    return nullptr;
  }
  if (target.count == 0) return nullptr;
  uint8_t* aligned = static_cast<uint8_t*>(malloc(source.bytes));  // the array may begin at an odd address
  if (aligned == nullptr) {
    throw_range(env, "out of memory");
    return nullptr;
  }
  memcpy(aligned, source.data, source.bytes);
  decode_row(int(format), aligned, int64_t(target.count), static_cast<float*>(target.data));
  free(aligned);
  return nullptr;
}

napi_value call_packed_bytes(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  int64_t format, rows, columns;
  if (!read_arguments(env, info, 3, arguments) || !read_integer(env, arguments[0], 0, 1 << 20, "format", &format)) return nullptr;
  if (!read_integer(env, arguments[1], 0, int64_t(1) << 40, "rows", &rows) ||
      !read_integer(env, arguments[2], 0, int64_t(1) << 40, "columns", &columns))
    return nullptr;
  if (double(rows) * double(columns) > double(int64_t(1) << 52)) {
    throw_range(env, "no matrix has so many elements");
    return nullptr;
  }
  if (!format_supported(int(format)) || columns % format_block_columns(int(format)) != 0) {
    throw_range(env, "the format is not supported, or columns are no whole blocks of it");
    return nullptr;
  }
  return make_number(env, double(packed_bytes(int(format), rows, columns)));
}

napi_value call_measure(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  char name[32];
  size_t length;
  int64_t threads, milliseconds;
  if (!read_arguments(env, info, 3, arguments)) return nullptr;
  if (napi_get_value_string_utf8(env, arguments[0], name, sizeof name, &length) != napi_ok) {
    throw_type(env, "what to measure is no string");
    return nullptr;
  }
  if (!read_integer(env, arguments[1], 1, 256, "threads", &threads) ||
      !read_integer(env, arguments[2], 1, 60000, "milliseconds", &milliseconds))
    return nullptr;
  static const char* const names[] = {"read", "multiply-add", "int8"};  // in the order of Measure
  int what = 0;
  while (what < 3 && strcmp(name, names[what]) != 0) what++;
  if (what == 3) {
    throw_range(env, "what to measure is read, multiply-add or int8");
    return nullptr;
  }
  const double rate = measure(Measure(what), int(threads), double(milliseconds) * 1e6);
  if (rate < 0) throw_range(env, "out of memory or threads");
  return rate < 0 ? nullptr : make_number(env, rate);
}

}  // namespace llmx
