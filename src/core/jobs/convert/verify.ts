// What was written is opened again and held against its source: tensors, token ids, logits. Measures; judges nothing.
import type { Event, Job, JsonObject } from '../../base/event.js';
import { uniform } from '../../base/random.js';
import type { Checkpoint } from '../../checkpoints/checkpoint.js';
import { openCheckpoint } from '../../checkpoints/index.js';
import { isMounted } from '../../checkpoints/mounts.js';
import { understand, type Model } from '../../families/model.js';
import { allLogits, divergence, type Divergence } from '../../measure/divergence.js';
import { numberFormats } from '../../numbers/index.js';
import { createTokenizer } from '../../text/index.js';
import { stressTexts } from '../../text/stress-corpus.js';
import { loadOn } from '../load-on.js';
import { lostWarning, type Lost } from './lost.js';
import { compareTensors, type TensorComparison } from './compare-tensors.js';
import { isPartial, type Selection } from './plan.js';

export type Thoroughness = 'none' | 'quick' | 'full';

export interface Verification {
  /** By the names that --gate takes. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Everything measured, for the report and the lineage. */
  readonly details: JsonObject;
}

interface VerifyOptions {
  readonly thoroughness: 'quick' | 'full';
  readonly selection: Selection;
  /** Those that the target shall have. */
  readonly roles: ReadonlySet<string>;
  /** What was found while it was written. */
  readonly lost: readonly Lost[];
  readonly threads: number;
}

const chunkBytes = 8 << 20;
/** What a quick look takes of each role. */
const quickValues = 1 << 20;
/** Where every byte is a transfer, a quick look reads little more than it compares. */
const remoteChunkBytes = 2 << 20;
/** Of the texts, one in so many. */
const quickTexts = 3;
/** Positions of a prompt on which both models are run. */
const promptTokens = 48;
const prompts = [
  'Once upon a time, in a small town by the sea, there lived',
  'The result of the measurement is 42, because',
  'import { readFile } from',
];

const layerOf = (role: string): number | undefined => {
  const match = /^layer\.(\d+)\./.exec(role);
  return match === null ? undefined : Number(match[1]);
};

/** The first, the middle and the last layer stand for the others. */
function sampled(layers: number): (role: string) => boolean {
  const chosen = new Set([0, layers >> 1, layers - 1]);
  return (role) => {
    const layer = layerOf(role);
    return layer === undefined || chosen.has(layer);
  };
}

function tensorDetails(
  compared: readonly TensorComparison[],
  all: number,
): { readonly metrics: Record<string, number>; readonly details: JsonObject } {
  const wrong = compared.filter(({ exact, different, lost }) => lost > 0 || (exact && different > 0));
  const lossy = compared.filter(({ exact }) => !exact);
  const nmse = Math.max(0, ...lossy.map((each) => each.nmse));
  const kinds = [...new Set(lossy.map(({ from, to }) => `${numberFormats[from].name} -> ${numberFormats[to].name}`))];
  return {
    metrics: { 'tensor-mismatches': wrong.length, 'tensor-nmse': nmse },
    details: {
      roles: compared.length,
      of: all,
      values: compared.reduce((sum, { values }) => sum + values, 0),
      mismatches: wrong.map(({ role, different, lost, worst }) => ({ role, different, worst, ...(lost > 0 ? { not_finite: lost } : {}) })),
      lossy: kinds.map((kind) => {
        const of = lossy.filter(({ from, to }) => `${numberFormats[from].name} -> ${numberFormats[to].name}` === kind);
        const worst = of.reduce((most, each) => (each.nmse > most.nmse ? each : most));
        return { types: kind, roles: of.length, nmse: worst.nmse, worst_role: worst.role, worst_difference: worst.worst };
      }),
    },
  };
}

/** Texts whose ids differ, or why nothing could be compared. */
async function compareTokens(
  source: Checkpoint,
  target: Checkpoint,
  every: number,
): Promise<{ readonly mismatches?: number; readonly details: JsonObject }> {
  if (source.tokenizer === undefined) return { details: { skipped: source.tokenizerProblem ?? 'the source has no tokenizer' } };
  if (target.tokenizer === undefined) return { mismatches: 1, details: { problem: target.tokenizerProblem ?? 'the target has no tokenizer' } };
  const [left, right] = [await createTokenizer(source.tokenizer), await createTokenizer(target.tokenizer)];
  const texts = stressTexts(left).filter((_, index) => index % every === 0);
  const different = texts.filter((text) => left.encode(text).join() !== right.encode(text).join());
  return {
    mismatches: different.length,
    details: {
      texts: texts.length,
      different: different.slice(0, 8).map((text) => ({ text, source: left.encode(text), target: right.encode(text) })),
    },
  };
}

async function promptsOf(source: Checkpoint, { h }: Model): Promise<readonly (readonly number[])[]> {
  const most = Math.min(promptTokens, h.contextLength);
  if (source.tokenizer !== undefined) {
    const tokenizer = await createTokenizer(source.tokenizer);
    return prompts.map((text) => tokenizer.encode(text).slice(0, most)).filter(({ length }) => length > 0);
  }
  return [Array.from({ length: most }, (_, index) => Math.floor(uniform(1, 0, index) * h.vocabulary))];
}

/** Logits of all prompts on the processor, one model at a time in memory. */
async function* logitsOf(checkpoint: Checkpoint, ids: readonly (readonly number[])[], threads: number, signal: AbortSignal): Job<Float32Array[]> {
  const longest = Math.max(...ids.map(({ length }) => length));
  const options = { contextLength: longest, chunk: longest, rows: longest, cacheFormat: 'f32' as const, threads };
  const { loaded } = yield* loadOn(checkpoint, { device: 'cpu', gpuLayers: 'auto' }, options);
  try {
    const all: Float32Array[] = [];
    for (const each of ids) {
      signal.throwIfAborted();
      all.push(await allLogits(loaded, each));
    }
    signal.throwIfAborted();
    return all;
  } finally {
    await loaded.engine.close();
  }
}

function worstOf(parts: readonly Divergence[]): Divergence {
  const tokens = parts.reduce((sum, part) => sum + part.tokens, 0);
  const mean = (pick: (part: Divergence) => number): number => parts.reduce((sum, part) => sum + pick(part) * part.tokens, 0) / tokens;
  return { tokens, nmse: mean(({ nmse }) => nmse), top1: mean(({ top1 }) => top1), kld: mean(({ kld }) => kld) };
}

interface Measured {
  readonly metrics: Readonly<Record<string, number>>;
  readonly details: JsonObject;
}

/** Logits of both models on the same prompts. A source that is read by range is not run. */
async function* compareLogits(source: Model, target: Checkpoint, threads: number, signal: AbortSignal): Job<Measured> {
  if (isMounted(source.checkpoint.path)) {
    const skipped = 'the source is read by range, and only a model on this machine is run';
    yield { type: 'warning', code: 'logits-skipped', message: `logits are not compared: ${skipped}`, hint: 'Leave out --remote to compare them' };
    return { metrics: {}, details: { skipped } };
  }
  const ids = await promptsOf(source.checkpoint, source);
  const before = yield* logitsOf(source.checkpoint, ids, threads, signal);
  const after = yield* logitsOf(target, ids, threads, signal);
  if (!before.every((each) => each.every(Number.isFinite)))
    yield { type: 'warning', code: 'not-finite', message: "the source's own logits are not finite: they say nothing of the result" };
  const { tokens, nmse, kld, ...rest } = worstOf(before.map((each, index) => divergence(each, after[index]!, source.h.vocabulary)));
  // What is likeliest among what is no number, nobody can say.
  const top1 = Number.isNaN(nmse) ? NaN : rest.top1;
  return { metrics: { 'logit-nmse': nmse, top1, kld }, details: { prompts: ids.length, tokens, nmse, top1, kld } };
}

const stage = (done: number, total: number): Event => ({ type: 'progress', phase: 'verify', done, total, unit: 'checks' });

/** `path`: what to open of the output. */
export async function* verify(
  source: Model,
  path: string,
  { thoroughness, selection, roles, lost, threads }: VerifyOptions,
  signal: AbortSignal,
): Job<Verification> {
  const full = thoroughness === 'full';
  const target = await openCheckpoint(path);
  yield stage(0, 3);
  const tokens = await compareTokens(source.checkpoint, target, full ? 1 : quickTexts);
  const tokenMetrics = tokens.mismatches === undefined ? {} : { 'token-mismatches': tokens.mismatches };
  yield stage(1, 3);
  const partial = isPartial(selection);
  const model = await understand(target, { partial });
  const compared: TensorComparison[] = [];
  const told = new Set(lost.map(({ role }) => role));
  const wanted = full ? () => true : sampled(source.h.layers);
  const reading = {
    chunkBytes: isMounted(source.checkpoint.path) && !full ? remoteChunkBytes : chunkBytes,
    mostValues: full ? Infinity : quickValues,
  };
  for await (const each of compareTensors(source, model, wanted, reading)) {
    signal.throwIfAborted();
    compared.push(each);
    if (each.lost > 0 && !told.has(each.role)) yield lostWarning({ role: each.role, to: each.to, values: each.lost });
  }
  const tensors = tensorDetails(compared, roles.size);
  const unseen = lost.filter(({ role }) => !compared.some((each) => each.role === role && each.lost > 0));
  const missing = [...roles].filter((role) => !model.bound.has(role));
  yield stage(2, 3);
  const logits = partial ? { metrics: {}, details: { skipped: 'only a part was converted' } } : yield* compareLogits(source, target, threads, signal);
  yield stage(3, 3);
  return {
    metrics: {
      ...tensors.metrics,
      'tensor-mismatches': tensors.metrics['tensor-mismatches']! + missing.length + unseen.length,
      ...tokenMetrics,
      ...logits.metrics,
    },
    details: {
      thoroughness,
      tensors: {
        ...tensors.details,
        ...(missing.length === 0 ? {} : { missing }),
        ...(unseen.length === 0 ? {} : { not_finite: unseen.map(({ role, values }) => ({ role, values })) }),
      },
      tokens: tokens.details,
      logits: logits.details,
    },
  };
}
