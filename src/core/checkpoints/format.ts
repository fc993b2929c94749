// What a checkpoint format is: it recognises a path by facts that cost one small read, and reads headers only.
import type { Checkpoint, Dialect } from './checkpoint.js';
import type { CheckpointWriter } from './writer.js';

export interface PathFacts {
  readonly path: string;
  /** Names in the folder; undefined where the path is a file. */
  readonly folder: readonly string[] | undefined;
  /** The file's first bytes (up to 64) and its size; empty and 0 for a folder. */
  readonly head: Uint8Array;
  readonly size: number;
}

export interface ReadOptions {
  /** A tokenizer file to use instead of what the checkpoint brings. */
  readonly tokenizer?: string;
}

export interface CheckpointFormat {
  /** The field's own spelling, as `--to` takes it. */
  readonly name: string;
  readonly dialect: Dialect;
  recognise(facts: PathFacts): boolean;
  read(facts: PathFacts): Promise<Checkpoint>;
  /** Undefined for formats that are only read. */
  readonly write?: CheckpointWriter;
}
