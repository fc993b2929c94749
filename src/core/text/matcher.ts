// What finds matches in a text: for patterns by JavaScript's own engine (for those that are trusted), for literal texts by search.
import { LlmxError } from '../base/error.js';
import type { PatternNode } from './pattern-node.js';

export interface Matcher {
  /** Looks for the leftmost match that begins at `from` or later and is not empty; `start` and `end` then say where it lies. */
  find(text: string, from: number): boolean;
  readonly start: number;
  readonly end: number;
}

/** A pattern in JavaScript's dialect, for the flag `u`. */
export function javaScriptPattern(pattern: PatternNode): string {
  let atomics = 0;
  const grouped = (node: PatternNode): string => (node.kind === 'set' ? node.set : `(?:${print(node)})`);
  const print = (node: PatternNode): string => {
    switch (node.kind) {
      case 'set':
        return node.set;
      case 'edge':
        return node.edge === 'start' ? '^' : '$';
      case 'sequence':
        return node.parts.map((part) => (part.kind === 'choice' ? grouped(part) : print(part))).join('');
      case 'choice':
        return node.options.map(print).join('|');
      case 'repeat':
        return grouped(node.body) + quantifier(node.least, node.most) + (node.lazy ? '?' : '');
      case 'look':
        return `(?${node.behind ? '<' : ''}${node.negative ? '!' : '='}${print(node.body)})`;
      case 'atomic': {
        const name = `a${++atomics}`; // JavaScript has no atomic groups, but what a look-ahead captured is fixed
        return `(?:(?=(?<${name}>${print(node.body)}))\\k<${name}>)`;
      }
      default:
        return node satisfies never;
    }
  };
  return print(pattern);
}

function quantifier(least: number, most: number): string {
  if (least === 0 && most === 1) return '?';
  if (most === Infinity && least < 2) return least === 0 ? '*' : '+';
  return least === most ? `{${least}}` : `{${least},${most === Infinity ? '' : most}}`;
}

/**
 * A matcher by JavaScript's engine, the quickest there is. That engine backtracks without a limit and nothing can stop it,
 * so it is for patterns that are known to be harmless, never for what a file says.
 */
export function trustedMatcher(pattern: PatternNode): Matcher {
  const source = javaScriptPattern(pattern);
  const sticky = new RegExp(source, 'uy');
  const global = new RegExp(source, 'ug');
  const found = { start: 0, end: 0 };
  return Object.assign(found, {
    find: (text: string, from: number) => {
      // most patterns match everywhere, and a sticky test makes no match object
      sticky.lastIndex = from;
      if (sticky.test(text) && sticky.lastIndex > from) {
        found.start = from;
        found.end = sticky.lastIndex;
        return true;
      }
      global.lastIndex = from;
      for (let match = global.exec(text); match !== null; match = global.exec(text)) {
        found.start = match.index;
        found.end = match.index + match[0].length;
        if (found.end > found.start) return true;
        global.lastIndex = match.index + (text.codePointAt(match.index)! > 0xffff ? 2 : 1); // within a pair it would step back
      }
      return false;
    },
  });
}

const longestLiteral = 4096;

/** Finds a text as it stands. */
export function literalMatcher(literal: string): Matcher {
  if (literal === '' || literal.length > longestLiteral)
    throw new LlmxError('unsupported', `the tokenizer looks for a text of ${literal.length} characters; 1 to ${longestLiteral} are supported`);
  const found = { start: 0, end: 0 };
  return Object.assign(found, {
    find: (text: string, from: number) => {
      found.start = text.indexOf(literal, from);
      found.end = found.start + literal.length;
      return found.start >= 0;
    },
  });
}
