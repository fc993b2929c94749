// What all tokenizers share: marks around the text, the bytes of ids, decoding. Every function is total over ids and texts.
import type { EncodeOptions, SpecialIds, Tokenizer, TokenizerSource } from './tokenizer.js';

export interface Parts {
  readonly kind: TokenizerSource['kind'];
  readonly special: SpecialIds;
  /** Spelling of each id; a hole is an id that the vocabulary skips. */
  readonly pieces: readonly (string | undefined)[];
  readonly isControl: (id: number) => boolean;
  /** What an id prints, control pieces included. */
  readonly print: (id: number, piece: string) => Uint8Array;
  readonly dropsFirstSpace: boolean;
  /** Ids before and after every text. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Puts the ids of a text behind `ids`; the text has no lone surrogates. */
  readonly encodeText: (text: string, parseSpecial: boolean, ids: number[]) => void;
}

const nothing = new Uint8Array(0);
const space = 0x20;

/** Marks (and their ids) that a source asks for, as far as it has them. */
export const marks = (special: SpecialIds): { before: readonly number[]; after: readonly number[] } => ({
  before: special.addBos && special.bos !== undefined ? [special.bos] : [],
  after: special.addEos && special.eos !== undefined ? [special.eos] : [],
});

/** Special ids with those left out that the vocabulary does not have. */
export function withinVocabulary(special: SpecialIds, size: number): SpecialIds {
  const valid = (id: number | undefined): boolean => id !== undefined && Number.isInteger(id) && id >= 0 && id < size;
  const { bos, eos, unknown, addBos, addEos } = special;
  return { ...(valid(bos) && { bos: bos! }), ...(valid(eos) && { eos: eos! }), ...(valid(unknown) && { unknown: unknown! }), addBos, addEos };
}

export function assembleTokenizer(parts: Parts): Tokenizer {
  const { pieces, special } = parts;
  const printed: (Uint8Array | undefined)[] = [];
  const exists = (id: number): boolean => pieces[id] !== undefined;
  const isControl = (id: number): boolean => !exists(id) || parts.isControl(id);

  const bytes: Tokenizer['bytes'] = (id, options) => {
    if (!exists(id) || (!options?.special && parts.isControl(id))) return nothing;
    return (printed[id] ??= parts.print(id, pieces[id]!));
  };

  const encode = (text: string, { special: withMarks = true, parseSpecial = true }: EncodeOptions = {}): number[] => {
    const ids: number[] = withMarks ? [...parts.before] : [];
    parts.encodeText(text.replace(/\p{Surrogate}/gu, '\ufffd'), parseSpecial, ids);
    if (withMarks) ids.push(...parts.after);
    return ids;
  };

  const decode: Tokenizer['decode'] = (ids, options) => {
    const chunks = ids.map((id) => bytes(id, options));
    const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
    let length = 0;
    for (const chunk of chunks) {
      whole.set(chunk, length);
      length += chunk.length;
    }
    const start = parts.dropsFirstSpace && whole[0] === space ? 1 : 0;
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(whole.subarray(start));
  };

  return {
    kind: parts.kind,
    size: pieces.length,
    special,
    dropsFirstSpace: parts.dropsFirstSpace,
    encode,
    bytes,
    decode,
    isControl,
    piece: (id) => pieces[id] ?? '',
  };
}
