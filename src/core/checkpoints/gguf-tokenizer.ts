// The vocabulary in GGUF metadata as a TokenizerSource, and the ids that generation needs.
import type { Json } from '../base/event.js';
import { shown } from '../text/quoted.js';
import type { PieceType, SpecialIds, TokenizerSource } from '../text/tokenizer.js';
import type { GenerationDefaults } from './checkpoint.js';
import { malformed } from './files.js';

type Metadata = ReadonlyMap<string, Json>;
const prefix = 'tokenizer.ggml.';

/** Values of `tokenizer.ggml.model` that are read, by kind of vocabulary. */
export const tokenizerModels = { sentencepiece: 'llama', 'byte-bpe': 'gpt2' } as const;
/** Numbers of `tokenizer.ggml.token_type`. */
export const pieceTypeNumbers: Readonly<Record<PieceType, number>> = { normal: 1, unknown: 2, control: 3, 'user-defined': 4, unused: 5, byte: 6 };
/** Keys of llmx beside those that GGUF has: all ids that end a sequence, and a prefix that is not SentencePiece's own. */
export const endIdsKey = 'llmx.generation.eos_token_ids';
export const spacePrefixKey = 'llmx.tokenizer.space_prefix';

/** GGUF's own key for a copy of tokenizer.json, and ours for the files beside it (see assets/carried-files.ts). */
export const tokenizerFileKey = 'tokenizer.huggingface.json';
export const carriedKeys = {
  names: 'llmx.huggingface.names',
  contents: 'llmx.huggingface.contents',
  encodings: 'llmx.huggingface.encodings',
} as const;

/** What becomes part of a TokenizerSource, or is of use to no one else; all other metadata is config. */
export const vocabularyKeys: ReadonlySet<string> = new Set([
  ...['tokens', 'scores', 'token_type', 'merges', 'precompiled_charsmap'].map((key) => prefix + key),
  tokenizerFileKey,
  carriedKeys.contents,
  carriedKeys.encodings,
]);

const pieceTypes: readonly PieceType[] = ['normal', 'normal', 'unknown', 'control', 'user-defined', 'unused', 'byte'];

/** Pre-tokenizers whose models want a beginning mark where the file does not say so (as llama.cpp). */
const markedPreTokenizers: ReadonlySet<string> = new Set([
  'llama3',
  'llama-v3',
  'llama-bpe',
  'falcon3',
  'falcon-h1',
  'pixtral',
  'midm-2.0',
  'lfm2',
  'tekken',
  'chameleon',
]);

function flag(path: string, metadata: Metadata, key: string, otherwise: boolean): boolean {
  const value = metadata.get(prefix + key) ?? otherwise;
  if (typeof value === 'boolean') return value;
  throw malformed(path, `${prefix}${key} is ${shown(value)}, neither true nor false`);
}

/** What files write for "none": -1, also as 32 bits without a sign. */
const noId: ReadonlySet<Json> = new Set([-1, 2 ** 32 - 1]);
const mostIds = 2 ** 31;

/** An id of the vocabulary, where the file has one; `otherwise` counts as far as the vocabulary reaches. */
function id(path: string, metadata: Metadata, key: string, otherwise?: number): number | undefined {
  const value = metadata.get(prefix + key);
  const tokens = metadata.get(`${prefix}tokens`);
  const size = Array.isArray(tokens) ? tokens.length : mostIds;
  if (value === undefined) return otherwise !== undefined && otherwise < size ? otherwise : undefined;
  if (noId.has(value)) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < size) return value;
  throw malformed(path, `${prefix}${key} is ${shown(value)}, not an id of a vocabulary of ${size}`);
}

function list(path: string, metadata: Metadata, key: string, kind: 'string' | 'number'): readonly Json[] | undefined {
  const value = metadata.get(prefix + key);
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every((element) => typeof element === kind))
    throw malformed(path, `${prefix}${key} is not an array of ${kind}s`);
  return value as readonly Json[];
}

function special(
  path: string,
  metadata: Metadata,
  defaults: { readonly bos?: number; readonly eos?: number; readonly unknown?: number; readonly addBos: boolean },
): SpecialIds {
  const bos = id(path, metadata, 'bos_token_id', defaults.bos);
  const eos = id(path, metadata, 'eos_token_id', defaults.eos);
  const unknown = id(path, metadata, 'unknown_token_id', defaults.unknown);
  return {
    ...(bos === undefined ? {} : { bos }),
    ...(eos === undefined ? {} : { eos }),
    ...(unknown === undefined ? {} : { unknown }),
    addBos: flag(path, metadata, 'add_bos_token', defaults.addBos),
    addEos: flag(path, metadata, 'add_eos_token', false),
  };
}

function typesOf(path: string, metadata: Metadata, size: number): readonly PieceType[] {
  const numbers = list(path, metadata, 'token_type', 'number');
  if (numbers === undefined) return new Array<PieceType>(size).fill('normal');
  if (numbers.length !== size) throw malformed(path, `${prefix}token_type has ${numbers.length} elements, ${prefix}tokens ${size}`);
  return numbers.map((number, index) => pieceTypes[number as number] ?? fail(path, `${prefix}token_type[${index}] is ${shown(number)}, not 0 to 6`));
}

function fail(path: string, problem: string): never {
  throw malformed(path, problem);
}

function scoresOf(path: string, metadata: Metadata, size: number): readonly number[] {
  const scores = list(path, metadata, 'scores', 'number') as readonly number[] | undefined;
  if (scores !== undefined && scores.length !== size) throw malformed(path, `${prefix}scores has ${scores.length} elements, ${prefix}tokens ${size}`);
  return scores ?? new Array<number>(size).fill(0);
}

function spacePrefix(path: string, metadata: Metadata): { readonly spacePrefix?: 'first' | 'always' } {
  const value = metadata.get(spacePrefixKey);
  if (value === undefined) return {};
  if (value === 'first' || value === 'always') return { spacePrefix: value };
  throw malformed(path, `${spacePrefixKey} is ${shown(value)}, neither first nor always`);
}

/** The source, or a sentence that says why there is none. */
export function ggufTokenizer(path: string, metadata: Metadata): { readonly tokenizer: TokenizerSource } | { readonly problem: string } {
  const model = metadata.get(`${prefix}model`);
  const pieces = list(path, metadata, 'tokens', 'string') as readonly string[] | undefined;
  if (model === undefined || model === 'no_vocab' || model === 'none') return { problem: `${path} carries no vocabulary` };
  if (model !== 'llama' && model !== 'gpt2') return { problem: `${path} has a tokenizer of the kind ${shown(model)}, which llmx does not read` };
  if (pieces === undefined || pieces.length === 0) throw malformed(path, `${prefix}model is ${model}, but ${prefix}tokens is missing or empty`);
  const types = typesOf(path, metadata, pieces.length);
  if (model === 'llama') {
    const defaults = { bos: 1, eos: 2, unknown: 0, addBos: true };
    return {
      tokenizer: {
        kind: 'sentencepiece',
        file: path,
        pieces,
        scores: scoresOf(path, metadata, pieces.length),
        types,
        special: special(path, metadata, defaults),
        addSpacePrefix: flag(path, metadata, 'add_space_prefix', true),
        ...spacePrefix(path, metadata),
      },
    };
  }
  const merges = list(path, metadata, 'merges', 'string') as readonly string[] | undefined;
  if (merges === undefined) return { problem: `${path} has a byte-level vocabulary without its merges (${prefix}merges)` };
  const preTokenizer = metadata.get(`${prefix}pre`) ?? 'default';
  if (typeof preTokenizer !== 'string') throw malformed(path, `${prefix}pre is ${shown(preTokenizer)}, not a name`);
  return {
    tokenizer: {
      kind: 'byte-bpe',
      file: path,
      pieces,
      merges,
      types,
      special: special(path, metadata, { addBos: markedPreTokenizers.has(preTokenizer) }),
      preTokenizer,
    },
  };
}

/** All ids that end a sequence, where the file lists them. */
function endIds(path: string, metadata: Metadata): readonly number[] | undefined {
  const value = metadata.get(endIdsKey);
  const tokens = metadata.get(`${prefix}tokens`);
  const size = Array.isArray(tokens) ? tokens.length : mostIds;
  if (value === undefined) return undefined;
  const ids = Array.isArray(value) ? (value as readonly Json[]) : [];
  const wrong = ids.find((each) => typeof each !== 'number' || !Number.isInteger(each) || each < 0 || each >= size);
  if (Array.isArray(value) && wrong === undefined) return ids as readonly number[];
  throw malformed(
    path,
    `${endIdsKey} ${Array.isArray(value) ? `has ${shown(wrong)}, not an id of a vocabulary of ${size}` : 'is not a list of ids'}`,
  );
}

/** A float32 as people write it: 0.8, which lies nearest, in place of 0.800000011920929. */
function asWritten(value: number): number {
  const short = Number(value.toPrecision(7));
  return Math.fround(short) === value ? short : value;
}

export function ggufGeneration(path: string, metadata: Metadata, tokenizer: TokenizerSource | undefined): GenerationDefaults {
  const known = tokenizer !== undefined && tokenizer.kind !== 'tokenizer-json' ? tokenizer.special : undefined;
  const bos = known?.bos ?? id(path, metadata, 'bos_token_id');
  const ends = endIds(path, metadata) ?? [
    known?.eos ?? id(path, metadata, 'eos_token_id'),
    id(path, metadata, 'eot_token_id'),
    id(path, metadata, 'eom_token_id'),
  ];
  const sampling = (key: string): number | undefined => {
    const value = metadata.get(`general.sampling.${key}`);
    return typeof value === 'number' && Number.isFinite(value) ? asWritten(value) : undefined;
  };
  const [temperature, topK, topP] = [sampling('temp'), sampling('top_k'), sampling('top_p')];
  return {
    ...(bos === undefined ? {} : { bos }),
    eos: [...new Set(ends.filter((end) => end !== undefined))],
    ...(temperature === undefined ? {} : { temperature }),
    ...(topK === undefined ? {} : { topK }),
    ...(topP === undefined ? {} : { topP }),
  };
}
