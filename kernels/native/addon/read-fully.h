// Bytes of an open file at a place, all of them or a problem. Not for Windows.
#pragma once
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

namespace llmx {

/** 0, -1 where the file ends before, or errno. */
inline int read_fully(int file, uint8_t* bytes, int64_t length, int64_t offset) {
  while (length > 0) {
    const ssize_t got = pread(file, bytes, size_t(length), off_t(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0 ? -1 : errno;
    bytes += got, offset += got, length -= got;
  }
  return 0;
}

}  // namespace llmx
