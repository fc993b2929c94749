// The kinds of tokenizer, and the one way to make one.
import { asLlmxError, LlmxError } from '../base/error.js';
import type { Tokenizer, TokenizerSource } from './tokenizer.js';
import { createByteBpe } from './byte-bpe.js';
import { createSentencepiece } from './sentencepiece.js';
import { createTokenizerJson } from './tokenizer-json.js';

type Kind = TokenizerSource['kind'];
type Create<K extends Kind> = (source: Extract<TokenizerSource, { kind: K }>) => Tokenizer | Promise<Tokenizer>;

export const tokenizers = {
  'tokenizer-json': createTokenizerJson,
  sentencepiece: createSentencepiece,
  'byte-bpe': createByteBpe,
} as const satisfies { readonly [K in Kind]: Create<K> };

/** The tokenizer of a vocabulary. Asynchronous because rare kinds load a library. Throws LlmxError `malformed` or `unsupported`. */
export async function createTokenizer(source: TokenizerSource): Promise<Tokenizer> {
  try {
    return await (tokenizers[source.kind] as Create<Kind>)(source as never);
  } catch (thrown) {
    const error = asLlmxError(thrown);
    if (error.code !== 'internal') throw error;
    throw new LlmxError('malformed', `the tokenizer cannot be read: ${error.message}`, '', { cause: thrown });
  }
}
