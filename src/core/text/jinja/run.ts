// One rendering: what is left of its budget of work, how deep it is nested, its clock. Knows no values.
import { fail } from './failure.js';
import type { Call } from './value.js';

export const bounds = {
  /** Characters of a template's source. */
  source: 1 << 20,
  /** Levels of one syntax tree, and of brackets and blocks while parsing. */
  treeDepth: 400,
  parserDepth: 120,
  /** Levels of syntax trees under way at once: macros that call macros. */
  stack: 1600,
  /** Levels of nested lists and dicts where they are printed or compared. */
  valueDepth: 400,
  /** Characters of one string, the rendered text included. */
  text: 1 << 24,
  /** Items of one list. */
  items: 1 << 20,
  /** Of an integer. */
  bits: 1 << 14,
  /** Items of a `range`: Jinja2's own bound. */
  range: 100_000,
  /** Units of work: a step of the interpreter, an item made, or `charactersPerUnit` characters made. */
  work: 8_000_000,
  /** More units for each character of the input, up to `mostWork` in all. */
  workPerCharacter: 16,
  mostWork: 60_000_000,
  charactersPerUnit: 16,
  /** Milliseconds of one rendering, should its work be dearer than its units say; the clock is read every so many units. */
  milliseconds: 5000,
  unitsPerLook: 100_000,
} as const;

export interface Run {
  /** Units of work left. */
  left: number;
  /** Of `left`: where the clock is read next. */
  look: number;
  readonly deadline: number;
  /** Of the template: where the work is. */
  line: number;
  /** Levels of syntax trees under way. */
  stack: number;
  readonly now: Date;
  readonly callables: Callables;
}

/** Filters and tests by name. */
export interface Callables {
  filter(name: string): Call | undefined;
  test(name: string): Call | undefined;
}

export function startRun(inputCharacters: number, now: Date, callables: Callables): Run {
  const left = Math.min(bounds.work + inputCharacters * bounds.workPerCharacter, bounds.mostWork);
  return { left, look: left - bounds.unitsPerLook, deadline: performance.now() + bounds.milliseconds, line: 1, stack: 0, now, callables };
}

export function spend(run: Run, units: number): void {
  run.left -= units;
  if (run.left < 0) fail('limit', 'rendering takes too many steps');
  if (run.left > run.look) return;
  run.look = run.left - bounds.unitsPerLook;
  if (performance.now() > run.deadline) fail('limit', `rendering takes longer than ${bounds.milliseconds} ms`);
}

/** Before a string of so many characters is made. */
export function allotText(run: Run, characters: number): void {
  if (!(characters <= bounds.text)) fail('limit', `a string of ${characters} characters is longer than ${bounds.text}`);
  spend(run, 1 + characters / bounds.charactersPerUnit);
}

/** Before a list of so many items is made. */
export function allotItems(run: Run, items: number): void {
  if (!(items <= bounds.items)) fail('limit', `a list of ${items} items is longer than ${bounds.items}`);
  spend(run, 1 + items);
}

/** Runs what nests by so many levels. */
export function nested<Result>(run: Run, levels: number, work: () => Result): Result {
  run.stack += levels;
  if (run.stack > bounds.stack) fail('limit', 'macros or recursive loops are nested too deeply');
  const result = work();
  run.stack -= levels;
  return result;
}
