// Matches patterns that a file brings by backtracking that counts its steps, so that no pattern can hang the process.
import { LlmxError } from '../base/error.js';
import { boundedProgram, instructionLength, operations } from './bounded-program.js';
import type { Limits } from './limits.js';
import type { Matcher } from './matcher.js';
import type { PatternNode } from './pattern-node.js';
import { quoted } from './quoted.js';

/** Ways that may wait to be tried. */
const mostWaiting = 2 ** 22;

/**
 * A matcher for a pattern of unknown origin; `source` names it in errors. The matches are those of JavaScript's engine, a few
 * times slower, and every step is taken from `limits.steps`: where none is left, which is what nested repetitions come to on texts
 * that nearly match, it throws LlmxError `unsupported`. So no pattern can take longer than the steps that it is given.
 */
export function boundedMatcher(pattern: PatternNode, source: string, limits: Pick<Limits, 'steps'>): Matcher {
  const { code, sets } = boundedProgram(pattern, source);
  const found = { start: 0, end: 0 };
  let text = '';
  let steps = 0;
  /** Ways to try where one fails: an instruction and a place in the text each. */
  let waiting = new Int32Array(256);
  let waits = 0;

  const refuse = (): never => {
    throw new LlmxError(
      'unsupported',
      `the tokenizer's pattern ${quoted(source)} takes too many steps on this text`,
      'Real patterns do not: fetch the tokenizer from where the model was published',
    );
  };

  const wait = (instruction: number, at: number): void => {
    if (waits === waiting.length) {
      if (waits >= mostWaiting) refuse();
      const larger = new Int32Array(waits * 2);
      larger.set(waiting);
      waiting = larger;
    }
    waiting[waits++] = instruction;
    waiting[waits++] = at;
  };

  /** Where the match of the program from `start` on ends that begins at `from`, or -1. */
  const run = (start: number, from: number): number => {
    const base = waits;
    let instruction = start;
    let at = from;
    for (;;) {
      if (--steps < 0) refuse();
      const first = code[instruction + 1]!;
      let passes = true;
      switch (code[instruction]) {
        case operations.set: {
          const point = text.codePointAt(at);
          passes = point !== undefined && sets[first]!(point);
          if (passes) at += point! > 0xffff ? 2 : 1;
          break;
        }
        case operations.back: {
          const width = at > 1 && text.codePointAt(at - 2)! > 0xffff ? 2 : 1;
          passes = at > 0 && sets[first]!(text.codePointAt(at - width)!);
          if (passes) at -= width;
          break;
        }
        case operations.split:
          wait(code[instruction + 2]!, at);
          instruction = first;
          continue;
        case operations.jump:
          instruction = first;
          continue;
        case operations.start:
          passes = at === 0;
          break;
        case operations.end:
          passes = at === text.length;
          break;
        case operations.done:
          waits = base;
          return at;
        default: {
          const end = run(instruction + instructionLength, at);
          passes = end >= 0 !== (code[instruction] === operations.lookNot);
          if (passes && code[instruction] === operations.atomic) at = end;
          if (passes) instruction = first - instructionLength;
        }
      }
      if (passes) instruction += instructionLength;
      else if (waits > base) {
        at = waiting[--waits]!;
        instruction = waiting[--waits]!;
      } else return -1;
    }
  };

  return Object.assign(found, {
    find: (searched: string, from: number) => {
      text = searched;
      waits = 0;
      steps = limits.steps;
      try {
        for (let start = from; start < text.length; start += text.codePointAt(start)! > 0xffff ? 2 : 1) {
          const end = run(0, start);
          if (end <= start) continue;
          found.start = start;
          found.end = end;
          return true;
        }
        return false;
      } finally {
        limits.steps = steps;
      }
    },
  });
}
