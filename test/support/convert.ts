// Conversions driven in this process, to folders that the test run removes.
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { convert } from '../../src/core/jobs/convert/convert.js';
import type { ConvertOptions, ConvertReport } from '../../src/core/jobs/convert/options.js';
import { chooseOutputs } from '../../src/core/jobs/convert/outputs.js';
import { openCheckpoint } from '../../src/core/checkpoints/index.js';
import { decodeTensor, readTensorBytes } from '../../src/core/checkpoints/read-tensor.js';
import type { Event } from '../../src/core/base/event.js';

export const familyFolder = (name: string): string => join(import.meta.dirname, '../../fixtures/families', name);
export const storytellerFile = join(import.meta.dirname, '../../fixtures/storyteller/storyteller-q8_0.gguf');
export const storytellerFolder = join(import.meta.dirname, '../../fixtures/storyteller/f16');

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmx-convert-'));
  folders.push(folder);
  return folder;
}

export interface Converted {
  readonly report: ConvertReport;
  readonly events: readonly Event[];
}

type Given = Partial<Omit<ConvertOptions, 'reference' | 'outputs'>> & { readonly to?: readonly string[] };

export function convertOptions(reference: string, paths: readonly string[], { to = [], ...given }: Given = {}): ConvertOptions {
  return {
    reference,
    outputs: chooseOutputs(paths, to, 'auto'),
    types: { format: undefined, rules: [] },
    selection: { vocabularyOnly: false },
    naming: { metadata: {} },
    layout: {},
    remote: false,
    verify: 'none',
    gates: [],
    force: false,
    resume: false,
    dryRun: false,
    chunkBytes: 1 << 16,
    threads: 1,
    version: 'test',
    ...given,
  };
}

export async function convertTo(reference: string, paths: readonly string[], given: Given = {}): Promise<Converted> {
  const job = convert(convertOptions(reference, paths, given), new AbortController().signal);
  const events: Event[] = [];
  for (;;) {
    const step = await job.next();
    if (step.done === true) return { report: step.value, events };
    events.push(step.value);
  }
}

export const jsonOf = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

/** Every tensor's shape, number format and bytes, by name. */
export async function tensorsOf(
  path: string,
): Promise<ReadonlyMap<string, { readonly shape: string; readonly format: string; readonly bytes: string }>> {
  const { tensors } = await openCheckpoint(path);
  const entries = await Promise.all(
    [...tensors.values()].map(async (tensor) => {
      const planes = await Promise.all(tensor.planes.map((_, plane) => readTensorBytes(tensor, plane)));
      return [tensor.name, { shape: tensor.shape.join(), format: tensor.format, bytes: Buffer.concat(planes).toString('base64') }] as const;
    }),
  );
  return new Map(entries.sort(([left], [right]) => (left < right ? -1 : 1)));
}

/** Every tensor's values in float32, by name. */
export async function valuesOf(path: string): Promise<ReadonlyMap<string, Float32Array>> {
  const { tensors } = await openCheckpoint(path);
  return new Map(await Promise.all([...tensors.values()].map(async (tensor) => [tensor.name, await decodeTensor(tensor)] as const)));
}
