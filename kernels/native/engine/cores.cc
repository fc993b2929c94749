// How many cores this process may use: its affinity, and one per physical core where siblings share one.
#include "threads.h"

#if defined(__linux__)
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#elif defined(_WIN32)
#include <windows.h>
#include <stdlib.h>
#endif

namespace llmx {

namespace {
int at_least_one(int count) { return count < 1 ? 1 : count; }
}  // namespace

#if defined(__linux__)

namespace {

/** The lowest numbered processor that shares `processor`'s core. */
int first_sibling(int processor) {
  char path[96];
  snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", processor);
  FILE* file = fopen(path, "r");
  int first = processor;
  if (file != nullptr) {
    if (fscanf(file, "%d", &first) != 1) first = processor;
    fclose(file);
  }
  return first;
}

int allowed(bool physical) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  bool seen[CPU_SETSIZE] = {};
  int count = 0;
  for (int processor = 0; processor < CPU_SETSIZE; processor++) {
    if (!CPU_ISSET(processor, &set)) continue;
    int core = physical ? first_sibling(processor) : processor;
    if (core < 0 || core >= CPU_SETSIZE || seen[core]) continue;
    seen[core] = true;
    count++;
  }
  return at_least_one(count);
}

}  // namespace

int core_count() { return allowed(true); }
int processor_count() { return allowed(false); }

#elif defined(__APPLE__)

namespace {
int system_number(const char* name) {
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}
}  // namespace

int core_count() {
  int fast = system_number("hw.perflevel0.physicalcpu");
  return at_least_one(fast > 0 ? fast : system_number("hw.physicalcpu"));
}
int processor_count() { return at_least_one(system_number("hw.logicalcpu")); }

#elif defined(_WIN32)

int processor_count() {
  SYSTEM_INFO information;
  GetSystemInfo(&information);
  return at_least_one(int(information.dwNumberOfProcessors));
}

int core_count() {
  DWORD bytes = 0;
  GetLogicalProcessorInformation(nullptr, &bytes);
  auto* rows = static_cast<SYSTEM_LOGICAL_PROCESSOR_INFORMATION*>(malloc(bytes));
  int count = 0;
  if (rows != nullptr && GetLogicalProcessorInformation(rows, &bytes)) {
    for (DWORD row = 0; row < bytes / sizeof *rows; row++) count += rows[row].Relationship == RelationProcessorCore;
  }
  free(rows);
  return count > 0 ? count : processor_count();
}

#else

int core_count() { return 1; }
int processor_count() { return 1; }

#endif

}  // namespace llmx
