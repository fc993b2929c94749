// All of a checkpoint's text assets as GGUF keys: copied with their types from a GGUF, built from anything else.
import { LlmxError } from '../../base/error.js';
import { paddingPiece } from '../../text/plain-vocabulary.js';
import type { Checkpoint } from '../checkpoint.js';
import type { GgufValue } from '../gguf-value.js';
import { pieceTypeNumbers } from '../gguf-tokenizer.js';
import { carry } from './carried-files.js';
import { ownsTokenizer, tokenizerFiles } from './huggingface-files.js';
import { paddingId } from './built-files.js';
import { paddingOf, paddingScore, plainOf } from './plain.js';
import { spellsVocabulary } from './travelling-files.js';
import { samplingKeys, templateKeys, vocabularyKeys } from './vocabulary-keys.js';

type Metadata = ReadonlyMap<string, GgufValue>;

export interface VocabularyOptions {
  /** Ids of the model: what the tokenizer lacks becomes unused `[PADn]` pieces. The tokenizer's own number where it is not given. */
  readonly vocabularySize?: number;
  /** Carry the small files of a Hugging Face folder as they are, so that converting back gives them. Default true. */
  readonly carryFiles?: boolean;
}

const travelling = ['tokenizer.', 'general.sampling.', 'llmx.'];
const tokensKey = 'tokenizer.ggml.tokens';

/** The keys of a GGUF as they stand, its vocabulary padded. */
function copied(path: string, metadata: Metadata, size: number | undefined): Metadata {
  const keys = new Map([...metadata].filter(([key]) => travelling.some((prefix) => key.startsWith(prefix))));
  const tokens = keys.get(tokensKey);
  if (tokens?.type !== 'array' || tokens.of !== 'string') return keys;
  const have = tokens.value.length;
  const more = paddingOf(have, size, path);
  if (more === 0) return keys;
  const longer = (key: string, fill: (index: number) => never): void => {
    const value = keys.get(key);
    if (value?.type === 'array' && value.value.length === have)
      keys.set(key, { ...value, value: [...value.value, ...Array.from({ length: more }, (_, index) => fill(have + index))] } as GgufValue);
  };
  longer(tokensKey, (id) => paddingPiece(id) as never);
  longer('tokenizer.ggml.scores', () => paddingScore as never);
  longer('tokenizer.ggml.token_type', () => pieceTypeNumbers.unused as never);
  return keys;
}

/** What stands for a model without a vocabulary; a tokenizer that is there and cannot be written is refused. */
function without(source: Checkpoint, files: ReadonlyMap<string, Uint8Array>): Metadata {
  if ([...files.keys()].some(spellsVocabulary))
    throw new LlmxError(
      'unsupported',
      `its tokenizer cannot be written to a GGUF: ${source.tokenizerProblem ?? `${source.path} has one that is not read`}`,
      'Give another tokenizer of the same vocabulary (--tokenizer)',
    );
  return new Map([['tokenizer.ggml.model', { type: 'string', value: 'none' }]]);
}

/** Throws LlmxError `unsupported` where GGUF cannot say what the tokenizer does, naming what it is. */
export async function ggufVocabulary(source: Checkpoint, options: VocabularyOptions = {}): Promise<Metadata> {
  const { vocabularySize, carryFiles = true } = options;
  if (source.metadata !== undefined && (await ownsTokenizer(source))) return copied(source.path, source.metadata, vocabularySize);
  const files = await tokenizerFiles(source);
  const plain = await plainOf(source, vocabularySize);
  const vocabulary = plain === undefined ? without(source, files) : vocabularyKeys(plain, source.generation, paddingId(source, plain, files));
  return new Map([...samplingKeys(source.generation), ...vocabulary, ...templateKeys(source), ...(carryFiles ? carry(files) : [])]);
}
