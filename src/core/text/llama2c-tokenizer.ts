// Reads the tokenizer files of llama2.c (`tokenizer.bin`, `tok512.bin`): a vocabulary of SentencePiece with its scores.
// Layout, little-endian: i32 longest piece in bytes, then for each piece f32 score, i32 length, that many bytes of UTF-8.
import { LlmxError } from '../base/error.js';
import { byteOfPiece, spaceMark } from './byte-alphabet.js';
import { createBytesReader } from './bytes-reader.js';
import type { PieceType, TokenizerSource } from './tokenizer.js';

const what = 'llama2.c tokenizer';
/** Ids that llama2.c fixes. */
const [unknown, bos, eos] = [0, 1, 2];
const spelling: Readonly<Record<number, string>> = { [unknown]: '<unk>', [bos]: '<s>', [eos]: '</s>' };
/** The byte pieces follow: id 3 is byte 0. */
const firstByte = 3;

/** The vocabulary of a file; `vocabularySize` is the model's, as far as it is known. */
export function readLlama2cTokenizer(bytes: Uint8Array, vocabularySize?: number): Extract<TokenizerSource, { kind: 'sentencepiece' }> {
  const reader = createBytesReader(bytes, what);
  const longest = reader.i32();
  if (longest < 1) throw new LlmxError('malformed', `${what}: its longest piece has ${longest} bytes`);
  const pieces: string[] = [];
  const scores: number[] = [];
  const types: PieceType[] = [];
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  while (reader.left() > 0) {
    const id = pieces.length;
    scores.push(reader.f32());
    const length = reader.i32();
    if (length < 0 || length > longest) throw new LlmxError('malformed', `${what}: piece ${id} has ${length} bytes, and the longest ${longest}`);
    const piece = decoder.decode(reader.take(length));
    types.push(id === unknown ? 'unknown' : id === bos || id === eos ? 'control' : byteOfPiece(piece) === id - firstByte ? 'byte' : 'normal');
    pieces.push(spelling[id] ?? piece.replaceAll(' ', spaceMark)); // the file spells the space mark as a space
  }
  if (pieces.length <= eos) throw new LlmxError('malformed', `${what}: it has ${pieces.length} pieces, and three are needed`);
  if (vocabularySize !== undefined && pieces.length !== vocabularySize) {
    throw new LlmxError(
      'malformed',
      `${what}: it has ${pieces.length} pieces, and the model's vocabulary ${vocabularySize}`,
      'Take the tokenizer that the model was trained with',
    );
  }
  return { kind: 'sentencepiece', pieces, scores, types, special: { bos, eos, unknown, addBos: true, addEos: false }, addSpacePrefix: true };
}
