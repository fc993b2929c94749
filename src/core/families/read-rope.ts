// Rotary settings from both Hugging Face dialects (v4 `rope_theta` + `rope_scaling`, v5 `rope_parameters`) and from GGUF keys.
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { count, showShape } from '../base/shape.js';
import type { Hyperparameters } from '../blocks/block.js';
import type { RopeScaling, RopeSettings } from '../blocks/positions.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { decodeTensor } from '../checkpoints/read-tensor.js';
import { named, quoted, shown } from '../text/quoted.js';
import { configPrefix } from './read-fields.js';
import { refusal } from './refusal.js';

/** Numbers out of config fields; what is wrong with them is collected. */
interface Numbers {
  /** The number of a field, or `otherwise` where the file has no such field. */
  read(name: string, otherwise?: number): number;
}

function numbersOf(fields: JsonObject, prefix: string, problems: string[]): Numbers {
  return {
    read: (name, otherwise) => {
      const value = fields[prefix + name];
      if (typeof value === 'number') return value;
      if (value === undefined && otherwise !== undefined) return otherwise;
      problems.push(`${named(prefix + name)} is ${value === undefined ? 'missing' : `${shown(value)}, expected a number`}`);
      return NaN;
    },
  };
}

type Scalings = Readonly<Record<string, (numbers: Numbers) => RopeScaling>>;
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
};

/** GGUF's own; a file may write factors without naming the type, which is linear then. */
const ggufScalings: Scalings = {
  none: unscaled,
  linear: ({ read }) => {
    const factor = read('rope.scaling.factor', read('rope.scale_linear', 1));
    return factor === 1 ? unscaled() : { type: 'linear', factor };
  },
};

function scalingOf(scalings: Scalings, type: Json, numbers: Numbers, path: string): RopeScaling {
  if (typeof type === 'string' && Object.hasOwn(scalings, type)) return scalings[type]!(numbers);
  throw new LlmxError('unsupported', `${path}: rope scaling ${shown(type)} is not supported`, `Supported: ${Object.keys(scalings).join(', ')}`);
}

/** Fields of `rope_scaling` and `rope_parameters` that are understood. */
const parameterNames: ReadonlySet<string> = new Set([
  ...['rope_type', 'type', 'rope_theta', 'partial_rotary_factor', 'factor'],
  ...['low_freq_factor', 'high_freq_factor', 'original_max_position_embeddings'],
]);

function huggingfaceRope({ config, path }: Checkpoint, h: Hyperparameters, problems: string[]): RopeSettings {
  const parameters: Record<string, Json | undefined> = {};
  for (const field of ['rope_scaling', 'rope_parameters']) {
    const value = config[field] ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) Object.assign(parameters, value);
    else problems.push(`${field} is ${shown(value)}, expected an object`);
  }
  for (const name of Object.keys(parameters))
    if (!parameterNames.has(name))
      problems.push(`rope parameter ${quoted(name)} = ${shown(parameters[name])} is unknown and may change the mathematics`);
  const numbers = numbersOf(parameters, '', problems);
  const base = Object.hasOwn(parameters, 'rope_theta') ? numbers.read('rope_theta') : numbersOf(config, '', problems).read('rope_theta', 10000);
  const width = Math.trunc(h.headWidth * numbers.read('partial_rotary_factor', 1));
  const type = parameters['rope_type'] ?? parameters['type'] ?? 'default';
  return { base, width, scaling: scalingOf(huggingfaceScalings, type, numbers, path) };
}

async function ggufRope(checkpoint: Checkpoint, h: Hyperparameters, problems: string[]): Promise<RopeSettings> {
  const { config, tensors, path } = checkpoint;
  const prefix = configPrefix(checkpoint);
  const numbers = numbersOf(config, prefix, problems);
  const base = numbers.read('rope.freq_base', 10000);
  const width = numbers.read('rope.dimension_count', h.headWidth);
  const scaling = scalingOf(ggufScalings, config[`${prefix}rope.scaling.type`] ?? 'linear', numbers, path);
  const divisors = tensors.get('rope_freqs.weight');
  if (divisors === undefined) return { base, width, scaling };
  if (count(divisors.shape) !== width / 2) {
    problems.push(`rope_freqs.weight is ${showShape(divisors.shape)}, a rotary width of ${width} needs ${width / 2} divisors`);
    return { base, width, scaling };
  }
  const factor = scaling.type === 'linear' ? scaling.factor : 1;
  return { base, width, scaling: { type: 'divisors', divisors: Array.from(await decodeTensor(divisors), (divisor) => divisor * factor) } };
}

const isPositive = (value: number): boolean => value > 0 && Number.isFinite(value);

/** What is wrong with numbers that are numbers. */
function rangeProblems({ base, width, scaling }: RopeSettings, h: Hyperparameters): readonly string[] {
  const problems: string[] = [];
  if (!(width > 0 && width % 2 === 0 && width <= h.headWidth))
    problems.push(`the rotary width is ${width}, expected an even number up to the head width of ${h.headWidth}`);
  const factors = scaling.type === 'divisors' ? scaling.divisors : Object.values(scaling).filter((value) => typeof value === 'number');
  if (!isPositive(base)) problems.push(`the rotary base is ${base}, expected a positive number`);
  const wrong = factors.find((factor) => !isPositive(factor));
  if (wrong !== undefined) problems.push(`a rope scaling factor is ${wrong}, expected a positive number`);
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
