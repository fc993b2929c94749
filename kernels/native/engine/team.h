// How many of an engine's threads share a step. Where other programs take processors away, threads that wait for one another get less done
// than fewer of them would: then some are left out for a while. Results do not depend on it.
#pragma once
#include <stdint.h>

namespace llmx {

struct Team {
  int most, size;
  bool trial;              // grown a moment ago, on probation
  uint64_t busy, slept;    // nanoseconds of the steps since the last decision, and of all threads waiting asleep in them
  uint64_t hold, again;    // nanoseconds before it tries to grow; when that is
};

void team_create(Team* team, int threads);
/** After a step that took `busy` nanoseconds, in which threads slept for `slept` altogether, with `now` on the clock of `nanoseconds()`. */
void team_learn(Team* team, uint64_t now, uint64_t busy, uint64_t slept);

}  // namespace llmx
