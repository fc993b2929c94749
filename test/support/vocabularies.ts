// Checkpoints without weights, for tests of what travels beside them: folders, GGUF files, and what reading them back gives.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { JsonObject } from '../../src/core/base/event.js';
import type { Checkpoint } from '../../src/core/checkpoints/checkpoint.js';
import type { GgufValue } from '../../src/core/checkpoints/gguf-value.js';
import { writeGguf } from '../../src/core/checkpoints/gguf-writer.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { createTokenizer } from '../../src/core/text/index.js';
import { stressTexts } from '../../src/core/text/stress-corpus.js';
import type { Tokenizer } from '../../src/core/text/tokenizer.js';

const scratch = (): string => mkdtempSync(join(tmpdir(), 'llmx-assets-'));

/** A safetensors file of no tensors. */
function noTensors(): Uint8Array {
  const header = Buffer.from('{}      ');
  const length = Buffer.alloc(8);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, header]);
}

export type Files = Iterable<readonly [name: string, content: Uint8Array | string]>;

/** A folder with a config, no weights and the files given. */
export function folderOfFiles(files: Files, config: JsonObject = { model_type: 'llama' }): string {
  const folder = scratch();
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'model.safetensors'), noTensors());
  for (const [name, content] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

export const openFolder = (files: Files, config?: JsonObject): Promise<Checkpoint> => openCheckpoint(folderOfFiles(files, config));

export async function openGguf(metadata: ReadonlyMap<string, GgufValue>): Promise<Checkpoint> {
  const path = join(scratch(), 'vocabulary.gguf');
  await writeGguf(path, { metadata: new Map([['general.architecture', { type: 'string', value: 'llama' }], ...metadata]), tensors: [] }, () => {
    throw new Error('no tensor is asked for');
  });
  return openCheckpoint(path);
}

export async function tokenizerOf(checkpoint: Checkpoint): Promise<Tokenizer> {
  if (checkpoint.tokenizer === undefined) throw new Error(checkpoint.tokenizerProblem ?? 'no tokenizer');
  return createTokenizer(checkpoint.tokenizer);
}

/** The first text that two tokenizers read differently, with both lists of ids; undefined where they agree. */
export function firstDifference(left: Tokenizer, right: Tokenizer, more: readonly string[] = []): unknown {
  for (const text of [...stressTexts(left), ...more]) {
    for (const options of [{}, { special: false }, { special: false, parseSpecial: false }]) {
      const [one, other] = [left.encode(text, options), right.encode(text, options)];
      if (one.length !== other.length || one.some((id, index) => id !== other[index])) return { text, options, one, other };
      const printed = [left, right].map((tokenizer) => tokenizer.decode(one, { special: true }));
      if (printed[0] !== printed[1]) return { text, printed };
    }
  }
  return undefined;
}
