// Rotary settings from both Hugging Face dialects (v4 `rope_theta` + `rope_scaling`, v5 `rope_parameters`) and from GGUF keys.
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import type { Hyperparameters } from '../blocks/block.js';
import type { RopeScaling, RopeSettings } from '../blocks/positions.js';
import type { Checkpoint } from '../checkpoints/checkpoint.js';
import { decodeTensor } from '../checkpoints/read-tensor.js';
import { configPrefix } from './read-fields.js';

const object = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
const number = (value: Json | undefined, fallback: number): number => (typeof value === 'number' ? value : fallback);

/** The scalings that are computed, by the name that config files give them. */
const scalings: Readonly<Record<string, (p: JsonObject, h: Hyperparameters) => RopeScaling>> = {
  default: () => ({ type: 'default' }),
  none: () => ({ type: 'default' }),
  linear: (p) => ({ type: 'linear', factor: number(p['factor'], 1) }),
  llama3: (p, h) => ({
    type: 'llama3',
    factor: number(p['factor'], 8),
    lowFrequencyFactor: number(p['low_freq_factor'], 1),
    highFrequencyFactor: number(p['high_freq_factor'], 4),
    originalContextLength: number(p['original_max_position_embeddings'], h.contextLength),
  }),
};

function scalingOf(type: string, parameters: JsonObject, h: Hyperparameters, path: string): RopeScaling {
  const make = scalings[type];
  if (make === undefined)
    throw new LlmxError(
      'unsupported',
      `${path}: rope scaling ${JSON.stringify(type)} is not supported`,
      `Supported: ${Object.keys(scalings).join(', ')}`,
    );
  return make(parameters, h);
}

export async function readRope(checkpoint: Checkpoint, h: Hyperparameters): Promise<RopeSettings> {
  const settings = await read(checkpoint, h);
  const { base, width, scaling } = settings;
  const problems = [
    ...(width % 2 === 0 && width > 0 && width <= h.headWidth ? [] : [`rotary width ${width} must be even and at most the head width ${h.headWidth}`]),
    ...(base > 0 && Number.isFinite(base) ? [] : [`rotary base ${base} must be positive`]),
    ...(scaling.type === 'divisors' && scaling.divisors.length !== width / 2
      ? [`rope_freqs.weight has ${scaling.divisors.length} divisors, expected ${width / 2}`]
      : []),
    ...('factor' in scaling && !(scaling.factor > 0) ? [`rope scaling factor ${scaling.factor} must be positive`] : []),
  ];
  if (problems.length > 0) throw new LlmxError('malformed', problems.map((problem) => `${checkpoint.path}: ${problem}`).join('\n'));
  return settings;
}

async function read(checkpoint: Checkpoint, h: Hyperparameters): Promise<RopeSettings> {
  const { config, dialect, tensors, path } = checkpoint;
  if (dialect === 'huggingface') {
    const parameters = { ...object(config['rope_scaling']), ...object(config['rope_parameters']) };
    const type = String(parameters['rope_type'] ?? parameters['type'] ?? 'default');
    const width = Math.round(h.headWidth * number(parameters['partial_rotary_factor'], 1));
    return { base: number(parameters['rope_theta'], number(config['rope_theta'], 10000)), width, scaling: scalingOf(type, parameters, h, path) };
  }
  const prefix = configPrefix(checkpoint);
  const base = number(config[`${prefix}rope.freq_base`], 10000);
  const width = number(config[`${prefix}rope.dimension_count`], h.headWidth);
  const divisors = tensors.get('rope_freqs.weight');
  if (divisors !== undefined) return { base, width, scaling: { type: 'divisors', divisors: [...(await decodeTensor(divisors))] } };
  const factor = number(config[`${prefix}rope.scaling.factor`], number(config[`${prefix}rope.scale_linear`], 1));
  const type = String(config[`${prefix}rope.scaling.type`] ?? (factor === 1 ? 'none' : 'linear'));
  return { base, width, scaling: scalingOf(type, { factor }, h, path) };
}
