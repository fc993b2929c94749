// Maps files: mmap, or a section view on Windows.
#include "mapping.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace llmx {

namespace {

#ifdef _WIN32

const uint8_t* map_file(const wchar_t* path, int64_t* bytes, char* problem, size_t problem_bytes) {
  HANDLE file =
      CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  LARGE_INTEGER size = {};
  const uint8_t* data = nullptr;
  DWORD error = 0;
  *bytes = -1;
  if (file == INVALID_HANDLE_VALUE || !GetFileSizeEx(file, &size)) {
    error = GetLastError();
  } else if (size.QuadPart == 0) {
    *bytes = 0;
  } else {
    HANDLE section = CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr);
    if (section != nullptr) {
      data = static_cast<const uint8_t*>(MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0));
      if (data != nullptr) *bytes = size.QuadPart;
      else error = GetLastError();
      CloseHandle(section);
    } else {
      error = GetLastError();
    }
  }
  if (file != INVALID_HANDLE_VALUE) CloseHandle(file);
  if (*bytes < 0) snprintf(problem, problem_bytes, "the file cannot be mapped (Windows error %lu)", (unsigned long)error);
  return data;
}

void unmap_file(const uint8_t* data, int64_t) { UnmapViewOfFile(data); }

#else

const uint8_t* map_file(const char* path, int64_t* bytes, char* problem, size_t problem_bytes) {
  *bytes = -1;
  const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not make it wait
  struct stat status;
  void* data = nullptr;
  if (file < 0 || fstat(file, &status) != 0) {
    snprintf(problem, problem_bytes, "%s: %s", path, strerror(errno));
  } else if (!S_ISREG(status.st_mode)) {
    snprintf(problem, problem_bytes, "%s: not a regular file", path);
  } else if (status.st_size == 0) {
    *bytes = 0;
  } else {
    data = mmap(nullptr, size_t(status.st_size), PROT_READ, MAP_SHARED, file, 0);
    if (data == MAP_FAILED) {
      snprintf(problem, problem_bytes, "%s: %s", path, strerror(errno));
      data = nullptr;
    } else {
      *bytes = int64_t(status.st_size);
    }
  }
  if (file >= 0) close(file);
  return static_cast<const uint8_t*>(data);
}

void unmap_file(const uint8_t* data, int64_t bytes) { munmap(const_cast<uint8_t*>(data), size_t(bytes)); }

#endif

}  // namespace

Mapping* open_mapping(const PathCharacter* path, char* problem, size_t problem_bytes) {
  int64_t bytes;
  const uint8_t* data = map_file(path, &bytes, problem, problem_bytes);
  if (bytes < 0) return nullptr;
  Mapping* mapping = static_cast<Mapping*>(malloc(sizeof(Mapping)));
  if (mapping == nullptr) {
    if (data != nullptr) unmap_file(data, bytes);
    snprintf(problem, problem_bytes, "out of memory");
    return nullptr;
  }
  *mapping = {data, bytes, 1};
  return mapping;
}

void hold_mapping(Mapping* mapping) { mapping->references++; }

void drop_mapping(Mapping* mapping) {
  if (--mapping->references > 0) return;
  if (mapping->data != nullptr) unmap_file(mapping->data, mapping->bytes);
  free(mapping);
}

}  // namespace llmx
