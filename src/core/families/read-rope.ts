// Rotary settings from both Hugging Face dialects (v4 `rope_theta` + `rope_scaling`, v5 `rope_parameters`) and from GGUF keys.
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { count, showShape } from '../base/shape.js';
import type { Hyperparameters } from '../blocks/block.js';
import { longropeAttentionFactor, yarnAttentionFactor, type RopeScaling, type RopeSettings } from '../blocks/positions.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { decodeTensor } from '../checkpoints/read-tensor.js';
import { named, quoted, shown } from '../text/quoted.js';
import { configPrefix } from './read-fields.js';
import { refusal } from './refusal.js';
import { ropeTensors, usualBetaFast, usualBetaSlow } from './rope-names.js';

/** Numbers out of config fields; what is wrong with them is collected. */
interface Numbers {
  /** The number of a field, or `otherwise` where the file has no such field. */
  read(name: string, otherwise?: number): number;
  /** The number of a field that may be null or absent. */
  optional(name: string): number | undefined;
  list(name: string, length: number): readonly number[];
  flag(name: string, otherwise: boolean): boolean;
}

function numbersOf(fields: JsonObject, prefix: string, problems: string[]): Numbers {
  const fieldOf = (name: string): Json | undefined => fields[prefix + name];
  const complain = (name: string, expected: string): void => {
    const value = fieldOf(name);
    problems.push(`${named(prefix + name)} is ${value === undefined ? 'missing' : `${shown(value)}, expected ${expected}`}`);
  };
  const read = (name: string, otherwise?: number): number => {
    const value = fieldOf(name);
    if (typeof value === 'number') return value;
    if (value === undefined && otherwise !== undefined) return otherwise;
    complain(name, 'a number');
    return NaN;
  };
  return {
    read,
    optional: (name) => ((fieldOf(name) ?? undefined) === undefined ? undefined : read(name)),
    list(name, length) {
      const value = fieldOf(name);
      if (Array.isArray(value) && value.length === length && value.every((each) => typeof each === 'number')) return value as readonly number[];
      complain(name, `${length} numbers`);
      return [];
    },
    flag(name, otherwise) {
      const value = fieldOf(name) ?? otherwise;
      if (typeof value === 'boolean') return value;
      complain(name, 'true or false');
      return otherwise;
    },
  };
}

/** What scalings take from elsewhere in the file. */
interface Surroundings {
  /** Rotated features of a head. */
  readonly width: number;
  readonly contextLength: number;
}

type Scalings = Readonly<Record<string, (numbers: Numbers, surroundings: Surroundings) => RopeScaling>>;
const unscaled = (): RopeScaling => ({ type: 'default' });

/** The scalings that are computed, by the name that config files give them. */
const huggingfaceScalings: Scalings = {
  default: unscaled,
  linear: ({ read }) => ({ type: 'linear', factor: read('factor') }),
  llama3: ({ read }) => ({
    type: 'llama3',
    factor: read('factor'),
    lowFrequencyFactor: read('low_freq_factor'),
    highFrequencyFactor: read('high_freq_factor'),
    originalContextLength: read('original_max_position_embeddings'),
  }),
  yarn({ read, optional, flag }, { contextLength }) {
    const originalContextLength = read('original_max_position_embeddings', contextLength);
    const factor = optional('factor') ?? contextLength / originalContextLength;
    const [scale, scaleAll] = [optional('mscale'), optional('mscale_all_dim')];
    const usual = scale && scaleAll ? yarnAttentionFactor(factor, scale) / yarnAttentionFactor(factor, scaleAll) : yarnAttentionFactor(factor);
    return {
      type: 'yarn',
      factor,
      originalContextLength,
      // Zero means the usual value to Transformers.
      betaFast: optional('beta_fast') || usualBetaFast,
      betaSlow: optional('beta_slow') || usualBetaSlow,
      truncate: flag('truncate', true),
      attentionFactor: optional('attention_factor') ?? usual,
    };
  },
  longrope({ read, optional, list }, { width, contextLength }) {
    const originalContextLength = read('original_max_position_embeddings', contextLength);
    const factor = optional('factor') ?? contextLength / originalContextLength;
    return {
      type: 'longrope',
      shortDivisors: list('short_factor', width / 2),
      longDivisors: list('long_factor', width / 2),
      originalContextLength,
      attentionFactor: optional('attention_factor') ?? longropeAttentionFactor(factor, originalContextLength),
    };
  },
};

/** GGUF's own; a file may write factors without naming the type, which is linear then. Tables of divisors are tensors and come later. */
const ggufScalings: Scalings = {
  none: unscaled,
  linear: ({ read }) => {
    const factor = read('rope.scaling.factor', read('rope.scale_linear', 1));
    return factor === 1 ? unscaled() : { type: 'linear', factor };
  },
  yarn({ read }, { contextLength }) {
    const factor = read('rope.scaling.factor');
    return {
      type: 'yarn',
      factor,
      originalContextLength: read('rope.scaling.original_context_length', contextLength),
      betaFast: read('rope.scaling.yarn_beta_fast', usualBetaFast),
      betaSlow: read('rope.scaling.yarn_beta_slow', usualBetaSlow),
      truncate: true,
      attentionFactor: read('rope.scaling.attn_factor', 1) * yarnAttentionFactor(factor),
    };
  },
  longrope: ({ read }, { contextLength }) => ({
    type: 'longrope',
    shortDivisors: [],
    longDivisors: [],
    originalContextLength: read('rope.scaling.original_context_length', contextLength),
    attentionFactor: read('rope.scaling.attn_factor', 1),
  }),
};

function scalingOf(scalings: Scalings, type: Json, numbers: Numbers, surroundings: Surroundings, path: string): RopeScaling {
  if (typeof type === 'string' && Object.hasOwn(scalings, type)) return scalings[type]!(numbers, surroundings);
  throw new LlmxError('unsupported', `${path}: rope scaling ${shown(type)} is not supported`, `Supported: ${Object.keys(scalings).join(', ')}`);
}

/** Fields of `rope_scaling` and `rope_parameters` that are understood. */
const parameterNames: ReadonlySet<string> = new Set([
  ...['rope_type', 'type', 'rope_theta', 'partial_rotary_factor', 'factor', 'original_max_position_embeddings'],
  ...['low_freq_factor', 'high_freq_factor'],
  ...['attention_factor', 'beta_fast', 'beta_slow', 'mscale', 'mscale_all_dim', 'truncate', 'finetuned'],
  ...['short_factor', 'long_factor'],
]);

function huggingfaceRope({ config, path }: Checkpoint, h: Hyperparameters, problems: string[]): RopeSettings {
  const parameters: Record<string, Json | undefined> = {};
  for (const field of ['rope_scaling', 'rope_parameters']) {
    const value = config[field] ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) problems.push(`${field} is ${shown(value)}, expected an object`);
    // To Transformers 5, too, the older field stands in place of the newer, where it says anything.
    else if (Object.keys(parameters).length === 0) Object.assign(parameters, value);
  }
  for (const name of Object.keys(parameters))
    if (!parameterNames.has(name))
      problems.push(`rope parameter ${quoted(name)} = ${shown(parameters[name])} is unknown and may change the mathematics`);
  // To Transformers the field outside wins.
  const original = config['original_max_position_embeddings'] ?? undefined;
  if (original !== undefined) parameters['original_max_position_embeddings'] = original;
  const [inside, outside] = [numbersOf(parameters, '', problems), numbersOf(config, '', problems)];
  const either = (name: string, otherwise: number): number => (Object.hasOwn(parameters, name) ? inside.read(name) : outside.read(name, otherwise));
  const base = either('rope_theta', 10000);
  const width = Math.trunc(h.headWidth * either('partial_rotary_factor', 1));
  const type = parameters['rope_type'] ?? parameters['type'] ?? 'default';
  return { base, width, scaling: scalingOf(huggingfaceScalings, type, inside, { width, contextLength: h.contextLength }, path) };
}

async function ggufRope(checkpoint: Checkpoint, h: Hyperparameters, problems: string[]): Promise<RopeSettings> {
  const { config, path } = checkpoint;
  const prefix = configPrefix(checkpoint);
  const numbers = numbersOf(config, prefix, problems);
  const base = numbers.read('rope.freq_base', 10000);
  const width = numbers.read('rope.dimension_count', h.headWidth);
  const type = config[`${prefix}rope.scaling.type`] ?? 'linear';
  const scaling = scalingOf(ggufScalings, type, numbers, { width, contextLength: h.contextLength }, path);
  if (!('attentionFactor' in scaling) && numbers.read('rope.scaling.attn_factor', 1) !== 1)
    problems.push(
      `${named(`${prefix}rope.scaling.attn_factor`)} is ${shown(config[`${prefix}rope.scaling.attn_factor`])} beside ${scaling.type} scaling`,
    );
  return { base, width, scaling: await withDivisors(scaling, width, checkpoint, problems) };
}

/** A scaling with the tables that a GGUF file keeps as tensors. */
async function withDivisors(scaling: RopeScaling, width: number, { tensors }: Checkpoint, problems: string[]): Promise<RopeScaling> {
  const tableOf = async (name: string): Promise<readonly number[] | undefined> => {
    const tensor = tensors.get(name);
    if (tensor === undefined) return undefined;
    if (count(tensor.shape) === width / 2) return Array.from(await decodeTensor(tensor));
    problems.push(`${name} is ${showShape(tensor.shape)}, a rotary width of ${width} needs ${width / 2} divisors`);
    return undefined;
  };
  if (scaling.type === 'longrope') {
    for (const name of Object.values(ropeTensors.longrope))
      if (!tensors.has(name)) problems.push(`tensor ${name} is missing, and the rope scaling is longrope`);
    const [shortDivisors, longDivisors] = [await tableOf(ropeTensors.longrope.short), await tableOf(ropeTensors.longrope.long)];
    return { ...scaling, shortDivisors: shortDivisors ?? [], longDivisors: longDivisors ?? [] };
  }
  const divisors = await tableOf(ropeTensors.divisors);
  if (divisors === undefined) return scaling;
  if (scaling.type !== 'linear' && scaling.type !== 'default') {
    problems.push(`${ropeTensors.divisors} lies beside ${scaling.type} scaling, of which one is meant`);
    return scaling;
  }
  const factor = scaling.type === 'linear' ? scaling.factor : 1;
  return { type: 'divisors', divisors: divisors.map((divisor) => divisor * factor) };
}

const isPositive = (value: number): boolean => value > 0 && Number.isFinite(value);

/** What is wrong with numbers that are numbers. */
function rangeProblems({ base, width, scaling }: RopeSettings, h: Hyperparameters): readonly string[] {
  const problems: string[] = [];
  if (!(width > 0 && width % 2 === 0 && width <= h.headWidth))
    problems.push(`the rotary width is ${width}, expected an even number up to the head width of ${h.headWidth}`);
  const factors = Object.values(scaling).flatMap((value: unknown) =>
    Array.isArray(value) ? (value as readonly number[]) : typeof value === 'number' ? [value] : [],
  );
  if (!isPositive(base)) problems.push(`the rotary base is ${base}, expected a positive number`);
  const wrong = factors.find((factor) => !isPositive(factor));
  if (wrong !== undefined) problems.push(`a rope scaling factor is ${wrong}, expected a positive number`);
  if (scaling.type === 'yarn' && base <= 1) problems.push(`the rotary base is ${base}, yarn needs one above 1`);
  if (scaling.type === 'llama3' && !(scaling.lowFrequencyFactor < scaling.highFrequencyFactor))
    problems.push(`low_freq_factor ${scaling.lowFrequencyFactor} is not below high_freq_factor ${scaling.highFrequencyFactor}`);
  return problems;
}

/** Throws LlmxError `unsupported` for a scaling that is not computed, `malformed` for numbers that cannot be. */
export async function readRope(checkpoint: Checkpoint, h: Hyperparameters): Promise<RopeSettings> {
  const problems: string[] = [];
  const settings = checkpoint.dialect === 'huggingface' ? huggingfaceRope(checkpoint, h, problems) : await ggufRope(checkpoint, h, problems);
  if (problems.length === 0) problems.push(...rangeProblems(settings, h));
  if (problems.length === 0) return settings;
  throw refusal(
    'malformed',
    problems.map((problem) => `${checkpoint.path}: ${problem}`),
  );
}
