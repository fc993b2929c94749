// Shrinks when so much of the time is lost in waiting that one thread less would do as well; tries to grow again later.
#include "team.h"

namespace llmx {

namespace {

constexpr uint64_t millisecond = 1000000;
constexpr uint64_t look = 100 * millisecond;  // of steps before a decision: a short disturbance is no reason
constexpr uint64_t trial_look = 30 * millisecond;
constexpr uint64_t first_hold = 500 * millisecond, longest_hold = 4000 * millisecond;

void decide_after(Team* team, uint64_t now, uint64_t hold) {
  team->hold = hold < longest_hold ? hold : longest_hold;
  team->again = now + team->hold;
}

}  // namespace

void team_create(Team* team, int threads) {
  *team = {};
  team->most = team->size = threads;
  team->hold = first_hold;
}

void team_learn(Team* team, uint64_t now, uint64_t busy, uint64_t slept) {
  if (team->size > 1) {
    team->busy += busy;
    team->slept += slept;
    if (team->busy < (team->trial ? trial_look : look)) return;
    // All but one wait for the one that is held up: the share of time lost is slept / (size - 1). Of size threads that leaves
    // size (1 - lost), and size - 1 without loss are better from lost = 1 / size on. Memory that two threads nearly fill makes it less.
    const bool crowded = double(team->slept) / double(team->size - 1) * double(team->size) > 0.8 * double(team->busy);
    team->busy = team->slept = 0;
    if (crowded) {
      decide_after(team, now, team->trial ? team->hold * 2 : first_hold);
      team->size--;
      team->trial = false;
      return;
    }
    if (team->trial) decide_after(team, now, 0);
    team->trial = false;
  }
  if (team->size == team->most || now < team->again) return;
  team->size++;
  team->trial = true;
  team->busy = team->slept = 0;
  if (team->hold < first_hold) team->hold = first_hold;
}

}  // namespace llmx
