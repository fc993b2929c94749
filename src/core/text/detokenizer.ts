// Text out of ids one at a time, never half a character: the pushes joined are the decoding of all ids at once.
import type { Tokenizer } from './tokenizer.js';

interface Detokenizer {
  /** Text that is certain after this id; may be empty while a character is incomplete. */
  push(id: number): string;
  /** What was held back: incomplete bytes become U+FFFD. The detokenizer can then start another text. */
  finish(): string;
}

interface DetokenizerOptions {
  /** Print control pieces as they are spelled. Default false. */
  readonly special?: boolean;
  /** The ids go on from a text before them, so a first space is kept. Default false. */
  readonly continues?: boolean;
}

const space = 0x20;

export function createDetokenizer(tokenizer: Tokenizer, { special = false, continues = false }: DetokenizerOptions = {}): Detokenizer {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const atFirst = tokenizer.dropsFirstSpace && !continues;
  let dropsSpace = atFirst;
  return {
    push: (id) => {
      let bytes = tokenizer.bytes(id, { special });
      if (bytes.length === 0) return '';
      if (dropsSpace && bytes[0] === space) bytes = bytes.subarray(1);
      dropsSpace = false;
      return decoder.decode(bytes, { stream: true });
    },
    finish: () => {
      dropsSpace = atFirst;
      return decoder.decode();
    },
  };
}
