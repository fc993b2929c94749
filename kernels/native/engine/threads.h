// Threads, a word that threads wait on, and a barrier. Spins for some 50 microseconds, then sleeps in the system.
#pragma once
#include <stdint.h>

#ifndef _WIN32
#include <pthread.h>
#endif

namespace llmx {

uint64_t nanoseconds();
/** Physical cores that this process may use; at least 1. */
int core_count();
/** Logical processors that this process may use; at least 1. */
int processor_count();

struct Thread {
  void (*main)(void*);
  void* argument;
#ifdef _WIN32
  void* handle;
#else
  pthread_t handle;
#endif
};
bool start_thread(Thread* thread, void (*main)(void*), void* argument);
void join_thread(Thread* thread);

/** A 32-bit word that is changed by few and waited on by many. */
struct Signal {
  uint32_t value;
  uint32_t sleepers;
#if !defined(__linux__)
#ifdef _WIN32
  void* lock;
  void* changed;
#else
  pthread_mutex_t lock;
  pthread_cond_t changed;
#endif
#endif
};
void signal_create(Signal* signal);
void signal_destroy(Signal* signal);
void signal_set(Signal* signal, uint32_t value);
/** Returns once the word differs from `value`; spins `spin` nanoseconds before it sleeps. How long it waited; 0 when it did not sleep. */
uint64_t signal_wait(Signal* signal, uint32_t value, uint64_t spin);

/** All `threads` meet here. The last to arrive runs `meet` before the others go on. */
struct Barrier {
  alignas(64) uint32_t arrived;
  alignas(64) Signal phase;
  int threads;
  uint64_t spin;   // nanoseconds before a thread that waits sleeps
  uint64_t slept;  // nanoseconds, of all threads together: how long some were held up while others waited
};
void barrier_create(Barrier* barrier, int threads, uint64_t spin);
void barrier_destroy(Barrier* barrier);
template <typename Meet>
void barrier_wait(Barrier* barrier, const Meet& meet) {
  // Read before the arrival is counted: once all have arrived, both may change.
  const uint32_t threads = uint32_t(barrier->threads);
  const uint64_t spin = barrier->spin;
  if (threads == 1) {
    meet();
    return;
  }
  const uint32_t phase = __atomic_load_n(&barrier->phase.value, __ATOMIC_ACQUIRE);
  if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) == threads) {
    meet();
    __atomic_store_n(&barrier->arrived, 0, __ATOMIC_RELAXED);
    signal_set(&barrier->phase, phase + 1);
  } else {
    const uint64_t slept = signal_wait(&barrier->phase, phase, spin);
    if (slept != 0) __atomic_add_fetch(&barrier->slept, slept, __ATOMIC_RELAXED);
  }
}

}  // namespace llmx
