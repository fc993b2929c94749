// Standalone check of the barrier and of the team's decisions, not part of the addon. Built and run by scripts/native-harness.mjs; alone:
//   g++ -std=c++17 test.cc team.cc threads.cc cores.cc -pthread && ./a.out
#include <stdio.h>

#include "team.h"
#include "threads.h"

using namespace llmx;

namespace {

int failures = 0;

void expect(bool right, const char* what) {
  if (right) return;
  failures++;
  printf("FAIL %s\n", what);
}

constexpr int members = 4, rounds = 5000;

struct Meeting {
  Barrier barrier;
  int counts[members];  // plain: only the barrier orders who reads and writes them
  int met;
  bool late;            // somebody had not done the round before
};

struct Visitor {
  Meeting* meeting;
  int index;
  Thread thread;
};

void visit(void* argument) {
  Visitor* visitor = static_cast<Visitor*>(argument);
  Meeting* meeting = visitor->meeting;
  for (int round = 0; round < rounds; round++) {
    meeting->counts[visitor->index]++;
    barrier_wait(&meeting->barrier, [meeting, round] {
      meeting->met++;
      for (int count : meeting->counts) meeting->late = meeting->late || count != round + 1;
    });
  }
}

void check_barrier(uint64_t spin) {
  Meeting meeting = {};
  barrier_create(&meeting.barrier, members, spin);
  Visitor visitors[members];
  for (int index = 0; index < members; index++) {
    visitors[index].meeting = &meeting;
    visitors[index].index = index;
    expect(start_thread(&visitors[index].thread, visit, &visitors[index]), "a thread starts");
  }
  for (Visitor& visitor : visitors) join_thread(&visitor.thread);
  expect(meeting.met == rounds && !meeting.late, "all meet in every round");
  expect(spin > 0 || meeting.barrier.slept > 0, "sleep is counted");
  barrier_destroy(&meeting.barrier);
}

/** Steps of 10 ms until `until`, in each of which the threads sleep for `share` of the time. Returns the steps at `size`. */
int steps(Team* team, uint64_t* now, uint64_t until, double share, int size) {
  int found = 0;
  for (; *now < until; *now += 10000000) {
    found += team->size == size;
    team_learn(team, *now + 10000000, 10000000, uint64_t(1e7 * share * (team->size - 1)));
  }
  return found;
}

void check_team() {
  constexpr uint64_t second = 1000000000;
  Team team;
  uint64_t now = second;
  team_create(&team, 2);
  expect(steps(&team, &now, now + second, 0.2, 2) == 100, "a little waiting changes nothing");
  steps(&team, &now, now + 9 * second / 100, 1, 2);
  expect(team.size == 2, "a short disturbance is no reason");
  steps(&team, &now, now + second, 0.01, 2);
  expect(team.size == 2, "it stays as it was");
  expect(steps(&team, &now, now + 10 * second, 0.9, 1) > 950, "crowded, it leaves one out nearly always");
  steps(&team, &now, now + 5 * second, 0.01, 2);
  expect(team.size == 2, "it grows again afterwards");
  team_create(&team, 8);
  steps(&team, &now, now + second, 0.3, 8);
  expect(team.size < 8 && team.size >= 2, "of eight, one after the other is left out");
  steps(&team, &now, now + 10 * second, 0.01, 8);
  expect(team.size == 8, "and all come back");
  team_create(&team, 1);
  expect(steps(&team, &now, now + second, 0.9, 1) == 100, "one stays one");
}

}  // namespace

int main() {
  check_barrier(0);
  check_barrier(20000);
  check_team();
  printf("%d failures\n", failures);
  return failures ? 1 : 0;
}
