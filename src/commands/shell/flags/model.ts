// Options that choose a model and how it is run.
import { flagGroup } from '../flag.js';

/** Number formats that a cache of keys and values may have. */
const cacheTypes = ['f16', 'f32'] as const;

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
  threads: { kind: 'integer', short: 't', value: 'N', minimum: 1, maximum: 1024, setting: true, help: 'Threads (default: physical cores)' },
  device: { kind: 'string', value: 'NAME', default: 'auto', setting: true, help: 'auto, cpu, reference, webgpu or webgpu:ADAPTER' },
  cacheType: {
    kind: 'choice',
    choices: cacheTypes,
    aliases: ['cache-type-k', 'cache-type-v'],
    single: ['ctk', 'ctv'],
    value: 'TYPE',
    default: 'f16',
    setting: true,
    help: 'Number format of cached keys and values',
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

/** The one reference that -m and -hf name. */
export const modelReference = (flags: { readonly model: string; readonly hfRepo: string | undefined }): string =>
  flags.hfRepo === undefined ? flags.model : `hf:${flags.hfRepo.replace(/^hf:/, '')}`;
