// Rotary settings as a dialect spells them; what it cannot spell is a refusal in words.
import type { JsonObject } from '../base/event.js';
import type { Hyperparameters } from '../blocks/block.js';
import {
  longropeAttentionFactor,
  ropeFrequencies,
  ropeScale,
  yarnAttentionFactor,
  type RopeScaling,
  type RopeSettings,
  type YarnScaling,
} from '../blocks/positions.js';
import type { Dialect } from '../checkpoints/checkpoint.js';
import { ropeTensors, usualBetaFast, usualBetaSlow } from './rope-names.js';

export interface WrittenRope {
  readonly fields: JsonObject;
  /** Small tensors that GGUF keeps the settings in, by name. */
  readonly tensors?: ReadonlyMap<string, Float32Array>;
  readonly refusals: readonly string[];
}

/**
 * The llama3 scaling that gives these divisors, where one does. Between its two ends 1 / divisor is a line over the frequency, and
 * from the line come two of its three numbers: the low frequency factor is taken as 1, as in every published model.
 */
function llama3Of(rope: RopeSettings): RopeScaling | undefined {
  const divisors = divisorsOf(rope);
  const frequencies = ropeFrequencies({ ...rope, scaling: { type: 'default' } }, 1);
  const factor = Math.max(...divisors);
  const smooth = [...divisors].map((divisor) => (1 / divisor - 1 / factor) / (1 - 1 / factor));
  const ramp = smooth.flatMap((value, k) => (value > 1e-3 && value < 1 - 1e-3 ? [[frequencies[k]!, value] as const] : []));
  const [first, last] = [ramp[0], ramp.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  // A single point on the line leaves one more number free: 4 in every published model.
  const slope = first === last ? (first[1] + 1 / 3) / first[0] : (first[1] - last[1]) / (first[0] - last[0]);
  const high = 1 + 1 / (slope * first[0] - first[1]);
  const context = slope * 2 * Math.PI * (high - 1);
  const candidates = [high, Math.round(high)].flatMap((highFrequencyFactor): RopeScaling[] => [
    {
      type: 'llama3',
      factor: Math.abs(factor - Math.round(factor)) < closeEnough * factor ? Math.round(factor) : factor,
      lowFrequencyFactor: 1,
      highFrequencyFactor,
      originalContextLength: highFrequencyFactor === high ? context : Math.round(context),
    },
  ]);
  return candidates.toReversed().find((scaling) => sameRope({ ...rope, scaling }, rope));
}

/** Divisors are stored in float32, after a computation in float32. */
const closeEnough = 1e-5;
const close = (left: number, right: number): boolean => Math.abs(left - right) <= closeEnough * Math.abs(left);

/** Contexts that tell two settings apart: those with two tables take one or the other. */
const bothContexts = [1, Infinity];

function divisorsOf(rope: RopeSettings): Float32Array {
  const plain = ropeFrequencies({ ...rope, scaling: { type: 'default' } }, 1);
  return ropeFrequencies(rope, 1).map((frequency, k) => plain[k]! / frequency);
}

/** Whether two settings turn queries and keys alike, at any length. */
export function sameRope(left: RopeSettings, right: RopeSettings): boolean {
  if (left.width !== right.width || !close(ropeScale(left), ropeScale(right))) return false;
  const changesAt = ({ scaling }: RopeSettings): number | undefined => (scaling.type === 'longrope' ? scaling.originalContextLength : undefined);
  if (changesAt(left) !== changesAt(right)) return false;
  return bothContexts.every((contextLength) => {
    const [a, b] = [ropeFrequencies(left, contextLength), ropeFrequencies(right, contextLength)];
    return a.every((frequency, k) => close(frequency, b[k]!));
  });
}

const yarnBetas = ({ betaFast, betaSlow }: YarnScaling, names: readonly [string, string]): JsonObject => ({
  ...(betaFast === usualBetaFast ? {} : { [names[0]]: betaFast }),
  ...(betaSlow === usualBetaSlow ? {} : { [names[1]]: betaSlow }),
});

/** `attention_factor`, where it is not what the reader computes by itself. */
const unusual = (attentionFactor: number, usual: number): JsonObject => (close(attentionFactor, usual) ? {} : { attention_factor: attentionFactor });

/** The object that Hugging Face configs call `rope_scaling`. */
function huggingfaceScaling(scaling: Exclude<RopeScaling, { type: 'divisors' }>, { contextLength }: Hyperparameters): JsonObject | undefined {
  switch (scaling.type) {
    case 'default':
      return undefined;
    case 'linear':
      return { rope_type: 'linear', factor: scaling.factor };
    case 'llama3':
      return {
        rope_type: 'llama3',
        factor: scaling.factor,
        low_freq_factor: scaling.lowFrequencyFactor,
        high_freq_factor: scaling.highFrequencyFactor,
        original_max_position_embeddings: scaling.originalContextLength,
      };
    case 'yarn':
      return {
        rope_type: 'yarn',
        factor: scaling.factor,
        original_max_position_embeddings: scaling.originalContextLength,
        ...yarnBetas(scaling, ['beta_fast', 'beta_slow']),
        ...(scaling.truncate ? {} : { truncate: false }),
        ...unusual(scaling.attentionFactor, yarnAttentionFactor(scaling.factor)),
      };
    case 'longrope': {
      const { originalContextLength, attentionFactor } = scaling;
      const factor = contextLength / originalContextLength;
      return {
        rope_type: 'longrope',
        factor,
        original_max_position_embeddings: originalContextLength,
        short_factor: scaling.shortDivisors,
        long_factor: scaling.longDivisors,
        ...unusual(attentionFactor, longropeAttentionFactor(factor, originalContextLength)),
      };
    }
    default:
      return scaling satisfies never;
  }
}

/** Why a Hugging Face config cannot say it; undefined where all features of a head turn. */
export const partlyTurned = ({ width }: RopeSettings, h: Hyperparameters): string | undefined =>
  width === h.headWidth
    ? undefined
    : `${width} of ${h.headWidth} features of a head turn (partial_rotary_factor), and in Transformers' classes of these families all do`;

function huggingfaceRope(rope: RopeSettings, h: Hyperparameters): WrittenRope {
  const partial = partlyTurned(rope, h);
  if (partial !== undefined) return { fields: {}, refusals: [partial] };
  const { base } = rope;
  const scaling = rope.scaling.type !== 'divisors' ? rope.scaling : llama3Of(rope);
  const fields: Record<string, JsonObject | number> = { rope_theta: base };
  if (scaling === undefined || scaling.type === 'divisors')
    return { fields, refusals: [`the divisors of ${ropeTensors.divisors} are of no llama3 scaling, and config.json has no field for others`] };
  const written = huggingfaceScaling(scaling, h);
  return { fields: written === undefined ? fields : { ...fields, rope_scaling: written }, refusals: [] };
}

/** Yarn's factor of cos and sin is computed by GGUF's readers; the file says what it is multiplied by. */
function ggufYarn(scaling: YarnScaling): Pick<WrittenRope, 'fields' | 'refusals'> {
  const attention = scaling.attentionFactor / yarnAttentionFactor(scaling.factor);
  return {
    fields: {
      'rope.scaling.type': 'yarn',
      'rope.scaling.factor': scaling.factor,
      'rope.scaling.original_context_length': scaling.originalContextLength,
      ...(close(attention, 1) ? {} : { 'rope.scaling.attn_factor': attention }),
      ...yarnBetas(scaling, ['rope.scaling.yarn_beta_fast', 'rope.scaling.yarn_beta_slow']),
    },
    refusals: scaling.truncate ? [] : ['its yarn scaling has truncate = false, and GGUF has no field for it'],
  };
}

function ggufRope(rope: RopeSettings): WrittenRope {
  const { base, width, scaling } = rope;
  const fields: Record<string, string | number> = { 'rope.dimension_count': width, 'rope.freq_base': base };
  switch (scaling.type) {
    case 'default':
      return { fields, refusals: [] };
    case 'linear':
      return { fields: { ...fields, 'rope.scaling.type': 'linear', 'rope.scaling.factor': scaling.factor }, refusals: [] };
    case 'llama3':
    case 'divisors':
      return { fields, tensors: new Map([[ropeTensors.divisors, divisorsOf(rope)]]), refusals: [] };
    case 'yarn': {
      const written = ggufYarn(scaling);
      return { ...written, fields: { ...fields, ...written.fields } };
    }
    case 'longrope':
      return {
        fields: {
          ...fields,
          'rope.scaling.type': 'longrope',
          'rope.scaling.original_context_length': scaling.originalContextLength,
          'rope.scaling.attn_factor': scaling.attentionFactor,
        },
        tensors: new Map([
          [ropeTensors.longrope.short, Float32Array.from(scaling.shortDivisors)],
          [ropeTensors.longrope.long, Float32Array.from(scaling.longDivisors)],
        ]),
        refusals: [],
      };
    default:
      return scaling satisfies never;
  }
}

/** llama2.c's code fixes the base and knows no scaling. */
function llama2cRope({ base, width, scaling }: RopeSettings, h: Hyperparameters): WrittenRope {
  const refusals: string[] = [];
  if (base !== 10000) refusals.push(`its rotary base is ${base}, llama2.c computes with 10000`);
  if (width !== h.headWidth) refusals.push(`its rotary width is ${width}, llama2.c rotates the whole head of ${h.headWidth}`);
  if (scaling.type !== 'default') refusals.push(`its rotary positions are scaled (${scaling.type}), llama2.c knows no scaling`);
  return { fields: {}, refusals };
}

const writers: Readonly<Record<Dialect, (rope: RopeSettings, h: Hyperparameters) => WrittenRope>> = {
  huggingface: huggingfaceRope,
  gguf: ggufRope,
  llama2c: llama2cRope,
};

export const writeRope = (rope: RopeSettings, h: Hyperparameters, dialect: Dialect): WrittenRope => writers[dialect](rope, h);
