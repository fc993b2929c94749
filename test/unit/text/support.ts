// What the tests of this room share: fixtures, the real files beside the checkout, and sources made from them.
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { byteCharacters } from '../../../src/core/text/byte-alphabet.js';
import type { PieceType, TokenizerSource } from '../../../src/core/text/tokenizer.js';

const root = resolve(import.meta.dirname, '../../..');
export const fixture = (name: string): string => join(root, 'fixtures/tokenizers', name);
const dataFolder = process.env['LLMX_TEST_DATA'] ?? resolve(root, '../shared/data');
export const dataFile = (name: string): string => join(dataFolder, name);
export const missingData = (names: readonly string[]): readonly string[] => names.filter((name) => !existsSync(dataFile(name)));
export const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

export type ByteBpeSource = Extract<TokenizerSource, { kind: 'byte-bpe' }>;
export type SentencepieceSource = Extract<TokenizerSource, { kind: 'sentencepiece' }>;
export const noMarks = { addBos: false, addEos: false } as const;

/** Pseudo-random integers below a limit, the same in every run. */
export function createDice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

/** Bits of text that tokenizers get wrong. */
const scraps = (
  "'s 'S '\u017f 'LL don't a Zz \u00e9 e\u0301 \ufb01 \u4f60\u597d \u30ab \ud55c\uad6d \u0e2a\u0e27 \u0939\u093f \u0627\u0644 1 12 1234 \u00b2 \u00bd \u0663 \uff11 ! ... ?! $ + ` ~ < | - _ \\ " +
  '{ } # @ \u3001 \u201c \u2026 \u{1f600} \u{1f468}\u200d\u{1f469} \u{1d49c} \ufffd \u2581 \u01c5 \u02b0 \u0301 code(x); http://a.b/c?d=e <s> </s>'
)
  .split(' ')
  .concat([' ', ' ', '  ', '   ', '\n', '\n\n', '\r\n', '\t', '\u0085', '\u00a0', '\ufeff', '\u3000', '\u200b', '\0', '\u2028', '\ud800', '\udc00']);

export const fuzzText = (dice: (sides: number) => number, length: number): string =>
  Array.from({ length }, () => scraps[dice(scraps.length)]).join('');
/** Lone surrogates cannot be written in UTF-8. */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');

/** A byte-level vocabulary from tiktoken's file of base64 pieces and ranks, its merges reconstructed. */
export function readTiktokenSource(path: string, preTokenizer: string): ByteBpeSource {
  const spell = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byteCharacters[byte]).join('');
  const ranks = new Map<string, number>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [piece, rank] = line.split(' ');
    if (rank !== undefined) ranks.set(spell(Buffer.from(piece!, 'base64')), Number(rank));
  }
  const merges: { rank: number; merge: string }[] = [];
  const pieces: string[] = [];
  for (const [piece, rank] of ranks) {
    pieces[rank] = piece;
    const [left, right] = piece.length > 1 ? mergedBelow(piece, rank, ranks) : [];
    if (left !== undefined && right !== undefined) merges.push({ rank, merge: `${left} ${right}` });
  }
  const types = pieces.map((): PieceType => 'normal');
  return {
    kind: 'byte-bpe',
    pieces,
    types,
    merges: merges.sort((a, b) => a.rank - b.rank).map(({ merge }) => merge),
    special: noMarks,
    preTokenizer,
  };
}

/** The two parts that a piece is merged from: all merges of lower rank applied. */
function mergedBelow(piece: string, limit: number, ranks: ReadonlyMap<string, number>): string[] {
  const parts = [...piece];
  for (;;) {
    let [best, at] = [limit, -1];
    for (let index = 0; index + 1 < parts.length; index++) {
      const rank = ranks.get(parts[index]! + parts[index + 1]!);
      if (rank !== undefined && rank < best) [best, at] = [rank, index];
    }
    if (at < 0) return parts.length === 2 ? parts : [];
    parts.splice(at, 2, parts[at]! + parts[at + 1]!);
  }
}
