// Rotary settings as a dialect spells them; what it cannot spell is a refusal in words.
import type { JsonObject } from '../base/event.js';
import type { Hyperparameters } from '../blocks/block.js';
import { ropeFrequencies, type RopeScaling, type RopeSettings } from '../blocks/positions.js';
import type { Dialect } from '../checkpoints/checkpoint.js';

export interface WrittenRope {
  readonly fields: JsonObject;
  /** GGUF's `rope_freqs.weight`: what each frequency is divided by. */
  readonly divisors?: Float32Array;
  readonly refusals: readonly string[];
}

/**
 * The llama3 scaling that gives these divisors, where one does. Between its two ends 1 / divisor is a line over the frequency, and
 * from the line come two of its three numbers: the low frequency factor is taken as 1, as in every published model.
 */
function llama3Of(rope: RopeSettings): RopeScaling | undefined {
  const divisors = divisorsOf(rope);
  const frequencies = ropeFrequencies({ ...rope, scaling: { type: 'default' } });
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

export function divisorsOf(rope: RopeSettings): Float32Array {
  const plain = ropeFrequencies({ ...rope, scaling: { type: 'default' } });
  return ropeFrequencies(rope).map((frequency, k) => plain[k]! / frequency);
}

export function sameRope(left: RopeSettings, right: RopeSettings): boolean {
  if (left.width !== right.width) return false;
  const [a, b] = [ropeFrequencies(left), ropeFrequencies(right)];
  return a.every((frequency, k) => Math.abs(frequency - b[k]!) <= closeEnough * Math.abs(frequency));
}

function huggingfaceRope(rope: RopeSettings, h: Hyperparameters): WrittenRope {
  const { base, width } = rope;
  const scaling = rope.scaling.type !== 'divisors' ? rope.scaling : llama3Of(rope);
  const fields: Record<string, JsonObject | number> = { rope_theta: base };
  if (width !== h.headWidth) fields['partial_rotary_factor'] = width / h.headWidth;
  if (scaling === undefined)
    return { fields, refusals: ['the divisors of rope_freqs are of no llama3 scaling, and config.json has no field for others'] };
  if (scaling.type === 'linear') fields['rope_scaling'] = { rope_type: 'linear', factor: scaling.factor };
  if (scaling.type === 'llama3')
    fields['rope_scaling'] = {
      rope_type: 'llama3',
      factor: scaling.factor,
      low_freq_factor: scaling.lowFrequencyFactor,
      high_freq_factor: scaling.highFrequencyFactor,
      original_max_position_embeddings: scaling.originalContextLength,
    };
  return { fields, refusals: [] };
}

function ggufRope(rope: RopeSettings): WrittenRope {
  const { base, width, scaling } = rope;
  const fields: Record<string, string | number> = { 'rope.dimension_count': width, 'rope.freq_base': base };
  if (scaling.type === 'default') return { fields, refusals: [] };
  if (scaling.type === 'linear') return { fields: { ...fields, 'rope.scaling.type': 'linear', 'rope.scaling.factor': scaling.factor }, refusals: [] };
  return { fields, divisors: divisorsOf(rope), refusals: [] };
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
