// Reads JavaScript's arguments and checks their types.
#include "arguments.h"

#include <math.h>
#include <stdio.h>

namespace llmx {

namespace {

bool throw_about(napi_env env, const char* name, const char* what, bool range) {
  char message[160];
  snprintf(message, sizeof message, "%s %s", name, what);
  return range ? throw_range(env, message) : throw_type(env, message);
}

}  // namespace

bool throw_type(napi_env env, const char* message) {
  napi_throw_type_error(env, nullptr, message);
  return false;
}

bool throw_range(napi_env env, const char* message) {
  napi_throw_range_error(env, nullptr, message);
  return false;
}

bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value* values) {
  return napi_get_cb_info(env, info, &count, values, nullptr, nullptr) == napi_ok || throw_type(env, "the arguments cannot be read");
}

bool read_integer(napi_env env, napi_value value, int64_t lowest, int64_t highest, const char* name, int64_t* result) {
  double number;
  if (napi_get_value_double(env, value, &number) != napi_ok) return throw_about(env, name, "is no number", false);
  if (number != floor(number)) return throw_about(env, name, "is no integer", false);
  if (!(number >= double(lowest) && number <= double(highest))) return throw_about(env, name, "is out of range", true);
  *result = int64_t(number);
  return true;
}

bool read_boolean(napi_env env, napi_value value, const char* name, bool* result) {
  return napi_get_value_bool(env, value, result) == napi_ok || throw_about(env, name, "is no boolean", false);
}

bool is_undefined(napi_env env, napi_value value) {
  napi_valuetype type;
  return napi_typeof(env, value, &type) == napi_ok && type == napi_undefined;
}

bool is_function(napi_env env, napi_value value) {
  napi_valuetype type;
  return napi_typeof(env, value, &type) == napi_ok && type == napi_function;
}

bool read_any_array(napi_env env, napi_value value, const char* name, ArrayData* result) {
  bool typed = false;
  napi_value buffer;
  size_t offset;
  if (napi_is_typedarray(env, value, &typed) != napi_ok || !typed) return throw_about(env, name, "is no typed array", false);
  if (napi_get_typedarray_info(env, value, &result->type, &result->count, &result->data, &buffer, &offset) != napi_ok)
    return throw_about(env, name, "cannot be read", false);
  static const size_t sizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};  // in the order of napi_typedarray_type
  const size_t index = size_t(result->type);
  if (index >= sizeof sizes / sizeof *sizes) return throw_about(env, name, "has an unknown element type", false);
  result->bytes = result->count * sizes[index];
  return true;
}

bool read_array(napi_env env, napi_value value, napi_typedarray_type type, const char* name, ArrayData* result) {
  if (!read_any_array(env, value, name, result)) return false;
  return result->type == type || throw_about(env, name, "has the wrong element type", false);
}

bool read_handle(napi_env env, napi_value value, const napi_type_tag& tag, const char* name, void** result) {
  napi_valuetype type;
  bool ours = false;
  if (napi_typeof(env, value, &type) != napi_ok || type != napi_external)
    return throw_about(env, name, "is no handle of this addon", false);
  if (napi_check_object_type_tag(env, value, &tag, &ours) != napi_ok || !ours)
    return throw_about(env, name, "is a handle of another kind", false);
  return napi_get_value_external(env, value, result) == napi_ok || throw_about(env, name, "cannot be read", false);
}

bool make_handle(napi_env env, void* data, const napi_type_tag& tag, napi_finalize finalize, napi_value* result) {
  if (napi_create_external(env, data, finalize, nullptr, result) != napi_ok) {
    finalize(env, data, nullptr);
    return throw_type(env, "a handle cannot be made");
  }
  return napi_type_tag_object(env, *result, &tag) == napi_ok || throw_type(env, "a handle cannot be tagged");
}

napi_value make_number(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

napi_value make_string(napi_env env, const char* text) {
  napi_value result = nullptr;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &result);
  return result;
}

bool set_property(napi_env env, napi_value object, const char* name, napi_value value) {
  return value != nullptr && napi_set_named_property(env, object, name, value) == napi_ok;
}

}  // namespace llmx
