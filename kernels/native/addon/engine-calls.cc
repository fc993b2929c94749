// Calls on an engine.
#include <stdlib.h>
#include <string.h>

#include "engine-handle.h"

namespace llmx {

namespace {

/** Remembers the callback and keeps the process alive until it has been called. */
bool keep_callback(napi_env env, EngineHandle* handle, napi_value callback) {
  if (!is_function(env, callback)) return throw_type(env, "callback is no function");
  if (handle->callback != nullptr) return throw_type(env, "engine is busy: a step is running");
  if (napi_create_reference(env, callback, 1, &handle->callback) != napi_ok) return throw_type(env, "callback cannot be kept");
  napi_ref_threadsafe_function(env, handle->finished);
  return true;
}

void forget_callback(napi_env env, EngineHandle* handle) {
  napi_delete_reference(env, handle->callback);
  handle->callback = nullptr;
  napi_unref_threadsafe_function(env, handle->finished);
}

/** Getting elements may run JavaScript, so nothing is looked into before all are there. */
bool read_elements(napi_env env, napi_value value, napi_value* elements) {
  bool is_array = false;
  if (napi_is_array(env, value, &is_array) != napi_ok || !is_array) return throw_type(env, "inputs is no array");
  for (uint32_t index = 0; index < input_count; index++) {
    if (napi_get_element(env, value, index, &elements[index]) != napi_ok) return throw_type(env, "inputs is no array");
  }
  return true;
}

bool read_inputs(napi_env env, const napi_value* elements, InputData* inputs) {
  for (uint32_t index = 0; index < input_count; index++) {
    ArrayData array;
    if (is_undefined(env, elements[index])) continue;
    if (!read_array(env, elements[index], napi_int32_array, "an input", &array)) return false;
    inputs[index] = {static_cast<const int32_t*>(array.data), array.count};
  }
  return true;
}

/** The bytes of a value that a call names, from `byteOffset` on: arguments engine, value, byteOffset, array. */
uint8_t* read_span(napi_env env, napi_callback_info info, ArrayData* array) {
  napi_value arguments[4];
  EngineHandle* handle;
  int64_t id, offset, bytes;
  Problem problem;
  if (!read_arguments(env, info, 4, arguments) || !read_idle_engine(env, arguments[0], &handle)) return nullptr;
  if (!read_integer(env, arguments[1], 0, INT32_MAX, "value", &id) || !read_array(env, arguments[3], napi_uint8_array, "bytes", array))
    return nullptr;
  uint8_t* data = value_bytes(handle->engine, int(id), &bytes, &problem);
  if (data == nullptr) {
    throw_problem(env, problem);
    return nullptr;
  }
  if (!read_integer(env, arguments[2], 0, bytes, "byteOffset", &offset)) return nullptr;
  if (int64_t(array->bytes) > bytes - offset) {
    throw_range(env, "the bytes end beyond the value");
    return nullptr;
  }
  return data + offset;
}

}  // namespace

napi_value call_step(napi_env env, napi_callback_info info) {
  napi_value arguments[4], elements[input_count];
  EngineHandle* handle;
  ArrayData given;
  InputData inputs[input_count] = {};
  int64_t sizes[symbol_count];
  Problem problem;
  if (!read_arguments(env, info, 4, arguments) || !read_elements(env, arguments[2], elements) ||
      !read_idle_engine(env, arguments[0], &handle))
    return nullptr;
  if (!read_inputs(env, elements, inputs) || !read_array(env, arguments[1], napi_int32_array, "sizes", &given)) return nullptr;
  if (given.count != symbol_count) {
    throw_range(env, "sizes has not six numbers");
    return nullptr;
  }
  for (int symbol = 0; symbol < symbol_count; symbol++) sizes[symbol] = static_cast<const int32_t*>(given.data)[symbol];
  if (!keep_callback(env, handle, arguments[3])) return nullptr;
  if (!begin_step(handle->engine, sizes, inputs, &problem)) {
    forget_callback(env, handle);
    throw_problem(env, problem);
  }
  return nullptr;
}

napi_value call_warm(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  EngineHandle* handle;
  Problem problem;
  if (!read_arguments(env, info, 2, arguments) || !read_idle_engine(env, arguments[0], &handle) ||
      !keep_callback(env, handle, arguments[1]))
    return nullptr;
  if (!begin_warm(handle->engine, &problem)) {
    forget_callback(env, handle);
    throw_problem(env, problem);
  }
  return nullptr;
}

napi_value call_abort(napi_env env, napi_callback_info info) {
  napi_value argument;
  EngineHandle* handle;
  if (!read_arguments(env, info, 1, &argument) || !read_engine(env, argument, &handle)) return nullptr;
  abort_engine(handle->engine);
  return nullptr;
}

napi_value call_read_value(napi_env env, napi_callback_info info) {
  ArrayData array;
  const uint8_t* data = read_span(env, info, &array);
  if (data != nullptr && array.bytes > 0) memcpy(array.data, data, array.bytes);
  return nullptr;
}

napi_value call_write_value(napi_env env, napi_callback_info info) {
  ArrayData array;
  uint8_t* data = read_span(env, info, &array);
  if (data != nullptr && array.bytes > 0) memcpy(data, array.data, array.bytes);
  return nullptr;
}

napi_value call_copy_state(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  EngineHandle* handle;
  int64_t symbol, from, to;
  Problem problem;
  if (!read_arguments(env, info, 4, arguments) || !read_idle_engine(env, arguments[0], &handle)) return nullptr;
  if (!read_integer(env, arguments[1], 0, symbol_count - 1, "symbol", &symbol) ||
      !read_integer(env, arguments[2], 0, INT32_MAX, "from", &from) || !read_integer(env, arguments[3], 0, INT32_MAX, "to", &to))
    return nullptr;
  if (!copy_state(handle->engine, int(symbol), from, to, &problem)) throw_problem(env, problem);
  return nullptr;
}

napi_value call_clear_state(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  EngineHandle* handle;
  int64_t symbol, index;
  Problem problem;
  if (!read_arguments(env, info, 3, arguments) || !read_idle_engine(env, arguments[0], &handle)) return nullptr;
  if (!read_integer(env, arguments[1], 0, symbol_count - 1, "symbol", &symbol) ||
      !read_integer(env, arguments[2], 0, INT32_MAX, "index", &index))
    return nullptr;
  if (!clear_state(handle->engine, int(symbol), index, &problem)) throw_problem(env, problem);
  return nullptr;
}

napi_value call_broken_guards(napi_env env, napi_callback_info info) {
  napi_value argument;
  EngineHandle* handle;
  if (!read_arguments(env, info, 1, &argument) || !read_idle_engine(env, argument, &handle)) return nullptr;
  return make_number(env, broken_guards(handle->engine));
}

napi_value call_engine_memory(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  EngineHandle* handle;
  if (!read_arguments(env, info, 1, &argument) || !read_engine(env, argument, &handle) || napi_create_object(env, &result) != napi_ok)
    return nullptr;
  const EngineMemory memory = engine_memory(handle->engine);
  set_property(env, result, "arena", make_number(env, double(memory.arena)));
  set_property(env, result, "state", make_number(env, double(memory.state)));
  set_property(env, result, "packed", make_number(env, double(memory.packed)));
  set_property(env, result, "constants", make_number(env, double(memory.constants)));
  return result;
}

napi_value call_profile_times(napi_env env, napi_callback_info info) {
  napi_value argument, buffer, result = nullptr;
  EngineHandle* handle;
  void* data;
  if (!read_arguments(env, info, 1, &argument) || !read_idle_engine(env, argument, &handle)) return nullptr;
  const size_t count = size_t(handle->engine->program.source_count);
  if (napi_create_arraybuffer(env, count * sizeof(double), &data, &buffer) != napi_ok) return nullptr;
  for (size_t index = 0; index < count; index++) static_cast<double*>(data)[index] = double(handle->engine->times[index]);
  napi_create_typedarray(env, napi_float64_array, count, buffer, 0, &result);
  return result;
}

napi_value call_argmax(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  EngineHandle* handle;
  int64_t id, row, bytes;
  Problem problem;
  if (!read_arguments(env, info, 3, arguments) || !read_idle_engine(env, arguments[0], &handle)) return nullptr;
  if (!read_integer(env, arguments[1], 0, INT32_MAX, "value", &id) || !read_integer(env, arguments[2], 0, INT32_MAX, "row", &row))
    return nullptr;
  const uint8_t* data = value_bytes(handle->engine, int(id), &bytes, &problem);
  if (data == nullptr) {
    throw_problem(env, problem);
    return nullptr;
  }
  const Operand& operand = handle->engine->program.values[id].operand;
  const int64_t width = last_of(&operand);
  if (operand.format != FORMAT_F32 || width < 1 || row >= bytes / int64_t(sizeof(float)) / width) {
    throw_range(env, "row is beyond the value, or the value holds no floats");
    return nullptr;
  }
  return make_number(env, double(index_of_largest(reinterpret_cast<const float*>(data) + row * width, width)));
}

}  // namespace llmx
