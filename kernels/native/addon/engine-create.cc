// Makes and closes engines.
#include <stdlib.h>
#include <string.h>

#include "engine-handle.h"

namespace llmx {

namespace {

constexpr napi_type_tag engine_tag = {0x6c6c6d782d656e67, 0x1b7e93c4d05f2a68};
constexpr uint32_t most_items = 1 << 24;

void close_handle(EngineHandle* handle);

void drop_handle(EngineHandle* handle) {
  if (--handle->references > 0) return;
  free(handle->mappings);
  free(handle);
}

/** The environment ends: no thread may touch mapped files or JavaScript any more, and nobody hears of a step that was running. */
void close_at_exit(void* data) {
  EngineHandle* handle = static_cast<EngineHandle*>(data);
  close_handle(handle);
  if (handle->callback != nullptr) napi_delete_reference(handle->env, handle->callback);
  handle->callback = nullptr;
}

void close_handle(EngineHandle* handle) {
  if (handle->engine == nullptr) return;
  destroy_engine(handle->engine);
  handle->engine = nullptr;
  for (int index = 0; index < handle->mapping_count; index++) drop_mapping(handle->mappings[index]);
  handle->mapping_count = 0;
  napi_remove_env_cleanup_hook(handle->env, close_at_exit, handle);
  if (handle->finished != nullptr) napi_release_threadsafe_function(handle->finished, napi_tsfn_release);
}

void finalize_engine(napi_env, void* data, void*) {
  EngineHandle* handle = static_cast<EngineHandle*>(data);
  close_handle(handle);
  drop_handle(handle);
}

void finalize_finished(napi_env, void* data, void*) { drop_handle(static_cast<EngineHandle*>(data)); }

/** On the engine's thread. */
void tell_finished(void* context) {
  napi_call_threadsafe_function(static_cast<EngineHandle*>(context)->finished, nullptr, napi_tsfn_nonblocking);
}

/** On JavaScript's thread, some time after `tell_finished`; by then the engine may have been closed. */
void on_finished(napi_env env, napi_value, void* context, void*) {
  EngineHandle* handle = static_cast<EngineHandle*>(context);
  const char* problem = handle->engine == nullptr ? "aborted" : finish_command(handle->engine);
  if (env == nullptr || handle->callback == nullptr) return;
  napi_value callback = nullptr, undefined, argument, result;
  napi_get_reference_value(env, handle->callback, &callback);
  napi_delete_reference(env, handle->callback);
  handle->callback = nullptr;
  if (handle->engine != nullptr) napi_unref_threadsafe_function(env, handle->finished);
  napi_get_undefined(env, &undefined);
  argument = problem == nullptr ? undefined : make_string(env, problem);
  if (callback == nullptr || napi_call_function(env, undefined, callback, 1, &argument, &result) != napi_pending_exception) return;
  napi_value exception;
  napi_get_and_clear_last_exception(env, &exception);
  napi_fatal_exception(env, exception);
}

bool get(napi_env env, napi_value object, const char* name, napi_value* value) {
  return napi_get_named_property(env, object, name, value) == napi_ok || throw_type(env, "the options are no object");
}

/** Length of an array that is not larger than anything sensible. */
bool read_length(napi_env env, napi_value value, const char* what, uint32_t* length) {
  bool is_array = false;
  if (napi_is_array(env, value, &is_array) != napi_ok || !is_array || napi_get_array_length(env, value, length) != napi_ok ||
      *length > most_items)
    return throw_type(env, what);
  return true;
}

/** The elements of an array; to be freed. Getting them may run JavaScript, so nothing is looked into yet. */
napi_value* read_elements(napi_env env, napi_value value, const char* what, uint32_t* length) {
  if (!read_length(env, value, what, length)) return nullptr;
  napi_value* elements = static_cast<napi_value*>(calloc(size_t(*length) + 1, sizeof(napi_value)));
  if (elements == nullptr) throw_range(env, "out of memory");
  for (uint32_t index = 0; elements != nullptr && index < *length; index++) {
    if (napi_get_element(env, value, index, &elements[index]) == napi_ok) continue;
    free(elements);
    throw_type(env, what);
    return nullptr;
  }
  return elements;
}

bool read_mappings(napi_env env, const napi_value* elements, uint32_t length, EngineHandle* handle, Span* spans) {
  for (uint32_t index = 0; index < length; index++) {
    Mapping* mapping;
    if (!read_mapping_handle(env, elements[index], &mapping)) return false;
    hold_mapping(mapping);
    handle->mappings[handle->mapping_count++] = mapping;
    spans[index] = {mapping->data, mapping->bytes};
  }
  return true;
}

bool read_constants(napi_env env, const napi_value* elements, uint32_t length, ConstantData* constants) {
  for (uint32_t index = 0; index < length; index++) {
    ArrayData array;
    if (!read_any_array(env, elements[index], "a constant", &array)) return false;
    if (array.type != napi_float32_array && array.type != napi_int32_array)
      return throw_type(env, "a constant is neither a Float32Array nor an Int32Array");
    constants[index] = {array.data, array.bytes, array.type == napi_int32_array};
  }
  return true;
}

/** What is to be freed after reading the options. */
struct Reading {
  napi_value *mappings, *constants;
  Span* spans;
  ConstantData* data;
};

bool read_options(napi_env env, napi_value object, EngineHandle* handle, EngineOptions* options, Reading* reading) {
  napi_value program, weights, mappings, given, threads, guard, profile;
  ArrayData program_words, weight_words;
  int64_t thread_count;
  if (!get(env, object, "program", &program) || !get(env, object, "weights", &weights) || !get(env, object, "mappings", &mappings))
    return false;
  if (!get(env, object, "constants", &given) || !get(env, object, "threads", &threads) || !get(env, object, "guard", &guard) ||
      !get(env, object, "profile", &profile))
    return false;
  uint32_t mapping_count, constant_count;
  reading->mappings = read_elements(env, mappings, "mappings is no array", &mapping_count);
  if (reading->mappings == nullptr) return false;
  reading->constants = read_elements(env, given, "constants is no array", &constant_count);
  if (reading->constants == nullptr) return false;
  handle->mappings = static_cast<Mapping**>(calloc(size_t(mapping_count) + 1, sizeof(Mapping*)));
  reading->spans = static_cast<Span*>(calloc(size_t(mapping_count) + 1, sizeof(Span)));
  reading->data = static_cast<ConstantData*>(calloc(size_t(constant_count) + 1, sizeof(ConstantData)));
  if (handle->mappings == nullptr || reading->spans == nullptr || reading->data == nullptr) return throw_range(env, "out of memory");
  // From here on nothing runs JavaScript, which could detach the arrays or close the mappings.
  if (!read_array(env, program, napi_float64_array, "program", &program_words) ||
      !read_array(env, weights, napi_float64_array, "weights", &weight_words))
    return false;
  if (!read_integer(env, threads, 1, 256, "threads", &thread_count)) return false;
  if (!is_undefined(env, guard) && !read_boolean(env, guard, "guard", &options->guard)) return false;
  if (!is_undefined(env, profile) && !read_boolean(env, profile, "profile", &options->profile)) return false;
  if (!read_mappings(env, reading->mappings, mapping_count, handle, reading->spans) ||
      !read_constants(env, reading->constants, constant_count, reading->data))
    return false;
  options->program = static_cast<const double*>(program_words.data);
  options->program_words = program_words.count;
  options->weights = static_cast<const double*>(weight_words.data);
  options->weight_words = weight_words.count;
  options->mappings = reading->spans;
  options->mapping_count = handle->mapping_count;
  options->constants = reading->data;
  options->constant_count = int(constant_count);
  options->threads = int(thread_count);
  return true;
}

bool make_engine(napi_env env, napi_value options_object, EngineHandle* handle) {
  EngineOptions options = {};
  Reading reading = {};
  if (read_options(env, options_object, handle, &options, &reading)) {
    Problem problem = {};
    handle->engine = create_engine(options, &problem);
    if (handle->engine == nullptr) throw_problem(env, problem);
  }
  free(reading.mappings);
  free(reading.constants);
  free(reading.spans);
  free(reading.data);
  return handle->engine != nullptr;
}

}  // namespace

bool throw_problem(napi_env env, const Problem& problem) {
  return problem.type ? throw_type(env, problem.text) : throw_range(env, problem.text);
}

bool read_engine(napi_env env, napi_value value, EngineHandle** handle) {
  void* data;
  if (!read_handle(env, value, engine_tag, "engine", &data)) return false;
  *handle = static_cast<EngineHandle*>(data);
  return (*handle)->engine != nullptr || throw_type(env, "engine is closed");
}

bool read_idle_engine(napi_env env, napi_value value, EngineHandle** handle) {
  return read_engine(env, value, handle) && (!(*handle)->engine->busy || throw_type(env, "engine is busy: a step is running"));
}

napi_value call_create_engine(napi_env env, napi_callback_info info) {
  napi_value argument, name, external;
  if (!read_arguments(env, info, 1, &argument)) return nullptr;
  EngineHandle* handle = static_cast<EngineHandle*>(calloc(1, sizeof(EngineHandle)));
  if (handle == nullptr) {
    throw_range(env, "out of memory");
    return nullptr;
  }
  handle->env = env;
  handle->references = 1;
  if (!make_engine(env, argument, handle)) {
    for (int index = 0; index < handle->mapping_count; index++) drop_mapping(handle->mappings[index]);
    drop_handle(handle);
    return nullptr;
  }
  handle->engine->done = tell_finished;
  handle->engine->context = handle;
  name = make_string(env, "llmx engine");
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, handle, finalize_finished, handle, on_finished,
                                      &handle->finished) == napi_ok) {
    handle->references++;
    napi_unref_threadsafe_function(env, handle->finished);
  } else {
    handle->finished = nullptr;
  }
  napi_add_env_cleanup_hook(env, close_at_exit, handle);
  if (handle->finished == nullptr) {
    finalize_engine(env, handle, nullptr);
    throw_type(env, "the engine's way back to JavaScript cannot be made");
    return nullptr;
  }
  return make_handle(env, handle, engine_tag, finalize_engine, &external) ? external : nullptr;
}

napi_value call_close_engine(napi_env env, napi_callback_info info) {
  napi_value argument;
  void* data;
  if (!read_arguments(env, info, 1, &argument) || !read_handle(env, argument, engine_tag, "engine", &data)) return nullptr;
  close_handle(static_cast<EngineHandle*>(data));
  return nullptr;
}

}  // namespace llmx
