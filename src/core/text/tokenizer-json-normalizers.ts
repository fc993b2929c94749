// The normalizers of tokenizer.json: a row each.
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { readMatcher } from './file-patterns.js';
import { asBase64, asList, asString, requireRow } from './json-fields.js';
import { stepCounter, type Limits } from './limits.js';
import type { Matcher } from './matcher.js';
import { readCharsmap } from './precompiled-charsmap.js';
import { shown } from './quoted.js';

/** Throws where the text grows beyond the limits. */
type Normalize = (text: string) => string;
type Row = (step: JsonObject, limits: Limits, count: () => void) => Normalize;

const counted =
  (limits: Limits, change: Normalize): Normalize =>
  (text) => {
    const changed = change(text);
    limits.grow(text.length, changed.length);
    return changed;
  };
const inOrder =
  (steps: readonly Normalize[]): Normalize =>
  (text) =>
    steps.reduce((result, step) => step(result), text);

const form =
  (name: 'NFC' | 'NFD' | 'NFKC' | 'NFKD'): Row =>
  (_, limits) =>
    counted(limits, (text) => text.normalize(name));
// a character at a time: no final sigma
const lowercase: Row = (_, limits) => counted(limits, (text) => Array.from(text, (character) => character.toLowerCase()).join(''));
const stripAccents = (text: string): string => text.replace(/\p{Mn}/gu, '');
/** BERT's clean-up: control characters go, Chinese ones become words, accents and cases go. */
const bert: Row = (step, limits, count) => {
  const { clean_text: cleans, handle_chinese_chars: separates, strip_accents: strips, lowercase: lowers } = step;
  return inOrder([
    ...(cleans === false ? [] : [(text: string) => text.replace(/(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\ufffd]/gu, '').replace(/\p{White_Space}/gu, ' ')]),
    ...(separates === false ? [] : [counted(limits, (text) => text.replace(chinese, ' $& '))]),
    ...((strips ?? lowers) === false ? [] : [form('NFD')(step, limits, count), stripAccents]),
    ...(lowers === false ? [] : [lowercase(step, limits, count)]),
  ]);
};
const chinese =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

const rows: Readonly<Record<string, Row>> = {
  NFC: form('NFC'),
  NFD: form('NFD'),
  NFKC: form('NFKC'),
  NFKD: form('NFKD'),
  Lowercase: lowercase,
  StripAccents: () => stripAccents,
  Strip:
    ({ strip_left: left, strip_right: right }) =>
    (text) => {
      const start = left === false ? text : text.replace(/^\p{White_Space}+/u, '');
      return right === false ? start : trimEnd(start);
    },
  Precompiled: ({ precompiled_charsmap: map }, limits) => readCharsmap(asBase64(asString(map) ?? ''), limits),
  Prepend: ({ prepend }, limits) => counted(limits, (text) => (text === '' ? '' : (asString(prepend) ?? '') + text)),
  Replace: ({ pattern, content }, limits) => {
    const replacement = asString(content);
    if (replacement === undefined) throw new LlmxError('malformed', `tokenizer.json: a normalizer replaces by ${shown(content)}, not a text`);
    return replaceAll(readMatcher(pattern, limits), replacement, limits);
  },
  BertNormalizer: bert,
  Sequence: ({ normalizers }, limits, count) => inOrder(asList(normalizers).map((step) => readStep(step, limits, count))),
};

const replaceAll =
  (matcher: Matcher, replacement: string, limits: Limits): Normalize =>
  (text) => {
    let replaced = '';
    let done = 0;
    while (done < text.length && matcher.find(text, done)) {
      limits.grow(matcher.end - matcher.start, replacement.length);
      replaced += text.slice(done, matcher.start) + replacement;
      done = matcher.end;
    }
    return replaced + text.slice(done);
  };

/** `/\s+$/` is quadratic in white space that does not end the text. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && /\p{White_Space}/u.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}

function readStep(value: Json | undefined, limits: Limits, count: () => void): Normalize {
  count();
  const { row, step } = requireRow(rows, value, 'normalizer');
  return row(step, limits, count);
}

/** What a normalizer does to a text; nothing for null. */
export function readNormalizer(value: Json | undefined, limits: Limits): Normalize {
  if (value === null || value === undefined) return (text) => text;
  return readStep(value, limits, stepCounter('normalizer'));
}
