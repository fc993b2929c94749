// What a piece prints, by the decoder of tokenizer.json: a row for each kind that joins pieces one after another.
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { byteOfPiece, unspellBytes, utf8 } from './byte-alphabet.js';
import { asBoolean, asList, asMark, asObject, asString, findRow } from './json-fields.js';
import { stepCounter } from './limits.js';

export interface Decoder {
  readonly print: (piece: string) => Uint8Array;
  readonly dropsFirstSpace: boolean;
}

const plain: Decoder = { print: utf8, dropsFirstSpace: false };
/** Without a decoder pieces are joined by spaces. */
const spaced: Decoder = { print: (piece) => utf8(` ${piece}`), dropsFirstSpace: true };

/** English that WordPiece's clean-up joins to the word before. */
const joined: ReadonlySet<string> = new Set(['.', '?', '!', ',', "n't", "'m", "'s", "'ve", "'re"]);

const rows: Readonly<Record<string, (step: JsonObject) => Decoder>> = {
  ByteLevel: () => ({ print: (piece) => unspellBytes(piece) ?? utf8(piece), dropsFirstSpace: false }),
  Metaspace: (step) => {
    const mark = asMark(step['replacement']);
    const scheme = asString(step['prepend_scheme']) ?? (asBoolean(step['add_prefix_space']) === false ? 'never' : 'always');
    return { print: (piece) => utf8(piece.replaceAll(mark, ' ')), dropsFirstSpace: scheme !== 'never' };
  },
  WordPiece: (step) => {
    const prefix = asString(step['prefix']) ?? '##';
    const cleans = asBoolean(step['cleanup']) ?? true;
    const joins = (piece: string): boolean => cleans && joined.has(piece);
    return {
      print: (piece) => utf8(piece.startsWith(prefix) ? piece.slice(prefix.length) : joins(piece) ? piece : ` ${piece}`),
      dropsFirstSpace: true,
    };
  },
  BPEDecoder: (step) => ({ print: (piece) => utf8(piece.replaceAll(asString(step['suffix']) ?? '</w>', ' ')), dropsFirstSpace: false }),
  ByteFallback: () => ({ print: (piece) => byteOrText(piece, piece), dropsFirstSpace: false }),
  Sequence: ({ decoders }) => sequence(asList(decoders)),
};

const byteOrText = (piece: string, text: string): Uint8Array => {
  const byte = byteOfPiece(piece);
  return byte === undefined ? utf8(text) : Uint8Array.of(byte);
};

/** How many times as long a decoder may make a piece. */
const mostGrowth = 64;

/** The usual sequence of SentencePiece vocabularies: replacements, bytes, and a first space removed. */
function sequence(steps: readonly Json[]): Decoder {
  const replacements: (readonly [found: string, content: string])[] = [];
  let bytes = false;
  let drops = false;
  const count = stepCounter('decoder');
  for (const value of steps) {
    count();
    const step = asObject(value);
    const type = asString(step?.['type']);
    const found = asString(asObject(step?.['pattern'])?.['String']);
    const content = asString(step?.['content']);
    if (type === 'Replace' && found !== undefined && found !== '' && content !== undefined) replacements.push([found, content]);
    else if (type === 'ByteFallback') bytes = true;
    else if (type === 'Strip') drops ||= content === ' ' && step?.['start'] === 1;
    else if (type !== 'Fuse' && type !== undefined) return readDecoder(value); // one that stands for itself, such as ByteLevel
  }
  const growth = replacements.reduce((factor, [found, content]) => factor * Math.max(1, content.length / found.length), 1);
  if (growth > mostGrowth)
    throw new LlmxError(
      'unsupported',
      `tokenizer.json: its decoder can make a piece ${Math.ceil(growth)} times as long, more than ${mostGrowth} times`,
    );
  const text = (piece: string): string => replacements.reduce((result, [found, content]) => result.replaceAll(found, () => content), piece);
  return { print: (piece) => (bytes ? byteOrText(piece, text(piece)) : utf8(text(piece))), dropsFirstSpace: drops };
}

/** The decoder of a file; an unknown kind prints pieces as they are spelled. */
export function readDecoder(value: Json | undefined): Decoder {
  if (asObject(value) === undefined) return spaced;
  const found = findRow(rows, value);
  return found?.row(found.step) ?? plain;
}
