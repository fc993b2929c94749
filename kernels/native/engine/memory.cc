// Anonymous memory: mmap where there is one, VirtualAlloc on Windows.
#include "memory.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace llmx {

namespace {
constexpr size_t huge_page = size_t(2) << 20;
constexpr size_t small_page = size_t(64) << 10;
}  // namespace

size_t page_round(size_t bytes) {
  size_t page = bytes >= huge_page ? huge_page : small_page;
  size_t rounded = (bytes + page - 1) / page * page;
  return rounded == 0 ? page : rounded;
}

#ifdef _WIN32

uint8_t* take_pages(size_t bytes, bool) {
  return static_cast<uint8_t*>(VirtualAlloc(nullptr, page_round(bytes), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE));
}

void give_pages(uint8_t* pages, size_t) {
  if (pages != nullptr) VirtualFree(pages, 0, MEM_RELEASE);
}

void release_mapped(const uint8_t*, size_t) {}

#else

// Large blocks begin on a huge page: the system maps only aligned ranges as huge pages, so the surplus at both ends is unmapped.
uint8_t* take_pages(size_t bytes, bool huge) {
  size_t size = page_round(bytes);
  size_t slack = size >= huge_page ? huge_page : 0;
  void* taken = mmap(nullptr, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (taken == MAP_FAILED) return nullptr;
  uint8_t* begin = static_cast<uint8_t*>(taken);
  if (slack != 0) {
    size_t before = (huge_page - (reinterpret_cast<uintptr_t>(begin) & (huge_page - 1))) & (huge_page - 1);
    if (before != 0) munmap(begin, before);
    if (slack - before != 0) munmap(begin + before + size, slack - before);
    begin += before;
  }
#ifdef MADV_HUGEPAGE
  if (huge && size >= huge_page) madvise(begin, size, MADV_HUGEPAGE);
#else
  (void)huge;
#endif
  return begin;
}

void give_pages(uint8_t* pages, size_t bytes) {
  if (pages != nullptr) munmap(pages, page_round(bytes));
}

// Shrinks to whole pages inside the range: a neighbour's bytes on a shared page stay.
void release_mapped(const uint8_t* begin, size_t bytes) {
  uintptr_t page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  uintptr_t from = (reinterpret_cast<uintptr_t>(begin) + page - 1) & ~(page - 1);
  uintptr_t to = (reinterpret_cast<uintptr_t>(begin) + bytes) & ~(page - 1);
  if (to > from) madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

#endif

}  // namespace llmx
