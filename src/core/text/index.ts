// The kinds of tokenizer, and the one way to make one.
import { asLlmxError, LlmxError } from '../base/error.js';
import type { Tokenizer, TokenizerSource } from './tokenizer.js';
import { createByteBpe } from './byte-bpe.js';
import { createSentencepiece } from './sentencepiece.js';
import { createTokenizerJson } from './tokenizer-json.js';

type Kind = TokenizerSource['kind'];
type Create<K extends Kind> = (source: Extract<TokenizerSource, { kind: K }>) => Tokenizer | Promise<Tokenizer>;

const tokenizers = {
  'tokenizer-json': createTokenizerJson,
  sentencepiece: createSentencepiece,
  'byte-bpe': createByteBpe,
} as const satisfies { readonly [K in Kind]: Create<K> };

/** The tokenizer of a vocabulary. Throws LlmxError `malformed` or `unsupported`, which names the file where the source does. */
export async function createTokenizer(source: TokenizerSource): Promise<Tokenizer> {
  try {
    return await (tokenizers[source.kind] as Create<Kind>)(source as never);
  } catch (thrown) {
    const { code, message, hint } = asLlmxError(thrown);
    const problem = code === 'internal' ? `the tokenizer cannot be read: ${message}` : message;
    const named = source.file === undefined ? problem : `${source.file}: ${problem.replace(/^tokenizer\.json: /, '')}`;
    throw new LlmxError(code === 'internal' ? 'malformed' : code, named, code === 'internal' ? '' : hint, { cause: thrown });
  }
}
