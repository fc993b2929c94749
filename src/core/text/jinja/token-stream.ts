// Tokens under a cursor, for the parser: looking, taking, failing with the line.
import { fail } from './failure.js';
import type { Token } from './lexer.js';
import { childrenOf, type Node } from './nodes.js';
import { bounds } from './run.js';

export interface Stream {
  readonly tokens: readonly Token[];
  at: number;
  /** Brackets and blocks open around the cursor. */
  nesting: number;
  /** Names of the tags that are open, and what would end the innermost. */
  readonly openTags: { readonly name: string; readonly line: number }[];
  readonly endTags: (readonly string[])[];
  /** Loops around the cursor, within the innermost macro. */
  loops: number;
}

export const openStream = (tokens: readonly Token[]): Stream => ({ tokens, at: 0, nesting: 0, openTags: [], endTags: [], loops: 0 });

export const current = (stream: Stream): Token => stream.tokens[stream.at]!;
export const ahead = (stream: Stream): Token => stream.tokens[stream.at + 1] ?? stream.tokens.at(-1)!;
export const isType = (stream: Stream, type: string): boolean => current(stream).type === type;
export const isName = (stream: Stream, ...names: readonly string[]): boolean => isType(stream, 'name') && names.includes(current(stream).text);

export function next(stream: Stream): Token {
  const token = current(stream);
  if (stream.at < stream.tokens.length - 1) stream.at += 1;
  return token;
}

export function skipType(stream: Stream, type: string): boolean {
  const found = isType(stream, type);
  if (found) next(stream);
  return found;
}

export function skipName(stream: Stream, name: string): boolean {
  const found = isName(stream, name);
  if (found) next(stream);
  return found;
}

export function syntaxError(stream: Stream, message: string, line = current(stream).line): never {
  return fail('TemplateSyntaxError', message, line);
}

/** As errors name a token. */
export function described(token: Token): string {
  if (token.type === 'eof') return 'end of template';
  if (token.type === 'name') return token.text;
  return token.type === 'variable end' ? 'end of print statement' : token.type === 'block end' ? 'end of statement block' : token.type;
}

export function expectType(stream: Stream, type: string): Token {
  if (isType(stream, type)) return next(stream);
  const expected = described({ ...current(stream), type, text: type });
  if (isType(stream, 'eof')) return syntaxError(stream, `unexpected end of template, expected '${expected}'.`);
  return syntaxError(stream, `expected token '${expected}', got '${described(current(stream))}'`);
}

export function expectName(stream: Stream, name: string): Token {
  return isName(stream, name) ? next(stream) : syntaxError(stream, `expected token '${name}', got '${described(current(stream))}'`);
}

/** Runs what nests by a level. */
export function deeper<Result>(stream: Stream, parse: (stream: Stream) => Result): Result {
  stream.nesting += 1;
  if (stream.nesting > bounds.parserDepth) syntaxError(stream, `more than ${bounds.parserDepth} brackets and blocks in one another`);
  const result = parse(stream);
  stream.nesting -= 1;
  return result;
}

/** The node with its depth, which is bounded. */
export function grown<Made extends Node>(node: Omit<Made, 'depth'>): Made {
  const made = { ...node, depth: 0 } as Made;
  for (const child of childrenOf(made)) made.depth = Math.max(made.depth, child.depth);
  made.depth += 1;
  if (made.depth > bounds.treeDepth) fail('TemplateSyntaxError', `an expression has more than ${bounds.treeDepth} levels`, made.line);
  return made;
}
