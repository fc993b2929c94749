// One loaded program with its memory and threads. Knows no JavaScript: the addon gives it plain data and a function to call when
// a step is done.
//
// Everything but `run_member` happens on the thread that made the engine; while it is busy only `abort_engine` and queries are allowed.
#pragma once
#include "memory.h"
#include "program.h"
#include "team.h"
#include "threads.h"

namespace llmx {

/** A piece of anonymous memory; `data` is where values begin. With guards, 64 canary bytes stand before and after. */
struct Block {
  uint8_t* memory;
  size_t taken;
  uint8_t* data;
  size_t bytes;
};

struct ConstantData {
  const void* data;
  size_t bytes;
  bool integers;
};

struct EngineOptions {
  const double* program;
  size_t program_words;
  const double* weights;
  size_t weight_words;
  const Span* mappings;
  int mapping_count;
  const ConstantData* constants;
  int constant_count;
  int threads;
  bool guard, profile;
};

enum Command : uint32_t { command_step, command_warm, command_quit };

/** A command and who it is for, in the one word that threads wait on: no thread sees half of the next. */
struct Order {
  Command command;
  int threads;      // members with a lower index take part
};
inline uint32_t order_word(uint32_t number, Order order) { return number << 12 | uint32_t(order.threads) << 2 | order.command; }
inline Order order_of(uint32_t word) { return {Command(word & 3), int(word >> 2 & 1023)}; }

struct Engine;
struct Member {
  Engine* engine;
  int index;
  Thread thread;
};

struct Engine {
  Program program;
  bool guard, profile;

  Block arena;                   // without guards; with them every place is a block of its own
  int place_count;
  Block* places;
  Block* states;                 // program.state_count
  Block* constants;              // program.constant_count
  Block* vectors;                // program.weight_count: weights that ops read as floats, decoded
  Block inputs[input_count];
  Block prepared, scratch;
  uint32_t* counters;            // one work counter for each instruction, each on a cache line of its own
  bool packed;

  int64_t sizes[symbol_count];   // that values are bound to
  bool bound;

  int thread_count, processors;
  Member* members;
  int started;
  Barrier barrier;
  Team team;                     // the engine's thread changes it in a step, its caller reads it between steps
  Signal orders;                 // an order_word, changes with each
  Signal completed;              // how many have been carried out
  uint32_t given;                // how many orders were given
  bool busy;                     // from a command until its caller has been told
  bool stop;                     // decided by the last thread at a barrier
  uint32_t aborted;
  uint32_t failure;              // 1 + opcode
  uint64_t* times;               // nanoseconds by source instruction
  void (*done)(void* context);
  void* context;
};

Engine* create_engine(const EngineOptions& options, Problem* problem);
/** Waits for a running step, which ends early. */
void destroy_engine(Engine* engine);

struct InputData {
  const int32_t* data;           // null where not given
  size_t count;
};
/** Binds, checks and starts; `done` is called from the engine's own thread. */
bool begin_step(Engine* engine, const int64_t* sizes, const InputData* inputs, Problem* problem);
bool begin_warm(Engine* engine, Problem* problem);
void abort_engine(Engine* engine);
/** After `done`: "aborted", what went wrong, or null. Also ends `busy`. */
const char* finish_command(Engine* engine);

/** The bytes of an arena, constant or state value; null with a problem for others. */
uint8_t* value_bytes(const Engine* engine, int id, int64_t* bytes, Problem* problem);
bool copy_state(Engine* engine, int symbol, int64_t from, int64_t to, Problem* problem);
bool clear_state(Engine* engine, int symbol, int64_t index, Problem* problem);
int broken_guards(const Engine* engine);
/** Index of the largest of `count` floats; ties to the lowest, NaN counts for nothing. */
int64_t index_of_largest(const float* values, int64_t count);

struct EngineMemory {
  size_t arena, state, packed, constants;
};
EngineMemory engine_memory(const Engine* engine);

// storage.cc
bool take_block(Block* block, size_t bytes, bool guard, bool huge);
void give_block(Block* block);
bool make_storage(Engine* engine, const EngineOptions& options, Problem* problem);
void free_storage(Engine* engine);

// members.cc
void run_member(void* member);
/** Nanoseconds that `threads` threads spin before they sleep. */
uint64_t spin_of(const Engine* engine, int threads);

}  // namespace llmx
