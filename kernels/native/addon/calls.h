// The functions that JavaScript calls (../README.md), by the file that has them.
#pragma once
#include "arguments.h"
#include "mapping.h"

namespace llmx {

// mapping-calls.cc
napi_value call_open_mapping(napi_env env, napi_callback_info info);
napi_value call_mapping_bytes(napi_env env, napi_callback_info info);
napi_value call_read_mapping(napi_env env, napi_callback_info info);
napi_value call_close_mapping(napi_env env, napi_callback_info info);
/** A mapping by its handle; throws when it was closed. */
bool read_mapping_handle(napi_env env, napi_value value, Mapping** mapping);

// engine-create.cc
napi_value call_create_engine(napi_env env, napi_callback_info info);
napi_value call_close_engine(napi_env env, napi_callback_info info);

// engine-calls.cc
napi_value call_step(napi_env env, napi_callback_info info);
napi_value call_warm(napi_env env, napi_callback_info info);
napi_value call_abort(napi_env env, napi_callback_info info);
napi_value call_read_value(napi_env env, napi_callback_info info);
napi_value call_write_value(napi_env env, napi_callback_info info);
napi_value call_copy_state(napi_env env, napi_callback_info info);
napi_value call_clear_state(napi_env env, napi_callback_info info);
napi_value call_broken_guards(napi_env env, napi_callback_info info);
napi_value call_engine_memory(napi_env env, napi_callback_info info);
napi_value call_profile_times(napi_env env, napi_callback_info info);
napi_value call_argmax(napi_env env, napi_callback_info info);

// transfer-calls.cc
napi_value call_transfer(napi_env env, napi_callback_info info);

// gather-calls.cc
napi_value call_gather(napi_env env, napi_callback_info info);

// machine-calls.cc
napi_value call_describe(napi_env env, napi_callback_info info);
napi_value call_decode(napi_env env, napi_callback_info info);
napi_value call_packed_bytes(napi_env env, napi_callback_info info);
napi_value call_measure(napi_env env, napi_callback_info info);

}  // namespace llmx
