// What encoding one text may cost under the steps of a tokenizer.json: replacements of replacements could fill any memory, and
// patterns could take any time. JavaScript that runs cannot be interrupted, so it must end by itself.
import { LlmxError } from '../base/error.js';

export interface Limits {
  /** Steps of patterns that are left. */
  steps: number;
  /** A text of this length begins. */
  reset(length: number): void;
  /** Takes what a step adds to a text from what is left. Throws where nothing is. */
  grow(from: number, to: number): void;
}

/** How many times as long, and how much longer besides, a text may become, over all steps. */
const mostGrowth = 64;
const moreGrowth = 2 ** 20;
/** Known patterns take less than a tenth of this for each character; the rest, a second or two, is for those that are quadratic in long runs. */
const stepsPerCharacter = 256;
const moreSteps = 2 ** 26;

export function createLimits(): Limits {
  let room = 0;
  const limits: Limits = {
    steps: 0,
    reset: (length) => {
      room = mostGrowth * length + moreGrowth;
      limits.steps = stepsPerCharacter * length + moreSteps;
    },
    grow: (from, to) => {
      room -= Math.max(0, to - from);
      if (room >= 0) return;
      throw new LlmxError(
        'unsupported',
        `tokenizer.json: its steps make a text more than ${mostGrowth} times as long, and more than ${moreGrowth} characters longer`,
      );
    },
  };
  return limits;
}

/** Steps of one kind in a file; real ones have under ten. */
const mostSteps = 64;

/** Counts the steps of a file as they are read. Throws where they are too many. */
export function stepCounter(kind: string): () => void {
  let steps = 0;
  return () => {
    if (++steps > mostSteps) throw new LlmxError('malformed', `tokenizer.json: its ${kind} has more than ${mostSteps} steps`);
  };
}
