// Anonymous memory straight from the system: zeroed, committed on first touch, aligned to pages. Knows nothing of what lies in it.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace llmx {

/** Bytes a request really takes: whole pages, or whole huge pages for large ones. */
size_t page_round(size_t bytes);

/** Zeroed memory of at least `bytes`, or null. `huge` asks for huge pages where they pay. */
uint8_t* take_pages(size_t bytes, bool huge);
void give_pages(uint8_t* pages, size_t bytes);

/** Tells the system that a mapped range will not be read soon; its pages come back from the file when they are. */
void release_mapped(const uint8_t* begin, size_t bytes);

}  // namespace llmx
