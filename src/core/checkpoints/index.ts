// The table of checkpoint formats, and the one way in: a path becomes a Checkpoint.
import { LlmxError } from '../base/error.js';
import type { Checkpoint } from './checkpoint.js';
import { isFolder, listFolder, openFile, refuseLfsPointer } from './files.js';
import { foreignKind } from './foreign.js';
import type { CheckpointFormat, PathFacts, ReadOptions } from './format.js';
import { gguf } from './gguf.js';
import { llama2c } from './llama2c.js';
import { mlx } from './mlx.js';
import { onnx } from './onnx.js';
import { pytorch } from './pytorch.js';
import { safetensors } from './safetensors.js';
import { readTokenizerFile } from './tokenizer-file.js';

/** In the order in which they are asked. */
export const checkpointFormats = { pytorch, onnx, safetensors, mlx, gguf, llama2c } as const satisfies Record<string, CheckpointFormat>;
export type CheckpointFormatKey = keyof typeof checkpointFormats;
export const checkpointFormatKeys = Object.keys(checkpointFormats) as readonly CheckpointFormatKey[];

const headBytes = 64;

async function lookAt(path: string): Promise<PathFacts> {
  if (await isFolder(path)) return { path, folder: await listFolder(path), head: new Uint8Array(), size: 0 };
  await using source = await openFile(path);
  await refuseLfsPointer(source);
  return { path, folder: undefined, head: await source.read(0, Math.min(headBytes, source.size), 'the file'), size: source.size };
}

/** Recognises and reads what lies at `path`: headers only, never the tensors' bytes. */
export async function openCheckpoint(path: string, options: ReadOptions = {}): Promise<Checkpoint> {
  const facts = await lookAt(path);
  const format = Object.values<CheckpointFormat>(checkpointFormats).find((candidate) => candidate.recognise(facts));
  if (format === undefined)
    throw new LlmxError(
      'unsupported',
      `${path}: ${foreignKind(facts)}`,
      `llmx reads ${Object.values<CheckpointFormat>(checkpointFormats)
        .map((candidate) => candidate.name)
        .join(', ')}`,
    );
  const checkpoint = await format.read(facts);
  if (options.tokenizer === undefined) return checkpoint;
  const { tokenizerProblem: _, ...rest } = checkpoint;
  return { ...rest, tokenizer: await readTokenizerFile(options.tokenizer) };
}

export { resolveReference } from './reference.js';
