// The normalizers of tokenizer.json that are done here: a row each. The rest is left to the library.
import type { Json, JsonObject } from '../base/event.js';
import { asList, asPattern, asString, findRow } from './json-fields.js';
import { readCharsmap } from './precompiled-charsmap.js';
import { compilePattern, escapePattern, whereSupported } from './pattern.js';

export type Normalize = (text: string) => string;

const form = (name: 'NFC' | 'NFD' | 'NFKC' | 'NFKD') => (): Normalize => (text) => text.normalize(name);

/** Undefined is a step that is not done here. */
const rows: Readonly<Record<string, (step: JsonObject) => Normalize | undefined>> = {
  NFC: form('NFC'),
  NFD: form('NFD'),
  NFKC: form('NFKC'),
  NFKD: form('NFKD'),
  // a character at a time: no final sigma
  Lowercase: () => (text) => Array.from(text, (character) => character.toLowerCase()).join(''),
  StripAccents: () => (text) => text.replace(/\p{Mn}/gu, ''),
  Strip:
    ({ strip_left: left, strip_right: right }) =>
    (text) => {
      const start = left === false ? text : text.replace(/^\p{White_Space}+/u, '');
      return right === false ? start : trimEnd(start);
    },
  Precompiled: ({ precompiled_charsmap: map }) =>
    typeof map === 'string' ? readCharsmap(Uint8Array.from(atob(map), (unit) => unit.charCodeAt(0))) : undefined,
  Prepend:
    ({ prepend }) =>
    (text) =>
      text === '' ? '' : `${asString(prepend) ?? ''}${text}`,
  Replace: ({ pattern, content }) => {
    const source = asPattern(pattern, escapePattern);
    const replacement = asString(content);
    if (source === undefined || replacement === undefined) return undefined;
    const found = compilePattern(source, 'g');
    return (text) => text.replace(found, () => replacement);
  },
  Sequence: ({ normalizers }) => {
    const steps = asList(normalizers).map(readNormalizer);
    if (steps.includes(undefined)) return undefined;
    return (text) => steps.reduce((result, step) => step!(result), text);
  },
};

/** `/\s+$/` is quadratic in white space that does not end the text. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && /\p{White_Space}/u.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** What a normalizer does to a text; nothing for null, undefined when it is not done here. */
export function readNormalizer(value: Json | undefined): Normalize | undefined {
  if (value === null || value === undefined) return (text) => text;
  const found = findRow(rows, value);
  return found && whereSupported(() => found.row(found.step));
}
