// `llmx inspect`: what a checkpoint is, from its headers alone unless its contents are asked for.
import { chooseBackend } from '../backends/index.js';
import { LlmxError } from '../base/error.js';
import type { Job, Json, JsonObject } from '../base/event.js';
import type { RopeSettings } from '../blocks/positions.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { openMounts } from '../checkpoints/mounts.js';
import { understand, type Model } from '../families/model.js';
import { checkTensors, hashFiles, type Check } from './inspect-contents.js';
import { differences, type Difference } from './inspect-diff.js';
import {
  architectureName,
  formatUses,
  sizesOf,
  skippedUses,
  tensorFacts,
  tokenizerFacts,
  type FormatUse,
  type TensorFacts,
  type TokenizerFacts,
} from './inspect-facts.js';
import { memoryNeed, type MemoryNeed, type MemoryOptions } from './inspect-memory.js';
import { interruptibly } from './interruptibly.js';
import { openReference, totalBytes, type ModelChoice } from './open-model.js';

export interface InspectOptions extends ModelChoice, MemoryOptions {
  /** Selects tensors by name. */
  readonly tensors?: RegExp;
  /** A field of the config, the first part of several, or '' for all. */
  readonly metadata?: string;
  readonly chatTemplate: boolean;
  readonly check: boolean;
  readonly hash: boolean;
  /** Another model to compare with. */
  readonly diff?: string;
}

export interface InspectReport {
  readonly model: string;
  readonly path: string;
  readonly format: string;
  readonly name: string | null;
  readonly architecture: string | null;
  readonly family: string | null;
  readonly supported: boolean;
  /** Why llmx cannot run it. */
  readonly reasons: readonly string[];
  readonly parameters: number;
  readonly tensor_count: number;
  readonly bytes: number;
  /** Bytes that came from the hub for this report. */
  readonly received_bytes: number;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256?: string }[];
  readonly dtypes: readonly FormatUse[];
  readonly bits_per_weight: number;
  /** Tensors in number formats that llmx cannot decode; `parameters` and `dtypes` leave them out. */
  readonly unreadable: readonly { readonly dtype: string; readonly tensors: number }[];
  readonly context_length: number | null;
  /** Rotary positions, and how they are stretched. */
  readonly rope: JsonObject | null;
  readonly vocabulary: number | null;
  readonly layers: number | null;
  readonly width: number | null;
  readonly heads: number | null;
  readonly hyperparameters: JsonObject;
  readonly tokenizer: TokenizerFacts | null;
  readonly tokenizer_problem?: string;
  readonly has_chat_template: boolean;
  readonly bos: number | null;
  readonly eos: readonly number[];
  readonly memory: MemoryNeed | null;
  readonly tensors?: readonly TensorFacts[];
  readonly metadata?: JsonObject;
  readonly chat_template?: string | null;
  readonly check?: Check;
  readonly diff?: { readonly with: string; readonly differences: readonly Difference[] };
}

/** The model where llmx can run it, else every reason against it. */
async function tryUnderstand(checkpoint: Checkpoint): Promise<{ readonly model?: Model; readonly reasons: readonly string[] }> {
  try {
    return { model: await understand(checkpoint), reasons: [] };
  } catch (thrown) {
    if (!(thrown instanceof LlmxError)) throw thrown;
    const problems = thrown.details.length > 0 ? thrown.details : [thrown.message];
    return { reasons: problems.map((problem) => problem.replace(`${checkpoint.path}: `, '')) };
  }
}

/** The fields whose name is `key` or begins with it and a dot. */
function pickMetadata({ config, path }: Checkpoint, key: string): JsonObject {
  if (key === '') return config;
  const picked = Object.entries(config).filter(([name]) => name === key || name.startsWith(`${key}.`));
  if (picked.length === 0) throw new LlmxError('not-found', `${path}: no metadata field ${key}`, 'llmx inspect --metadata lists them all');
  return Object.fromEntries(picked);
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Settings as numbers and names; the tables of divisors stay where they are. */
function ropeFacts({ base, width, scaling: { type, ...settings } }: RopeSettings): JsonObject {
  const plain = Object.entries(settings).filter(([, value]) => typeof value === 'number' || typeof value === 'boolean') as [string, number][];
  return { base, width, scaling: type, ...Object.fromEntries(plain.map(([name, value]) => [snake(name), value])) };
}

const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

async function headerReport(checkpoint: Checkpoint, options: InspectOptions): Promise<Omit<InspectReport, 'received_bytes'>> {
  const { model, reasons } = await tryUnderstand(checkpoint);
  const sizes = sizesOf(checkpoint);
  const dtypes = formatUses(checkpoint);
  const parameters = dtypes.reduce((sum, use) => sum + use.parameters, 0);
  const stored = dtypes.reduce((sum, use) => sum + use.bytes, 0);
  const tokenizer = checkpoint.tokenizer === undefined ? null : tokenizerFacts(checkpoint.tokenizer);
  return {
    model: options.reference,
    path: checkpoint.path,
    format: checkpoint.format,
    name: text(checkpoint.config['general.name'] ?? checkpoint.config['_name_or_path']),
    architecture: architectureName(checkpoint),
    family: model?.key ?? null,
    supported: model !== undefined,
    reasons,
    parameters,
    tensor_count: checkpoint.tensors.size + checkpoint.skipped.size,
    bytes: totalBytes(checkpoint),
    files: checkpoint.files,
    dtypes,
    bits_per_weight: parameters === 0 ? 0 : (stored * 8) / parameters,
    unreadable: skippedUses(checkpoint),
    context_length: sizes.contextLength ?? null,
    rope: model?.rope === undefined ? null : ropeFacts(model.rope),
    vocabulary: sizes.vocabulary ?? tokenizer?.vocabulary ?? null,
    layers: sizes.layers ?? null,
    width: sizes.width ?? null,
    heads: sizes.heads ?? null,
    hyperparameters: Object.fromEntries(Object.entries(sizes).map(([name, value]) => [snake(name), value])),
    tokenizer,
    ...(checkpoint.tokenizerProblem === undefined ? {} : { tokenizer_problem: checkpoint.tokenizerProblem }),
    has_chat_template: checkpoint.chatTemplate !== undefined,
    bos: checkpoint.generation.bos ?? null,
    eos: checkpoint.generation.eos,
    memory: model === undefined ? null : memoryNeed(model, chooseBackend().backend, options),
  };
}

export async function* inspect(options: InspectOptions, signal: AbortSignal): Job<InspectReport> {
  using mounts = openMounts();
  const checkpoint = yield* openReference(options, { signal, mounts });
  const { cacheFolder, offline = false } = options;
  const other =
    options.diff === undefined
      ? undefined
      : yield* openReference({ reference: options.diff, offline, ...(cacheFolder === undefined ? {} : { cacheFolder }) }, { signal, mounts });
  const overview = await headerReport(checkpoint, options);
  const { tensors: selected, metadata, diff } = options;
  const check = options.check ? yield* checkTensors(checkpoint, signal) : undefined;
  const digests = options.hash ? yield* hashFiles(checkpoint, signal) : [];
  const files = overview.files.map((file, index) => (digests[index] === undefined ? file : { ...file, sha256: digests[index] }));
  return {
    ...overview,
    files,
    received_bytes: mounts.received,
    ...(selected === undefined
      ? {}
      : { tensors: interruptibly(() => [...checkpoint.tensors.values()].filter(({ name }) => selected.test(name))).map(tensorFacts) }),
    ...(metadata === undefined ? {} : { metadata: pickMetadata(checkpoint, metadata) }),
    ...(options.chatTemplate ? { chat_template: checkpoint.chatTemplate ?? null } : {}),
    ...(check === undefined ? {} : { check }),
    ...(other === undefined ? {} : { diff: { with: diff!, differences: differences(checkpoint, other) } }),
  };
}
