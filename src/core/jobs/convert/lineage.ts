// The digests of what was read and written, and the file beside an output that says where it came from.
import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { LlmxError } from '../../base/error.js';
import type { Event, Job, JsonObject } from '../../base/event.js';
import { sha256Of } from '../../checkpoints/file-digest.js';
import { openFile } from '../../checkpoints/files.js';
import { writeFileInParts } from '../../checkpoints/write-file.js';
import { numberFormats } from '../../numbers/index.js';
import type { ConvertOptions } from './options.js';
import type { OutputPlan } from './plan.js';
import { lineagePath } from './staging.js';

export interface FileDigest {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** The hub's listing says so; nobody has looked. */
  readonly listed?: true;
}

/** What the file's digest must be: by a hub's listing, or by the name that it has in the cache. */
async function promised(path: string, listed: string | undefined): Promise<string | undefined> {
  if (listed !== undefined) return listed;
  const real = await realpath(path).catch(() => path);
  return basename(dirname(real)) === 'blobs' && /^[0-9a-f]{64}$/.test(basename(real)) ? basename(real) : undefined;
}

/** Digests of all files. `reads`: those too whose digest a hub's listing says. Throws LlmxError `transfer` for one that is not what is promised. */
export async function* hashAll(paths: readonly string[], reads: boolean, signal: AbortSignal): Job<readonly FileDigest[]> {
  const digests: FileDigest[] = [];
  for (const path of paths) {
    await using source = await openFile(path);
    const steps = sha256Of(source, signal, reads);
    let done = 0;
    let step = await steps.next();
    for (; step.done !== true; step = await steps.next())
      yield { type: 'progress', phase: 'hash', done: (done += step.value), total: source.size, unit: 'bytes' };
    signal.throwIfAborted();
    const sha256 = step.value!;
    const expected = await promised(path, source.listedSha256);
    if (expected !== undefined && expected !== sha256)
      throw new LlmxError('transfer', `${path}: its sha256 is ${sha256}, not ${expected}`, 'It is damaged: llmx pull --force loads it again');
    digests.push({ path, bytes: source.size, sha256, ...(source.listedSha256 === undefined || reads ? {} : { listed: true }) });
  }
  return digests;
}

interface Lineage {
  readonly inputs: readonly JsonObject[];
  readonly output: JsonObject;
  readonly options: ConvertOptions;
  readonly gates: readonly Extract<Event, { type: 'gate' }>[];
}

/** Where the file came from and how well it was made. It names no time, so that the same conversion gives the same lineage. */
export async function writeLineage(plan: OutputPlan, { inputs, output, options, gates }: Lineage): Promise<void> {
  const { types, naming, layout, verify: thoroughness } = options;
  const body: JsonObject = {
    schema: 'llmx.lineage/1',
    llmx: options.version,
    command: 'convert',
    reference: options.reference,
    inputs,
    options: {
      type: types.format === undefined ? 'auto' : numberFormats[types.format].name,
      rules: types.rules.map(({ pattern, format }) => `${pattern.source}=${numberFormats[format].name}`),
      ...(naming.name === undefined ? {} : { name: naming.name }),
      layout: { ...layout },
      verify: thoroughness,
    },
    output,
    gates: gates.map(({ name, value, limit, pass }) => ({ name, value, limit, pass })),
  };
  await writeFileInParts(lineagePath(plan), [Buffer.from(`${JSON.stringify(body, null, 2)}\n`)]);
}
