// Registers the addon's functions. Context-aware: every environment (main thread, workers) has its own handles; nothing here is global.
#include "calls.h"

namespace llmx {

namespace {

struct Entry {
  const char* name;
  napi_callback call;
};

const Entry entries[] = {
    {"describe", call_describe},
    {"openMapping", call_open_mapping},
    {"mappingBytes", call_mapping_bytes},
    {"readMapping", call_read_mapping},
    {"closeMapping", call_close_mapping},
    {"createEngine", call_create_engine},
    {"closeEngine", call_close_engine},
    {"step", call_step},
    {"warm", call_warm},
    {"abort", call_abort},
    {"readValue", call_read_value},
    {"writeValue", call_write_value},
    {"copyState", call_copy_state},
    {"clearState", call_clear_state},
    {"brokenGuards", call_broken_guards},
    {"engineMemory", call_engine_memory},
    {"profileTimes", call_profile_times},
    {"argmax", call_argmax},
    {"decode", call_decode},
    {"packedBytes", call_packed_bytes},
    {"measure", call_measure},
    {"transfer", call_transfer},
    {"gather", call_gather},
};

}  // namespace

napi_value register_calls(napi_env env, napi_value exports) {
  for (const Entry& entry : entries) {
    napi_value function;
    if (napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.call, nullptr, &function) != napi_ok) return nullptr;
    if (!set_property(env, exports, entry.name, function)) return nullptr;
  }
  return exports;
}

}  // namespace llmx

NAPI_MODULE_INIT() { return llmx::register_calls(env, exports); }
