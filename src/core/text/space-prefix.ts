// How a tokenizer.json of SentencePiece's kind treats spaces: the mark in place of each, one put before texts, symbols in running text.
import type { Json, JsonObject } from '../base/event.js';
import { spaceMark } from './byte-alphabet.js';
import { asList, asObject, asString } from './json-fields.js';

export interface SpacePrefix {
  /** A mark is put before texts. */
  readonly adds: boolean;
  /** As the Metaspace step puts it: not before a mark, and (`first`) only at the start of the whole text. */
  readonly scheme?: 'first' | 'always';
  /** Words are cut before every mark. */
  readonly splits: boolean;
  /** Pieces that are cut out of the running text. */
  readonly symbols: readonly string[];
}

const steps = (value: Json | undefined, list: string): readonly JsonObject[] => {
  const step = asObject(value);
  if (step === undefined) return [];
  return step['type'] === 'Sequence' ? asList(step[list]).map((each) => asObject(each) ?? {}) : [step];
};

const text = (step: JsonObject | undefined, field: string): string | undefined => asString(step?.[field]);
const literal = (step: JsonObject | undefined): string | undefined => asString(asObject(step?.['pattern'])?.['String']);
const isReplace = (step: JsonObject | undefined): boolean =>
  text(step, 'type') === 'Replace' && literal(step) === ' ' && text(step, 'content') === spaceMark;
const isPrepend = (step: JsonObject | undefined): boolean => text(step, 'type') === 'Prepend' && text(step, 'prepend') === spaceMark;

const escaped = /[\\^$.|?*+()[\]{}]/g;
/** A pattern that finds the longest of some texts. */
export const symbolsPattern = (symbols: readonly string[]): string =>
  [...symbols]
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map((symbol) => symbol.replace(escaped, String.raw`\$&`))
    .join('|');

/** The texts that such a pattern finds, or undefined where it is another. */
function symbolsOf(pattern: string): readonly string[] | undefined {
  const symbols = pattern.match(/(?:\\[^]|[^\\|])+/g)?.map((symbol) => symbol.replace(/\\([^])/g, '$1')) ?? [];
  return symbols.length > 0 && symbolsPattern(symbols) === pattern ? symbols : undefined;
}

/** Undefined where the steps are not those of a SentencePiece vocabulary. */
export function readSpacePrefix(tokenizer: JsonObject): SpacePrefix | undefined {
  const normalizers = steps(tokenizer['normalizer'], 'normalizers');
  const [first, second, ...others] = steps(tokenizer['pre_tokenizer'], 'pretokenizers');
  const prepends = isPrepend(normalizers[0]) && isReplace(normalizers[1]) && normalizers.length === 2;
  const replaces = prepends || (normalizers.length === 1 && isReplace(normalizers[0]));
  if ((!replaces && normalizers.length > 0) || second !== undefined || others.length > 0) return undefined;
  if (first === undefined) return replaces ? { adds: prepends, splits: false, symbols: [] } : undefined;

  if (text(first, 'type') === 'Metaspace') {
    if (prepends || (first['replacement'] ?? spaceMark) !== spaceMark) return undefined;
    const scheme = text(first, 'prepend_scheme') ?? (first['add_prefix_space'] === false ? 'never' : 'always');
    const splits = first['split'] !== false;
    if (scheme === 'never') return { adds: false, splits, symbols: [] };
    return scheme === 'first' || scheme === 'always' ? { adds: true, scheme, splits, symbols: [] } : undefined;
  }
  if (!replaces || text(first, 'type') !== 'Split') return undefined;
  // spaces are marks by now, so Gemma's step finds none
  if (literal(first) === ' ') return { adds: prepends, splits: false, symbols: [] };
  const symbols = symbolsOf(asString(asObject(first['pattern'])?.['Regex']) ?? '');
  return symbols !== undefined && first['behavior'] === 'Isolated' && first['invert'] !== true
    ? { adds: prepends, splits: false, symbols }
    : undefined;
}
