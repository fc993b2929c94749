// Matchers for what a tokenizer.json looks for: a literal text or a pattern. Nothing in such a file can make a matcher hang.
import { LlmxError } from '../base/error.js';
import type { Json } from '../base/event.js';
import { boundedMatcher } from './bounded-matcher.js';
import { asObject, asString } from './json-fields.js';
import type { Limits } from './limits.js';
import { javaScriptPattern, literalMatcher, trustedMatcher, type Matcher } from './matcher.js';
import { parsePattern } from './pattern.js';
import type { PatternNode } from './pattern-node.js';
import { preTokenizers, type PreTokenizer } from './pre-tokenizers.js';
import { shown } from './quoted.js';

/** The patterns of the models whose tokenizers are known. */
const known: ReadonlySet<string> = new Set(
  Object.values<PreTokenizer>(preTokenizers)
    .flatMap(({ stages }) => stages)
    .map((stage) => (typeof stage === 'string' ? stage : stage.threes)),
);
let knownTranslated: ReadonlySet<string> | undefined;

/** Whether a pattern is a known one, be it spelled in other escapes. */
function isKnown(source: string, pattern: PatternNode): boolean {
  if (known.has(source)) return true;
  knownTranslated ??= new Set([...known].map((each) => javaScriptPattern(parsePattern(each))));
  return knownTranslated.has(javaScriptPattern(pattern));
}

/** Known patterns run on JavaScript's own engine, all others on one that takes its steps from the limits. */
function patternMatcher(source: string, limits: Limits): Matcher {
  const pattern = parsePattern(source);
  return isKnown(source, pattern) ? trustedMatcher(pattern) : boundedMatcher(pattern, source, limits);
}

/** The matcher of a `{"String": ...}` or `{"Regex": ...}` field. */
export function readMatcher(value: Json | undefined, limits: Limits): Matcher {
  const pattern = asObject(value);
  const literal = asString(pattern?.['String']);
  if (literal !== undefined) return literalMatcher(literal);
  const source = asString(pattern?.['Regex']);
  if (source !== undefined) return patternMatcher(source, limits);
  throw new LlmxError('malformed', `tokenizer.json: a pattern is ${shown(value)}, neither a String nor a Regex`);
}
