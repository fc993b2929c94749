// Writes llama2.c's `tokenizer.bin`. Its program knows bos, eos and bytes by their ids alone, so a vocabulary must have them there.
import { LlmxError } from '../base/error.js';
import { byteOfPiece, spaceMark } from './byte-alphabet.js';
import type { PlainSource, SentencepieceSource } from './plain-vocabulary.js';
import { quoted } from './quoted.js';

const [unknown, bos, eos, firstByte] = [0, 1, 2, 3];
/** As llama2.c's exporter spells the two marks. */
const spelling: Readonly<Record<number, string>> = { [bos]: '\n<s>\n', [eos]: '\n</s>\n' };
const hint = 'Convert to a format that carries a tokenizer of this kind: GGUF or a Hugging Face folder';

const refuse = (problem: string): never => {
  throw new LlmxError('unsupported', `llama2.c's tokenizer.bin: ${problem}`, hint);
};

function check({ pieces, types, special, addSpacePrefix, spacePrefix }: SentencepieceSource): void {
  if (special.bos !== bos || special.eos !== eos || (special.unknown ?? unknown) !== unknown)
    refuse(
      `its unk, bos and eos are 0, 1 and 2, this vocabulary's ${special.unknown ?? 'none'}, ${special.bos ?? 'none'} and ${special.eos ?? 'none'}`,
    );
  for (let byte = 0; byte < 256; byte++)
    if (byteOfPiece(pieces[firstByte + byte] ?? '') !== byte)
      refuse(`the piece of byte ${byte} belongs at the id ${firstByte + byte}, where this vocabulary has ${quoted(pieces[firstByte + byte] ?? '')}`);
  if (!addSpacePrefix || spacePrefix !== undefined) refuse('it always puts a space before texts, this vocabulary does not');
  const symbol = types.indexOf('user-defined');
  if (symbol >= 0) refuse(`it finds no symbols in texts, and this vocabulary has ${quoted(pieces[symbol]!)}`);
}

/** Throws LlmxError `unsupported` where llama2.c would read texts otherwise. */
export function writeLlama2cTokenizer(source: PlainSource): Uint8Array {
  if (source.kind !== 'sentencepiece') return refuse('it holds SentencePiece vocabularies, and this one is byte-level with merges');
  check(source);
  const pieces = source.pieces.map((piece, id) => Buffer.from(spelling[id] ?? piece.replaceAll(spaceMark, ' '), 'utf8'));
  const longest = pieces.reduce((most, { length }) => Math.max(most, length), 1);
  const bytes = Buffer.alloc(4 + pieces.reduce((sum, { length }) => sum + 8 + length, 0));
  let at = bytes.writeInt32LE(longest, 0);
  pieces.forEach((piece, id) => {
    at = bytes.writeFloatLE(source.scores[id] ?? 0, at);
    at = bytes.writeInt32LE(piece.length, at);
    at += piece.copy(bytes, at);
  });
  return bytes;
}
