// A file's bytes in memory, read-only, counted by those who use them.
//
// A file that is truncated while it is mapped makes reads beyond its new end fail (SIGBUS; an in-page error on Windows): whoever replaces
// a checkpoint must write a new file and rename it, as llmx itself does.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace llmx {

struct Mapping {
  const uint8_t* data;
  int64_t bytes;
  int references;
};

#ifdef _WIN32
using PathCharacter = wchar_t;
#else
using PathCharacter = char;
#endif

/** Null with the reason in `problem` when it cannot be opened; the caller holds the one reference. */
Mapping* open_mapping(const PathCharacter* path, char* problem, size_t problem_bytes);
void hold_mapping(Mapping* mapping);
/** The last one to drop it unmaps. */
void drop_mapping(Mapping* mapping);

}  // namespace llmx
