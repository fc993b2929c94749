// Turns words into ids: symbols of a word, merged by rules, remembered. The engine that all vocabularies here share.
import { bytePiece, byteCharacters, utf8 } from './byte-alphabet.js';
import type { Merge } from './merge.js';
import type { Emit, Splitter } from './splitter.js';

/** Puts the ids of a word behind `ids`. */
export type WordEncoder = (word: string, ids: number[]) => void;
/** The ids that a word starts as, before merging. */
export type Symbols = (word: string) => number[];

const longestRemembered = 64;
const mostRemembered = 2 ** 16;

/** Remembers short words, which make up nearly all of any text. */
export function remember(encode: (word: string) => readonly number[]): WordEncoder {
  const known = new Map<string, readonly number[]>();
  return (word, ids) => {
    let found = known.get(word);
    if (found === undefined) {
      found = encode(word);
      if (word.length <= longestRemembered) {
        if (known.size >= mostRemembered) known.clear();
        known.set(` ${word}`.slice(1), found); // a copy: a slice would keep the whole text alive
      }
    }
    for (let at = 0; at < found.length; at++) ids.push(found[at]!);
  };
}

/** A word's bytes as pieces of a byte-level vocabulary; bytes that it lacks become `unknown`, or nothing. */
export function byteSymbols(ids: ReadonlyMap<string, number>, unknown: number | undefined): Symbols {
  const idOfByte = byteCharacters.map((character) => ids.get(character) ?? unknown);
  return (word) => {
    const symbols: number[] = [];
    for (const byte of utf8(word)) {
      const id = idOfByte[byte];
      if (id !== undefined) symbols.push(id);
    }
    return symbols;
  };
}

interface CharacterOptions {
  readonly ids: ReadonlyMap<string, number>;
  /** Characters that the vocabulary lacks are written as `<0xNN>` pieces where all of them are there. */
  readonly byteFallback: boolean;
  /** Stands for what nothing else can write; without it such characters vanish. */
  readonly unknown: number | undefined;
  /** A run of unknown characters is one id. */
  readonly fuseUnknown: boolean;
  /** What the last character of a word is spelled with. */
  readonly suffix?: string;
}

/** A word's characters as pieces. */
export function characterSymbols({ ids, byteFallback, unknown, fuseUnknown, suffix = '' }: CharacterOptions): Symbols {
  const idOfByte = Array.from({ length: 256 }, (_, byte) => (byteFallback ? ids.get(bytePiece(byte)) : undefined));
  return (word) => {
    const symbols: number[] = [];
    let afterUnknown = false;
    let end = 0;
    for (const character of word) {
      end += character.length;
      const id = ids.get(suffix !== '' && end === word.length ? character + suffix : character);
      const bytes = id === undefined ? Array.from(utf8(character), (byte) => idOfByte[byte]) : [];
      const isUnknown = id === undefined && bytes.includes(undefined);
      if (id !== undefined) symbols.push(id);
      else if (!isUnknown) symbols.push(...(bytes as number[]));
      else if (unknown !== undefined && !(fuseUnknown && afterUnknown)) symbols.push(unknown);
      afterUnknown = isUnknown;
    }
    return symbols;
  };
}

/** The plain encoding of a word: its symbols, merged. */
export const mergedWord =
  (symbols: Symbols, merge: Merge) =>
  (word: string): number[] =>
    merge(symbols(word));

/**
 * Cuts a text before each run of `mark`, the written space, where no piece reaches over such a place: then words merge
 * independently, and the result is that of the whole text. Vocabularies with other pieces are not cut.
 */
export function markSplitter(pieces: Iterable<string>, mark: string): Splitter {
  for (const piece of pieces) {
    const last = piece.lastIndexOf(mark);
    if (last > 0 && piece !== '' && !piece.startsWith(mark.repeat(last + 1))) return (text, emit) => emit(text);
  }
  return (text, emit) => splitAtMarks(text, mark, emit);
}

function splitAtMarks(text: string, mark: string, emit: Emit): void {
  let start = 0;
  while (start < text.length) {
    let end = start;
    while (text[end] === mark) end++;
    end = text.indexOf(mark, end);
    if (end < 0) end = text.length;
    emit(text.slice(start, end));
    start = end;
  }
}
