// Threads and waiting: futex on Linux, SRW locks on Windows, a condition variable elsewhere.
#include "threads.h"

#include <stddef.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#elif defined(_WIN32)
#include <windows.h>
#else
#include <time.h>
#endif

namespace llmx {

namespace {

inline void pause_processor() {
#if defined(__x86_64__) || defined(_M_X64)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/** 0 once the word has changed; else, after `spin` nanoseconds, when the waiting began. */
uint64_t spin_until_changed(const uint32_t* word, uint32_t value, uint64_t spin) {
  if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) return 0;
  const uint64_t begin = nanoseconds();
  if (spin == 0) return begin;
  do {
    for (int round = 0; round < 32; round++) {
      if (__atomic_load_n(word, __ATOMIC_ACQUIRE) != value) return 0;
      pause_processor();
    }
  } while (nanoseconds() - begin < spin);
  return begin;
}

}  // namespace

#ifdef _WIN32

uint64_t nanoseconds() {
  LARGE_INTEGER frequency, count;
  QueryPerformanceFrequency(&frequency);
  QueryPerformanceCounter(&count);
  return uint64_t(double(count.QuadPart) * 1e9 / double(frequency.QuadPart));
}

namespace {
DWORD WINAPI enter(void* argument) {
  Thread* thread = static_cast<Thread*>(argument);
  thread->main(thread->argument);
  return 0;
}
}  // namespace

bool start_thread(Thread* thread, void (*main)(void*), void* argument) {
  thread->main = main;
  thread->argument = argument;
  thread->handle = CreateThread(nullptr, size_t(1) << 20, enter, thread, 0, nullptr);
  return thread->handle != nullptr;
}

void join_thread(Thread* thread) {
  WaitForSingleObject(thread->handle, INFINITE);
  CloseHandle(thread->handle);
}

void signal_create(Signal* signal) {
  signal->value = 0;
  signal->sleepers = 0;
  static_assert(sizeof(SRWLOCK) == sizeof(void*) && sizeof(CONDITION_VARIABLE) == sizeof(void*), "a lock is one pointer");
  InitializeSRWLock(reinterpret_cast<SRWLOCK*>(&signal->lock));
  InitializeConditionVariable(reinterpret_cast<CONDITION_VARIABLE*>(&signal->changed));
}

void signal_destroy(Signal*) {}

void signal_set(Signal* signal, uint32_t value) {
  AcquireSRWLockExclusive(reinterpret_cast<SRWLOCK*>(&signal->lock));
  __atomic_store_n(&signal->value, value, __ATOMIC_SEQ_CST);
  ReleaseSRWLockExclusive(reinterpret_cast<SRWLOCK*>(&signal->lock));
  WakeAllConditionVariable(reinterpret_cast<CONDITION_VARIABLE*>(&signal->changed));
}

uint64_t signal_wait(Signal* signal, uint32_t value, uint64_t spin) {
  const uint64_t begin = spin_until_changed(&signal->value, value, spin);
  if (begin == 0) return 0;
  AcquireSRWLockExclusive(reinterpret_cast<SRWLOCK*>(&signal->lock));
  while (__atomic_load_n(&signal->value, __ATOMIC_ACQUIRE) == value) {
    SleepConditionVariableSRW(reinterpret_cast<CONDITION_VARIABLE*>(&signal->changed), reinterpret_cast<SRWLOCK*>(&signal->lock), INFINITE,
                              0);
  }
  ReleaseSRWLockExclusive(reinterpret_cast<SRWLOCK*>(&signal->lock));
  return nanoseconds() - begin;
}

#else

uint64_t nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return uint64_t(now.tv_sec) * 1000000000u + uint64_t(now.tv_nsec);
}

namespace {
void* enter(void* argument) {
  Thread* thread = static_cast<Thread*>(argument);
  thread->main(thread->argument);
  return nullptr;
}
}  // namespace

bool start_thread(Thread* thread, void (*main)(void*), void* argument) {
  thread->main = main;
  thread->argument = argument;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, size_t(1) << 20);  // musl's default of 128 KiB is too little for tiles on the stack
  int failed = pthread_create(&thread->handle, &attributes, enter, thread);
  pthread_attr_destroy(&attributes);
  return failed == 0;
}

void join_thread(Thread* thread) { pthread_join(thread->handle, nullptr); }

#if defined(__linux__)

void signal_create(Signal* signal) { *signal = {}; }
void signal_destroy(Signal*) {}

// The order matters: the setter stores the word and then looks for sleepers, a sleeper counts itself and then looks at the word.
void signal_set(Signal* signal, uint32_t value) {
  __atomic_store_n(&signal->value, value, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&signal->sleepers, __ATOMIC_SEQ_CST) != 0) {
    syscall(SYS_futex, &signal->value, FUTEX_WAKE_PRIVATE, 0x7fffffff, nullptr, nullptr, 0);
  }
}

uint64_t signal_wait(Signal* signal, uint32_t value, uint64_t spin) {
  const uint64_t begin = spin_until_changed(&signal->value, value, spin);
  if (begin == 0) return 0;
  __atomic_add_fetch(&signal->sleepers, 1, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&signal->value, __ATOMIC_SEQ_CST) == value) {
    syscall(SYS_futex, &signal->value, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
  }
  __atomic_sub_fetch(&signal->sleepers, 1, __ATOMIC_SEQ_CST);
  return nanoseconds() - begin;
}

#else

void signal_create(Signal* signal) {
  signal->value = 0;
  signal->sleepers = 0;
  pthread_mutex_init(&signal->lock, nullptr);
  pthread_cond_init(&signal->changed, nullptr);
}

void signal_destroy(Signal* signal) {
  pthread_cond_destroy(&signal->changed);
  pthread_mutex_destroy(&signal->lock);
}

void signal_set(Signal* signal, uint32_t value) {
  pthread_mutex_lock(&signal->lock);
  __atomic_store_n(&signal->value, value, __ATOMIC_SEQ_CST);
  pthread_cond_broadcast(&signal->changed);
  pthread_mutex_unlock(&signal->lock);
}

uint64_t signal_wait(Signal* signal, uint32_t value, uint64_t spin) {
  const uint64_t begin = spin_until_changed(&signal->value, value, spin);
  if (begin == 0) return 0;
  pthread_mutex_lock(&signal->lock);
  while (__atomic_load_n(&signal->value, __ATOMIC_ACQUIRE) == value) pthread_cond_wait(&signal->changed, &signal->lock);
  pthread_mutex_unlock(&signal->lock);
  return nanoseconds() - begin;
}

#endif
#endif

void barrier_create(Barrier* barrier, int threads, uint64_t spin) {
  barrier->arrived = 0;
  barrier->threads = threads;
  barrier->spin = spin;
  barrier->slept = 0;
  signal_create(&barrier->phase);
}

void barrier_destroy(Barrier* barrier) { signal_destroy(&barrier->phase); }

}  // namespace llmx
