// What a tokenizer is, and the plain data it is made from. Knows nothing of files or models.
import type { JsonObject } from '../base/event.js';

/** A vocabulary as a checkpoint carries it. One `kind` is one file of this room and one row of its table. */
export type TokenizerSource = {
  /** As errors name it. */
  readonly file?: string;
} & (
  | { readonly kind: 'tokenizer-json'; readonly tokenizer: JsonObject; readonly config: JsonObject }
  | {
      /** SentencePiece BPE with scores: GGUF model `llama`, llama2.c, tokenizer.model. */
      readonly kind: 'sentencepiece';
      readonly pieces: readonly string[];
      readonly scores: readonly number[];
      readonly types: readonly PieceType[];
      readonly special: SpecialIds;
      readonly addSpacePrefix: boolean;
      /**
       * The prefix as Hugging Face's Metaspace step puts it, where it differs from SentencePiece's own way: not before a text that
       * begins with a space, and with `first` not behind a control piece.
       */
      readonly spacePrefix?: 'first' | 'always';
    }
  | {
      /** Byte-level BPE with merges: GGUF model `gpt2`. `preTokenizer` is a name of `tokenizer.ggml.pre`. */
      readonly kind: 'byte-bpe';
      readonly pieces: readonly string[];
      readonly merges: readonly string[];
      readonly types: readonly PieceType[];
      readonly special: SpecialIds;
      readonly preTokenizer: string;
    }
);

export type PieceType = 'normal' | 'unknown' | 'control' | 'user-defined' | 'unused' | 'byte';

export interface SpecialIds {
  readonly bos?: number;
  readonly eos?: number;
  readonly unknown?: number;
  readonly addBos: boolean;
  readonly addEos: boolean;
}

export interface EncodeOptions {
  /** Put the beginning (and end) marks that the model expects. Default true. */
  readonly special?: boolean;
  /** Read `<|...|>`-like control pieces in the text as one token. Default true. */
  readonly parseSpecial?: boolean;
}

export interface Tokenizer {
  readonly kind: TokenizerSource['kind'];
  readonly size: number;
  readonly special: SpecialIds;
  /** A text's first space is not printed: it stands for the start of the text (SentencePiece's dummy prefix). */
  readonly dropsFirstSpace: boolean;
  encode(text: string, options?: EncodeOptions): number[];
  /** The bytes that one id stands for in running text; empty for control pieces unless `special`. */
  bytes(id: number, options?: { readonly special?: boolean }): Uint8Array;
  /** The piece as the vocabulary spells it. */
  piece(id: number): string;
  /** Whole text of a run of ids, as the model's own software prints it (first space prefix removed where the kind says so). */
  decode(ids: readonly number[], options?: { readonly special?: boolean }): string;
  /** True for ids that never print (control, unused, unknown). */
  isControl(id: number): boolean;
}
