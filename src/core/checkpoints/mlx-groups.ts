// Affine groups of MLX in a folder of safetensors: three tensors for each matrix, joined to one as `quantization` in config.json says.
import { LlmxError } from '../base/error.js';
import type { Json, JsonObject } from '../base/event.js';
import { numberFormats, type NumberFormatKey } from '../numbers/index.js';
import { isMlxShape, mlxKey } from '../numbers/mlx-affine.js';
import { quoted, shown } from '../text/quoted.js';
import type { Checkpoint, Tensor } from './checkpoint.js';
import { isObject } from './json.js';

const fieldNames = ['quantization', 'quantization_config'] as const;

interface Grouping {
  readonly bits: number;
  readonly length: number;
}

function grouping(path: string, value: JsonObject, field: string): Grouping {
  const mode = value['mode'] ?? 'affine';
  if (mode !== 'affine')
    throw new LlmxError(
      'unsupported',
      `${path}: ${field} has the mode ${shown(mode)}`,
      'Affine groups are read; mlx_lm.convert --dequantize writes plain weights',
    );
  const [bits, length] = [value['bits'], value['group_size']];
  if (typeof bits !== 'number' || typeof length !== 'number' || !isMlxShape(bits, length))
    throw new LlmxError(
      'unsupported',
      `${path}: ${field} has ${shown(bits)} bits in groups of ${shown(length)}`,
      '2, 3, 4, 6 and 8 bits in groups of 32, 64 and 128 are read',
    );
  return { bits, length };
}

/** Groups of a module: its own, or those of the whole model. */
function groupingOf(path: string, quantization: JsonObject, module: string): Grouping | undefined {
  const own: Json | undefined = quantization[module];
  if (own === false) return undefined;
  return isObject(own)
    ? grouping(path, { ...quantization, ...own }, `the quantization of ${quoted(module)}`)
    : grouping(path, quantization, fieldNames[0]);
}

const scaleTypes: Readonly<Partial<Record<NumberFormatKey, 'f16' | 'bf16'>>> = { f16: 'f16', bf16: 'bf16' };

/** The three tensors of a module as one, checked against each other. */
function join(path: string, codes: Tensor, scales: Tensor, biases: Tensor, { bits, length }: Grouping): Tensor {
  const kind = scaleTypes[scales.format];
  if (kind === undefined || biases.format !== scales.format)
    throw new LlmxError(
      'unsupported',
      `${path}: ${quoted(scales.name)} is ${numberFormats[scales.format].name}, its biases are ${numberFormats[biases.format].name}`,
      'F16 and BF16 are read',
    );
  const width = ((codes.shape.at(-1) ?? 0) * 32) / bits;
  const rows = codes.shape.slice(0, -1);
  const groups = [...rows, width / length].join();
  if (!Number.isInteger(width / length) || scales.shape.join() !== groups || biases.shape.join() !== groups)
    throw new LlmxError(
      'malformed',
      `${path}: ${quoted(codes.name)} holds rows of ${width} values, ${quoted(scales.name)} is [${scales.shape.join(', ')}], expected [${groups}]`,
      'bits and group_size of config.json must be those of the file',
    );
  return {
    name: codes.name,
    shape: [...rows, width],
    format: mlxKey(bits as 4, length as 64, kind),
    planes: [codes.planes[0]!, scales.planes[0]!, biases.planes[0]!],
  };
}

/** A folder's weights with its groups joined. `words`: tensors of 32-bit words, which the safetensors reader passes over. */
export function joinGroups(checkpoint: Checkpoint, words: ReadonlyMap<string, Tensor>): Checkpoint {
  const { config, path } = checkpoint;
  const quantization = fieldNames.map((name) => config[name]).find(isObject);
  if (quantization === undefined || quantization['quant_method'] !== undefined || quantization['group_size'] === undefined) return checkpoint;
  const tensors = new Map(checkpoint.tensors);
  const skipped = new Map(checkpoint.skipped);
  for (const [name, codes] of words) {
    const module = name.replace(/\.weight$/, '');
    const [scales, biases] = [tensors.get(`${module}.scales`), tensors.get(`${module}.biases`)];
    const groups = groupingOf(path, quantization, module);
    if (scales === undefined || biases === undefined || groups === undefined || !name.endsWith('.weight')) continue;
    tensors.set(name, join(path, codes, scales, biases, groups));
    for (const part of [scales, biases]) tensors.delete(part.name);
    skipped.delete(name);
  }
  const { quantization: _, quantization_config: _copy, ...rest } = config;
  return { ...checkpoint, format: 'mlx', config: rest, tensors, skipped };
}
