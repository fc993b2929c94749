// What an engine's external points to: the engine, the files that it reads, the way back to JavaScript.
#pragma once
#include "../engine/engine.h"
#include "calls.h"

namespace llmx {

struct EngineHandle {
  napi_env env;
  Engine* engine;                      // null once closed
  Mapping** mappings;
  int mapping_count;
  napi_threadsafe_function finished;   // called from the engine's thread once a command is done
  napi_ref callback;                   // of the running command
  int references;                      // the external and the thread-safe function
};

/** An open engine; throws when it was closed. `idle` also throws while a command is running. */
bool read_engine(napi_env env, napi_value value, EngineHandle** handle);
bool read_idle_engine(napi_env env, napi_value value, EngineHandle** handle);
/** Throws what `problem` says. */
bool throw_problem(napi_env env, const Problem& problem);

}  // namespace llmx
