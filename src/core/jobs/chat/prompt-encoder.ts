// A rendered conversation to token ids: one beginning mark, and what the model said in the very tokens that it said it in.
import type { Tokenizer } from '../../text/tokenizer.js';
import { interruptibly } from '../interruptibly.js';

interface Known {
  readonly text: string;
  readonly ids: readonly number[];
  /** The ids that the tokenizer gives the text: not always those that the model chose. */
  readonly encoded: readonly number[];
}

export interface PromptEncoder {
  /** Special pieces in the text are read as such. Throws LlmxError('interrupted') at a SIGINT. */
  encode(text: string): readonly number[];
  /** From now on texts that begin with this one begin with these ids. */
  remember(text: string, ids: readonly number[]): void;
}

/** Turns whose ids are remembered. */
const mostKnown = 32;

export const startsWith = (ids: readonly number[], beginning: readonly number[]): boolean =>
  beginning.length <= ids.length && beginning.every((id, index) => ids[index] === id);

/** As it is: templates write the beginning mark where their models want one, and where one does not, the tokenizer's counts. */
export function encodeRendered(tokenizer: Tokenizer, text: string): readonly number[] {
  const { bos, addBos } = tokenizer.special;
  const ids = interruptibly(() => tokenizer.encode(text, { special: false }));
  return addBos && bos !== undefined && ids[0] !== bos ? [bos, ...ids] : ids;
}

export function createPromptEncoder(tokenizer: Tokenizer): PromptEncoder {
  /** The longest first. */
  let known: Known[] = [];
  return {
    encode(text) {
      const ids = encodeRendered(tokenizer, text);
      const found = known.find((each) => text.startsWith(each.text) && startsWith(ids, each.encoded));
      return found === undefined ? ids : [...found.ids, ...ids.slice(found.encoded.length)];
    },
    remember(text, ids) {
      const rest = known.filter((each) => each.text !== text).slice(-mostKnown + 1);
      known = [...rest, { text, ids, encoded: encodeRendered(tokenizer, text) }].sort((left, right) => right.text.length - left.text.length);
    },
  };
}
