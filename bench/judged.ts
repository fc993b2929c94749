// What the judges share: llmx's own side, opened on a source, and the prompts that both sides are asked.
import { execFileSync } from 'node:child_process';
import { native } from '../src/core/backends/native/index.js';
import { openCheckpoint } from '../src/core/checkpoints/index.js';
import { loadModel, type LoadedModel } from '../src/core/generate/index.js';

export const promptLength = 24;

/** Normalised mean square error up to which two sides agree in float32. */
export const bound = 1e-6;

export const openJudged = async (source: string): Promise<LoadedModel> =>
  loadModel(await openCheckpoint(source), native, {
    contextLength: promptLength,
    chunk: promptLength,
    rows: promptLength,
    cacheFormat: 'f32',
    threads: 2,
  });

export const promptsFor = (vocabulary: number): readonly (readonly number[])[] =>
  [3, 5, 7].map((step) => Array.from({ length: promptLength }, (_, index) => (1 + index * step * 13) % vocabulary));

/** What a judge's script, in a process of its own, prints for these prompts. */
export const askJudge = (script: string, file: string, prompts: readonly (readonly number[])[]): Buffer =>
  execFileSync(process.execPath, [new URL(script, import.meta.url).pathname, file, JSON.stringify(prompts)], { maxBuffer: 1 << 30 });
