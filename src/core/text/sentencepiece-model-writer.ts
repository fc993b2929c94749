// Writes SentencePiece's `tokenizer.model`: the protocol buffer ModelProto of sentencepiece_model.proto, its BPE kind.
import type { SentencepieceSource } from './plain-vocabulary.js';
import type { PieceType } from './tokenizer.js';

const typeNumbers: Readonly<Record<PieceType, number>> = { normal: 1, unknown: 2, control: 3, 'user-defined': 4, unused: 5, byte: 6 };
const [bpe, none] = [2, -1];

/** An integer of a protocol buffer; negative ones take ten bytes. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

const numberField = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)]);
const bytesField = (field: number, value: Uint8Array): Buffer => Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
const textField = (field: number, value: string): Buffer => bytesField(field, Buffer.from(value, 'utf8'));
function floatField(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(field * 8 + 5);
  bytes.writeFloatLE(value, 1);
  return bytes;
}

export function writeSentencepieceModel({ pieces, scores, types, special, addSpacePrefix }: SentencepieceSource): Uint8Array {
  const { unknown = none, bos = none, eos = none } = special;
  const entries = pieces.map((piece, id) => {
    const own = types[id] ?? 'normal';
    const type = id === unknown ? 'unknown' : own === 'unknown' ? 'control' : own; // the library allows one
    return bytesField(
      1,
      Buffer.concat([textField(1, piece), floatField(2, scores[id] ?? 0), ...(type === 'normal' ? [] : [numberField(3, typeNumbers[type])])]),
    );
  });
  const named = (field: number, id: number): Buffer[] => (id === none ? [] : [textField(field, pieces[id]!)]);
  const trainer = Buffer.concat([
    numberField(3, bpe),
    numberField(4, pieces.length),
    numberField(35, types.includes('byte') ? 1 : 0),
    numberField(40, unknown),
    numberField(41, bos),
    numberField(42, eos),
    numberField(43, none),
    ...named(45, unknown),
    ...named(46, bos),
    ...named(47, eos),
  ]);
  const normalizer = Buffer.concat([textField(1, 'identity'), numberField(3, addSpacePrefix ? 1 : 0), numberField(4, 0), numberField(5, 1)]);
  return Buffer.concat([...entries, bytesField(2, trainer), bytesField(3, normalizer)]);
}
