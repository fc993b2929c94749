// Calls about mapped files.
#include <stdlib.h>
#include <string.h>

#include "calls.h"

namespace llmx {

namespace {

constexpr napi_type_tag mapping_tag = {0x6c6c6d782d6d6170, 0x8f1d4a0be2c35791};

/** What a mapping's external points to; the mapping itself may live on in engines. */
struct MappingHandle {
  Mapping* mapping;  // null once closed
};

void finalize_mapping(napi_env, void* data, void*) {
  MappingHandle* handle = static_cast<MappingHandle*>(data);
  if (handle->mapping != nullptr) drop_mapping(handle->mapping);
  free(handle);
}

/** A path for the system's calls, to be freed; null when it is no string, or one that the system would cut short. */
PathCharacter* read_path(napi_env env, napi_value value) {
  size_t length = 0, copied = 0;
#ifdef _WIN32
  if (napi_get_value_string_utf16(env, value, nullptr, 0, &length) != napi_ok) return nullptr;
  char16_t* path = static_cast<char16_t*>(calloc(length + 1, sizeof(char16_t)));
  if (path == nullptr || napi_get_value_string_utf16(env, value, path, length + 1, &copied) != napi_ok) copied = 0;
#else
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return nullptr;
  char* path = static_cast<char*>(calloc(length + 1, 1));
  if (path == nullptr || napi_get_value_string_utf8(env, value, path, length + 1, &copied) != napi_ok) copied = 0;
#endif
  for (size_t at = 0; at < copied; at++) {
    if (path[at] == 0) copied = 0;
  }
  if (copied == length && length > 0) return reinterpret_cast<PathCharacter*>(path);
  free(path);
  return nullptr;
}

}  // namespace

bool read_mapping_handle(napi_env env, napi_value value, Mapping** mapping) {
  void* data;
  if (!read_handle(env, value, mapping_tag, "mapping", &data)) return false;
  *mapping = static_cast<MappingHandle*>(data)->mapping;
  return *mapping != nullptr || throw_type(env, "mapping is closed");
}

napi_value call_open_mapping(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  if (!read_arguments(env, info, 1, &argument)) return nullptr;
  PathCharacter* path = read_path(env, argument);
  if (path == nullptr) {
    throw_type(env, "path is no string that names a file");
    return nullptr;
  }
  char problem[512];
  Mapping* mapping = open_mapping(path, problem, sizeof problem);
  free(path);
  if (mapping == nullptr) {
    napi_throw_error(env, nullptr, problem);
    return nullptr;
  }
  MappingHandle* handle = static_cast<MappingHandle*>(malloc(sizeof(MappingHandle)));
  if (handle == nullptr) {
    drop_mapping(mapping);
    napi_throw_error(env, nullptr, "out of memory");
    return nullptr;
  }
  handle->mapping = mapping;
  return make_handle(env, handle, mapping_tag, finalize_mapping, &result) ? result : nullptr;
}

napi_value call_mapping_bytes(napi_env env, napi_callback_info info) {
  napi_value argument;
  Mapping* mapping;
  if (!read_arguments(env, info, 1, &argument) || !read_mapping_handle(env, argument, &mapping)) return nullptr;
  return make_number(env, double(mapping->bytes));
}

napi_value call_read_mapping(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  Mapping* mapping;
  int64_t offset;
  ArrayData target;
  if (!read_arguments(env, info, 3, arguments) || !read_mapping_handle(env, arguments[0], &mapping)) return nullptr;
  if (!read_integer(env, arguments[1], 0, mapping->bytes, "offset", &offset) ||
      !read_array(env, arguments[2], napi_uint8_array, "target", &target))
    return nullptr;
  if (int64_t(target.bytes) > mapping->bytes - offset) {
    throw_range(env, "the read ends beyond the file");
    return nullptr;
  }
  if (target.bytes > 0) memcpy(target.data, mapping->data + offset, target.bytes);
  return nullptr;
}

napi_value call_close_mapping(napi_env env, napi_callback_info info) {
  napi_value argument;
  void* data;
  if (!read_arguments(env, info, 1, &argument) || !read_handle(env, argument, mapping_tag, "mapping", &data)) return nullptr;
  MappingHandle* handle = static_cast<MappingHandle*>(data);
  if (handle->mapping != nullptr) drop_mapping(handle->mapping);
  handle->mapping = nullptr;
  return nullptr;
}

}  // namespace llmx
