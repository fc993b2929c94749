// What a compiled template runs in: the slots of a function's variables, and the text that is put out.
import { undefinedName, type Value } from './value.js';
import { fail } from './failure.js';
import { bounds, spend, type Run } from './run.js';
import type { Load, Reference, Scope, Symbols } from './symbols.js';

/** One call of a function; an empty slot is a name without a value. */
export interface Activation {
  readonly run: Run;
  readonly slots: (Value | undefined)[];
  readonly parent: Activation | undefined;
  readonly context: ReadonlyMap<string, Value>;
  /** The body of the block whose filters are being applied. */
  captured: string;
}

export interface Out {
  readonly parts: string[];
  length: number;
}

export type Evaluate = (activation: Activation) => Value;
/** `next` goes on behind the statement; the others leave the body of a loop. */
export type Signal = 'next' | 'break' | 'continue';
export type Execute = (activation: Activation, out: Out) => Signal;

/** Where a template is being compiled. */
export interface Frame {
  readonly symbols: Symbols;
  /** In a branch: a filter that does not exist fails only when it is reached. */
  readonly soft: boolean;
}

export const openOut = (): Out => ({ parts: [], length: 0 });
export const textOfOut = (out: Out): string => out.parts.join('');
export const innerActivation = (parent: Activation): Activation => ({ run: parent.run, slots: [], parent, context: parent.context, captured: '' });

export function emit(run: Run, out: Out, text: string): void {
  out.length += text.length;
  if (out.length > bounds.text) fail('limit', `the rendered text is longer than ${bounds.text} characters`);
  spend(run, 1 + text.length / bounds.charactersPerUnit);
  out.parts.push(text);
}

/** How many functions lie between the code of a scope and the one that holds a variable. */
function hopsTo(from: Scope, reference: Reference): number {
  let hops = 0;
  for (let scope: Scope | undefined = from; scope !== reference.scope; scope = scope.parent) {
    if (scope === undefined) return fail('AssertionError', 'a name of another function');
    hops += 1;
  }
  return hops;
}

function holder(activation: Activation, hops: number): Activation {
  let at = activation;
  for (let left = hops; left > 0; left -= 1) at = at.parent!;
  return at;
}

export function reader(from: Scope, reference: Reference): (activation: Activation) => Value | undefined {
  const hops = hopsTo(from, reference);
  const { slot } = reference;
  return hops === 0 ? ({ slots }) => slots[slot] : (activation) => holder(activation, hops).slots[slot];
}

export function writer(from: Scope, reference: Reference): (activation: Activation, value: Value | undefined) => void {
  const hops = hopsTo(from, reference);
  return (activation, value) => {
    holder(activation, hops).slots[reference.slot] = value;
  };
}

export const loadName = (read: (activation: Activation) => Value | undefined, name: string): Evaluate => {
  const missing = undefinedName(name);
  return (activation) => {
    const value = read(activation);
    return value === undefined ? missing : value;
  };
};

/** Sets a frame's variables to what they hold where it begins. */
export function entering(symbols: Symbols): (activation: Activation) => void {
  const steps = [...symbols.loads]
    .filter(([, load]) => load.from !== 'parameter')
    .map(([reference, load]) => initial(symbols.scope, reference, load));
  return (activation) => {
    for (const step of steps) step(activation);
  };
}

function initial(scope: Scope, reference: Reference, load: Load): (activation: Activation) => void {
  const write = writer(scope, reference);
  if (load.from === 'context') return (activation) => write(activation, activation.context.get(load.name));
  if (load.from !== 'alias') return (activation) => write(activation, undefined);
  const read = reader(scope, load.reference);
  return (activation) => write(activation, read(activation));
}

/** Takes a frame's variables away, which functions made in it may still see. */
export function leaving(symbols: Symbols): (activation: Activation) => void {
  const writes = [...symbols.loads.keys()].map((reference) => writer(symbols.scope, reference));
  return (activation) => {
    for (const write of writes) write(activation, undefined);
  };
}
