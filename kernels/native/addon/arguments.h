// Reads JavaScript's arguments. Every function returns false after it has thrown what was wrong; callers then return at once.
#pragma once
#define NAPI_VERSION 8
#include <stddef.h>
#include <stdint.h>

#include "../include/node_api.h"

namespace llmx {

bool throw_type(napi_env env, const char* message);
bool throw_range(napi_env env, const char* message);

/** Exactly the first `count` arguments; missing ones are undefined. */
bool read_arguments(napi_env env, napi_callback_info info, size_t count, napi_value* values);
bool read_integer(napi_env env, napi_value value, int64_t lowest, int64_t highest, const char* name, int64_t* result);
bool read_boolean(napi_env env, napi_value value, const char* name, bool* result);
bool is_undefined(napi_env env, napi_value value);
bool is_function(napi_env env, napi_value value);

struct ArrayData {
  void* data;
  size_t count;  // elements
  size_t bytes;
  napi_typedarray_type type;
};
bool read_array(napi_env env, napi_value value, napi_typedarray_type type, const char* name, ArrayData* result);
/** A typed array of any element type. */
bool read_any_array(napi_env env, napi_value value, const char* name, ArrayData* result);

/** An external that this addon made, told apart from others by `tag`. */
bool read_handle(napi_env env, napi_value value, const napi_type_tag& tag, const char* name, void** result);
/** Takes `data` over: `finalize` is called once, also when no handle can be made. */
bool make_handle(napi_env env, void* data, const napi_type_tag& tag, napi_finalize finalize, napi_value* result);

napi_value make_number(napi_env env, double value);
napi_value make_string(napi_env env, const char* text);
bool set_property(napi_env env, napi_value object, const char* name, napi_value value);

}  // namespace llmx
