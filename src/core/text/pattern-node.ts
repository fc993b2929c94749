// What a pattern is made of, whoever wrote it: plain data that a matcher compiles.

export type PatternNode =
  /** One character of a set: an atom of JavaScript's dialect with the flag `u` (`a`, `\x2b`, `[^\n]`). */
  | { readonly kind: 'set'; readonly set: string }
  /** The start or the end of the text. */
  | { readonly kind: 'edge'; readonly edge: 'start' | 'end' }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  /** The first option that lets the whole match. */
  | { readonly kind: 'choice'; readonly options: readonly PatternNode[] }
  /** `most` may be Infinity. Lazy ones take as few as they can. */
  | { readonly kind: 'repeat'; readonly body: PatternNode; readonly least: number; readonly most: number; readonly lazy: boolean }
  | { readonly kind: 'look'; readonly body: PatternNode; readonly behind: boolean; readonly negative: boolean }
  /** Once matched, its body does not try another way. */
  | { readonly kind: 'atomic'; readonly body: PatternNode };

export const set = (atom: string): PatternNode => ({ kind: 'set', set: atom });
export const sequence = (...parts: readonly PatternNode[]): PatternNode => ({ kind: 'sequence', parts });
export const choice = (...options: readonly PatternNode[]): PatternNode => ({ kind: 'choice', options });
export const edge = (which: 'start' | 'end'): PatternNode => ({ kind: 'edge', edge: which });
export const look = (body: PatternNode, behind = false, negative = false): PatternNode => ({ kind: 'look', body, behind, negative });
