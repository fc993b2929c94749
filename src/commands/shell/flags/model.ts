// Options that choose a model and how it is run.
import type { DeviceKey } from '../../../core/backends/devices.js';
import type { ModelChoice } from '../../../core/jobs/open-model.js';
import type { Context } from '../context.js';
import { flagGroup } from '../flag.js';

/** Number formats that a cache of keys and values may have. */
const cacheTypes = ['f16', 'f32'] as const;
/** Names of devices; auto takes the fastest. */
const devices = ['auto', 'cpu', 'webgpu', 'reference'] as const satisfies readonly DeviceKey[];
/** Beyond these no machine that llmx runs on gets faster. */
export const mostThreads = 256;

export const modelFlags = flagGroup('Model options', {
  model: {
    kind: 'string',
    short: 'm',
    value: 'REF',
    default: 'builtin:storyteller',
    setting: true,
    help: 'Model: a file, a folder, hf:org/name or builtin:storyteller',
  },
  hfRepo: { kind: 'string', value: 'REPO', aliases: ['hf'], single: ['hf', 'hfr'], hidden: true, conflicts: ['model'], help: 'Same as -m hf:REPO' },
  tokenizer: { kind: 'string', value: 'FILE', help: 'Tokenizer file for a model that carries none' },
  contextSize: {
    kind: 'integer',
    short: 'c',
    long: 'ctx-size',
    value: 'N',
    default: 0,
    minimum: 0,
    setting: true,
    help: 'Context in tokens; 0 is the length that the model was trained for',
  },
  batchSize: {
    kind: 'integer',
    short: 'b',
    value: 'N',
    default: 0,
    minimum: 0,
    maximum: 65536,
    setting: true,
    help: 'Tokens of a prompt in one step; 0 lets the device choose',
  },
  threads: {
    kind: 'integer',
    short: 't',
    value: 'N',
    minimum: 1,
    maximum: mostThreads,
    setting: true,
    help: 'Threads (default: physical cores, one for a model below 32 MiB)',
  },
  device: {
    kind: 'choice',
    choices: devices,
    detailed: ['webgpu'],
    value: 'NAME',
    default: 'auto',
    setting: true,
    help: 'Where the model runs; webgpu:ADAPTER takes the adapter with that in its name',
  },
  gpuLayers: {
    kind: 'integer',
    aliases: ['n-gpu-layers'],
    single: ['ngl'],
    value: 'N',
    words: ['auto'],
    default: 'auto',
    minimum: 0,
    setting: true,
    help: 'Last layers that run on the graphics device, the others on the processor; auto: as many as fit',
  },
  cacheType: {
    kind: 'choice',
    choices: cacheTypes,
    aliases: ['cache-type-k', 'cache-type-v'],
    single: ['ctk', 'ctv'],
    value: 'TYPE',
    default: 'f16',
    agree: 'Keys and values have one number format here',
    setting: true,
    help: 'Number format of cached keys and values, the same for both',
  },
  seed: {
    kind: 'integer',
    short: 's',
    value: 'N',
    default: -1,
    minimum: -1,
    maximum: 4294967295,
    setting: true,
    help: 'Seed; -1 draws one, and the report says which',
  },
});

interface Chosen {
  readonly model: string;
  readonly hfRepo: string | undefined;
  readonly tokenizer?: string | undefined;
}

/** What -m, -hf, --tokenizer and --cache-dir choose. */
export const modelChoice = ({ model, hfRepo, tokenizer }: Chosen, { global: { cacheDir, offline } }: Pick<Context, 'global'>): ModelChoice => ({
  offline,
  reference: hfRepo === undefined ? model : `hf:${hfRepo.replace(/^hf:/, '')}`,
  ...(tokenizer === undefined ? {} : { tokenizer }),
  ...(cacheDir === undefined ? {} : { cacheFolder: cacheDir }),
});
