// SentencePiece's precompiled rules of normalization (`precompiled_charsmap`, usually NFKC with changes): a double array that
// maps prefixes to replacements. Applied as Hugging Face's tokenizers do: to whole graphemes if short, else to characters.
import { LlmxError } from '../base/error.js';
import { utf8 } from './byte-alphabet.js';
import type { Limits } from './limits.js';

/** Longest grapheme, in bytes, that is looked up as a whole. */
const longestWhole = 5;
/** Longest replacement, in bytes; Unicode's own reach 33. */
const longestReplacement = 1024;
const windowLength = 256;
const mostKnown = 2 ** 14;
const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** The normalizer of a map. Layout: u32 length of the array in bytes, the array of u32, replacements that each end in 0. */
export function readCharsmap(bytes: Uint8Array, limits: Limits): (text: string) => string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 4 ? -1 : view.getUint32(0, true);
  if (length < 4 || length % 4 !== 0 || length + 4 > bytes.length) {
    throw new LlmxError('malformed', `the normalization rules have ${bytes.length} bytes, and their array asks for ${length}`);
  }
  const units = Uint32Array.from({ length: length / 4 }, (_, index) => view.getUint32(4 + index * 4, true));
  const replacements = bytes.subarray(4 + length);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** Where the replacement of the shortest prefix that has one starts, or -1. */
  const find = (key: Uint8Array): number => {
    const offset = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);
    let at = offset(units[0]!);
    for (const byte of key) {
      if (byte === 0) return -1;
      at ^= byte;
      const unit = units[at];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return -1;
      at ^= offset(unit);
      if ((unit & 0x100) !== 0) return (units[at] ?? 0x7fffffff) & 0x7fffffff;
    }
    return -1;
  };
  const replace = (part: string): string | undefined => {
    const start = find(utf8(part));
    if (start < 0 || start > replacements.length) return undefined;
    const rest = replacements.subarray(start, start + longestReplacement + 1);
    const end = rest.indexOf(0);
    if (end >= 0) return decoder.decode(rest.subarray(0, end));
    throw new LlmxError('malformed', `the normalization rules have a replacement of more than ${longestReplacement} bytes, or one without an end`);
  };
  const normalizeGrapheme = (grapheme: string): string => {
    const whole = utf8(grapheme).length <= longestWhole ? replace(grapheme) : undefined;
    return whole ?? Array.from(grapheme, (character) => replace(character) ?? character).join('');
  };
  const known = new Map<string, string>();
  const normalize = (grapheme: string): string => {
    let normalized = known.get(grapheme);
    if (normalized === undefined) {
      if (known.size > mostKnown) known.clear();
      known.set(grapheme, (normalized = normalizeGrapheme(grapheme)));
    }
    return normalized;
  };

  return (text) => {
    let normalized = '';
    const put = (part: string): void => {
      const found = normalize(part);
      limits.grow(part.length, found.length);
      normalized += found;
    };
    const putAscii = (part: string): void => part.match(/\r\n|[\0-\x7f]/g)?.forEach(put);
    let done = 0;
    for (const match of text.matchAll(/[^\0-\x7f]+/g)) {
      const start = match.index > done && /[ -~]/.test(text[match.index - 1]!) ? match.index - 1 : match.index; // a mark may join it
      putAscii(text.slice(done, start));
      done = match.index + match[0].length;
      for (const grapheme of splitGraphemes(text.slice(start, done))) put(grapheme);
    }
    putAscii(text.slice(done));
    return normalized;
  };
}

/** The graphemes of a text, by windows: Intl.Segmenter takes quadratic time over long texts. */
function* splitGraphemes(text: string): Generator<string> {
  let rest = text;
  while (rest.length > windowLength) {
    const found = Array.from(graphemes.segment(rest.slice(0, windowLength)), ({ segment }) => segment);
    if (found.length > 1) found.pop(); // the last one may go on behind the window
    yield* found;
    rest = rest.slice(found.reduce((length, segment) => length + segment.length, 0));
  }
  for (const { segment } of graphemes.segment(rest)) yield segment;
}
