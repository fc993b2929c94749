// The tokenizer.bin that belongs beside a llama2.c model.
import { LlmxError } from '../../base/error.js';
import { writeLlama2cTokenizer } from '../../text/llama2c-tokenizer-writer.js';
import type { Checkpoint } from '../checkpoint.js';
import { plainOf } from './plain.js';

/** Throws LlmxError `unsupported` for vocabularies that llama2.c does not read, `not-found` where there is none. */
export async function llama2cTokenizer(source: Checkpoint, vocabularySize?: number): Promise<Uint8Array> {
  const plain = await plainOf(source, vocabularySize);
  if (plain !== undefined) return writeLlama2cTokenizer(plain);
  throw new LlmxError(
    'not-found',
    `no tokenizer to write beside the model: ${source.tokenizerProblem ?? `${source.path} has none`}`,
    'Give one with --tokenizer FILE',
  );
}
