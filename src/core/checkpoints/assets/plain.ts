// The plain vocabulary of a checkpoint, whatever holds it, with the ids that its configuration names.
import { dirname, join } from 'node:path';
import { LlmxError } from '../../base/error.js';
import { paddingPiece, plainVocabulary, type PlainSource, type SentencepieceSource } from '../../text/plain-vocabulary.js';
import type { TokenizerSource } from '../../text/tokenizer.js';
import type { Checkpoint } from '../checkpoint.js';
import { fileSize } from '../files.js';
import { readTokenizerFile } from '../tokenizer-file.js';
import { names } from './travelling-files.js';

/** The SentencePiece model beside a tokenizer.json, where there is one that can be read. */
async function trainedBeside(file: string | undefined): Promise<SentencepieceSource | undefined> {
  const path = file === undefined ? undefined : join(dirname(file), names.sentencepiece);
  if (path === undefined || (await fileSize(path)) === undefined) return undefined;
  try {
    const source = await readTokenizerFile(path);
    return source.kind === 'sentencepiece' ? source : undefined;
  } catch (thrown) {
    if (thrown instanceof LlmxError) return undefined; // tokenizer.json alone will do
    throw thrown;
  }
}

export const paddingScore = -1000;
/** Most ids beyond the tokenizer's; real models round up to a few hundred. */
const mostPadding = 2 ** 20;

/** How many ids a model has beyond its tokenizer's. */
export function paddingOf(have: number, size: number | undefined, path: string): number {
  const more = (size ?? have) - have;
  if (more >= 0 && more <= mostPadding) return more;
  throw new LlmxError(
    'malformed',
    `${path}: its tokenizer has ${have} ids, its model's vocabulary ${size}`,
    'Give the tokenizer that the model was trained with (--tokenizer)',
  );
}

/** A vocabulary of exactly `size` ids: what is missing becomes `[PADn]`, pieces that are never used. */
export function padded(source: PlainSource, size: number | undefined, path: string): PlainSource {
  const more = paddingOf(source.pieces.length, size, path);
  if (more === 0) return source;
  const first = source.pieces.length;
  const pieces = [...source.pieces, ...Array.from({ length: more }, (_, index) => paddingPiece(first + index))];
  const types = [...source.types, ...new Array<'unused'>(more).fill('unused')];
  return source.kind === 'byte-bpe'
    ? { ...source, pieces, types }
    : { ...source, pieces, types, scores: [...source.scores, ...new Array<number>(more).fill(paddingScore)] };
}

async function readPlain(tokenizer: TokenizerSource): Promise<PlainSource> {
  try {
    return plainVocabulary(tokenizer, tokenizer.kind === 'tokenizer-json' ? await trainedBeside(tokenizer.file) : undefined);
  } catch (thrown) {
    if (!(thrown instanceof LlmxError) || tokenizer.file === undefined) throw thrown;
    throw new LlmxError(thrown.code, `${tokenizer.file}: ${thrown.message.replace(/^tokenizer\.json: /, '')}`, thrown.hint, { cause: thrown });
  }
}

/** Undefined where the checkpoint has no vocabulary at all. Throws `unsupported` where it has one that is not plain. */
export async function plainOf(source: Checkpoint, vocabularySize?: number): Promise<PlainSource | undefined> {
  const { tokenizer, generation, path } = source;
  if (tokenizer === undefined) return undefined;
  const plain = await readPlain(tokenizer);
  const { special } = plain;
  // configurations name ids by default; one that is an ordinary word is no mark, and texts would be cut at it
  const within = (id: number | undefined): id is number => id !== undefined && id < plain.pieces.length && plain.types[id] !== 'normal';
  const [bos, eos] = [generation.bos, generation.eos[0]];
  const marks = { ...(within(bos) && { bos }), ...(within(eos) && { eos }), ...special };
  return padded({ ...plain, special: marks }, vocabularySize, path);
}
