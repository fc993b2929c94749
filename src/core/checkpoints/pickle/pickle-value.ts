// What a pickle may hold here: data alone. Nothing in this folder knows PyTorch, and nothing in it runs what a pickle asks for.

/** A name that the table of globals has: a class, a function or a constant, never called. */
export interface PickleGlobal {
  readonly kind: 'global';
  /** `torch.FloatStorage`. */
  readonly name: string;
}

/** What Python would have got by calling a global: the name and the arguments, as they stand. */
export interface PickleObject {
  readonly kind: 'object';
  readonly of: string;
  readonly arguments: readonly PickleValue[];
  /** What the pickle would set it to afterwards. */
  state?: PickleValue;
}

/** A thing that lies outside the pickle; the id is the pickle's own. */
export interface PickleReference {
  readonly kind: 'reference';
  readonly id: PickleValue;
}

/**
 * Lists and tuples are arrays, dicts are Maps (so that no key means anything to JavaScript), whole numbers beyond 2^53 are bigints.
 * The same value may stand in several places, even inside itself.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | Set<PickleValue>
  | PickleGlobal
  | PickleObject
  | PickleReference;

/**
 * What becomes of a global when it is called. `object`: a PickleObject. `name`: it may be named, not called.
 * `dict`, `set`, `bytes`: Python's own containers.
 */
export type GlobalKind = 'object' | 'name' | 'dict' | 'set' | 'bytes';

/** Every global that a reader accepts, by its dotted name. */
export type GlobalTable = ReadonlyMap<string, GlobalKind>;

export const isPickleObject = (value: PickleValue | undefined): value is PickleObject => hasKind(value, 'object');
export const isPickleGlobal = (value: PickleValue | undefined): value is PickleGlobal => hasKind(value, 'global');
export const isPickleReference = (value: PickleValue | undefined): value is PickleReference => hasKind(value, 'reference');

const hasKind = (value: PickleValue | undefined, kind: string): boolean =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
