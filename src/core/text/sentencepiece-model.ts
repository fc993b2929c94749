// Reads SentencePiece's `tokenizer.model`: the protocol buffer ModelProto of sentencepiece_model.proto, its BPE kind.
import { LlmxError } from '../base/error.js';
import { createBytesReader } from './bytes-reader.js';
import type { PieceType, TokenizerSource } from './tokenizer.js';

const what = 'SentencePiece model';
const types: readonly (PieceType | undefined)[] = [undefined, 'normal', 'unknown', 'control', 'user-defined', 'unused', 'byte'];
const kinds: Readonly<Record<number, string>> = { 1: 'unigram', 2: 'BPE', 3: 'word', 4: 'char' };
const bpe = 2;

/** A field of a message: a number, or the bytes of a string or of a message within. */
type Field = number | Uint8Array;

/** Fields of a message by their number; of a field that may come once the last counts. */
function* readFields(bytes: Uint8Array): Generator<readonly [number, Field]> {
  const reader = createBytesReader(bytes, what);
  while (reader.left() > 0) {
    const tag = reader.varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === 0) yield [number, reader.varint()];
    else if (wire === 1) yield [number, reader.take(8)];
    else if (wire === 2) yield [number, reader.take(reader.varint())];
    else if (wire === 5) yield [number, reader.take(4)];
    else throw new LlmxError('malformed', `${what}: field ${number} has the unknown wire type ${wire}`);
  }
}

const asBytes = (field: Field | undefined): Uint8Array => {
  if (field === undefined || field instanceof Uint8Array) return field ?? new Uint8Array(0);
  throw new LlmxError('malformed', `${what}: a number stands where bytes are expected`);
};
/** An int32: negative ones are written as 64 bits. */
const asNumber = (field: Field | undefined, missing: number): number => {
  if (field === undefined) return missing;
  if (typeof field === 'number') return field >= 2 ** 31 ? -1 : field;
  throw new LlmxError('malformed', `${what}: bytes stand where a number is expected`);
};

function readPiece(bytes: Uint8Array): { piece: string; score: number; type: PieceType } {
  const fields = new Map(readFields(bytes));
  const score = asBytes(fields.get(2));
  const type = types[asNumber(fields.get(3), 1)];
  if (type === undefined || (score.length !== 0 && score.length !== 4))
    throw new LlmxError('malformed', `${what}: a piece has no known type or no float score`);
  const piece = new TextDecoder('utf-8', { ignoreBOM: true }).decode(asBytes(fields.get(1)));
  // texts spell the space as a mark, so a symbol with a space in it is never found
  const found = type === 'user-defined' && piece.includes(' ') ? 'normal' : type;
  return { piece, score: score.length === 4 ? createBytesReader(score, what).f32() : 0, type: found };
}

/** The vocabulary of a file. A beginning mark is added before texts, as all models that come with such files want it. */
export function readSentencepieceModel(bytes: Uint8Array): Extract<TokenizerSource, { kind: 'sentencepiece' }> {
  const pieces: ReturnType<typeof readPiece>[] = [];
  let trainer = new Map<number, Field>();
  let normalizer = new Map<number, Field>();
  for (const [number, field] of readFields(bytes)) {
    if (number === 1) pieces.push(readPiece(asBytes(field)));
    else if (number === 2) trainer = new Map(readFields(asBytes(field)));
    else if (number === 3) normalizer = new Map(readFields(asBytes(field)));
  }
  if (pieces.length === 0) throw new LlmxError('malformed', `${what}: it has no pieces`);

  const kind = asNumber(trainer.get(3), 1);
  const hint = 'Use the tokenizer.json of the model, if there is one';
  if (kind !== bpe) throw new LlmxError('unsupported', `${what}: its kind is ${kinds[kind] ?? kind}, and only BPE is supported`, hint);
  const name = new TextDecoder().decode(asBytes(normalizer.get(1)));
  if (asBytes(normalizer.get(2)).length > 0)
    throw new LlmxError('unsupported', `${what}: it normalizes text by the rules ${JSON.stringify(name)}, which is not supported`, hint);
  if (asNumber(normalizer.get(4), 1) !== 0) throw new LlmxError('unsupported', `${what}: it removes extra white space, which is not supported`, hint);
  if (asNumber(trainer.get(24), 0) !== 0) throw new LlmxError('unsupported', `${what}: it writes spaces behind words, which is not supported`, hint);

  const id = (field: number, missing: number): number => asNumber(trainer.get(field), missing);
  const exists = (value: number): boolean => value >= 0 && value < pieces.length;
  const [unknown, bos, eos] = [id(40, 0), id(41, 1), id(42, 2)];
  return {
    kind: 'sentencepiece',
    pieces: pieces.map(({ piece }) => piece),
    scores: pieces.map(({ score }) => score),
    types: pieces.map(({ type }) => type),
    special: { ...(exists(bos) && { bos }), ...(exists(eos) && { eos }), ...(exists(unknown) && { unknown }), addBos: exists(bos), addEos: false },
    addSpacePrefix: asNumber(normalizer.get(3), 1) !== 0,
  };
}
