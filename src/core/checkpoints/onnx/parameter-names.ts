// From an exported graph back to the names of the model's parameters: by an initializer's own name, else by the path of the node that reads it.
// Exporters multiply by (in, out) matrices of their own making, called `onnx::MatMul_1234`. Knows no family.
import type { Initializer } from './read-initializer.js';
import type { OnnxModel, OnnxNode } from './read-model.js';

export interface Parameter {
  readonly initializer: Initializer;
  /** True where the file holds (in, out) and the parameter's own form is (out, in). */
  readonly transposed: boolean;
}

interface Parameters {
  readonly found: ReadonlyMap<string, Parameter>;
  /** Parameters that the graph holds in a form that is not read: which. */
  readonly other: ReadonlyMap<string, string>;
}

/** Which input of a node is a parameter of the module that its path names. */
interface Reading {
  readonly input: number;
  readonly parameter: 'weight' | 'bias';
  readonly rank: number;
  readonly transposed?: true;
  /** Where the operator alone does not tell. */
  readonly when?: (module: string, found: ReadonlyMap<string, Parameter>) => boolean;
}

const ofNorm = (module: string): boolean => /(norm|ln_\w+)$/i.test(module);
const ofLinear = (module: string, found: ReadonlyMap<string, Parameter>): boolean => found.has(`${module}.weight`);

const readings: Readonly<Record<string, readonly Reading[]>> = {
  MatMul: [{ input: 1, parameter: 'weight', rank: 2, transposed: true }],
  Gather: [{ input: 0, parameter: 'weight', rank: 2 }],
  LayerNormalization: [
    { input: 1, parameter: 'weight', rank: 1 },
    { input: 2, parameter: 'bias', rank: 1 },
  ],
  SimplifiedLayerNormalization: [{ input: 1, parameter: 'weight', rank: 1 }],
  SkipSimplifiedLayerNormalization: [{ input: 2, parameter: 'weight', rank: 1 }],
  Mul: [0, 1].map((input) => ({ input, parameter: 'weight', rank: 1, when: ofNorm }) as const),
  Add: [0, 1].map((input) => ({ input, parameter: 'bias', rank: 1, when: ofLinear }) as const),
};

/** Operators whose matrix is in codes. */
const quantized = new Set([
  'MatMulNBits',
  'MatMulBnb4',
  'MatMulInteger',
  'MatMulIntegerToFloat',
  'DynamicQuantizeMatMul',
  'QLinearMatMul',
  'GatherBlockQuantized',
  'QMoE',
]);

export const tellsParameters = (op: string): boolean => Object.hasOwn(readings, op) || quantized.has(op);

const isParameterName = (name: string): boolean => /^[A-Za-z_]\w*(\.\w+)+$/.test(name);

/** What ONNX Runtime's quantizers put in a parameter's place. */
const quantizedPart = /^([A-Za-z_]\w*(?:\.\w+)*\.\w+?)_(quantized|scales?|zero_points?|Q\d)$/;

/** The module's words that onnxruntime-genai spells in its own way. */
const modulePath = (module: string): string =>
  module
    .replace(/^(model\.layers\.\d+)\.attn\b/, '$1.self_attn')
    .replace(/^model\.layers\.\d+\.final_norm_layernorm$/, 'model.norm')
    .replace(/([qk]_norm)\.layernorm$/, '$1');

/** `/model/layers.0/self_attn/q_proj/MatMul` is of module `model.layers.0.self_attn.q_proj`. */
function moduleOf({ name }: OnnxNode): string | undefined {
  const steps = name.split('/').slice(1, -1);
  const module = steps.join('.');
  return isParameterName(`${module}.weight`) && module !== '' ? modulePath(module) : undefined;
}

/** onnxruntime-genai puts the operator before the parameter: `model.layers.0.attn.q_proj.MatMul.weight`, (in, out). */
function ownName(name: string): { readonly name: string; readonly transposed: boolean } {
  const [, module, operator, parameter] = /^(model\.layers\.\d+\.\S+?|lm_head|model\.\S+?)(?:\.(MatMul|Add))?\.(weight|bias)$/.exec(name) ?? [];
  if (module === undefined) return { name, transposed: false };
  return { name: `${modulePath(module)}.${parameter}`, transposed: operator === 'MatMul' };
}

/** Matrices that exporters make of several side by side. */
const packedParts: ReadonlyMap<string, readonly string[]> = new Map([
  ['qkv_proj', ['q_proj', 'k_proj', 'v_proj']],
  ['gate_up_proj', ['gate_proj', 'up_proj']],
]);

export function parametersOf({ initializers, nodes }: OnnxModel): Parameters {
  const found = new Map<string, Parameter>();
  const other = new Map<string, string>();
  const coded = new Set(nodes.filter(({ op }) => quantized.has(op)).flatMap(({ inputs }) => inputs));

  for (const [given, initializer] of initializers) {
    const [, parameter, part] = quantizedPart.exec(given) ?? [];
    if (parameter !== undefined && part === 'quantized') other.set(parameter, `quantized ${initializer.type ?? initializer.typeNumber}`);
    if (parameter !== undefined || coded.has(given) || !isParameterName(given)) continue;
    const { name, transposed } = ownName(given);
    const parts = packedParts.get(name.split('.').at(-2) ?? '');
    // Columns of one (in, out) matrix: each part lies in as many pieces as there are rows.
    if (transposed && parts !== undefined) for (const part of parts) other.set(name.replace(/\w+\.weight$/, `${part}.weight`), `columns of ${given}`);
    else found.set(name, { initializer, transposed });
  }

  for (const node of nodes) {
    const module = moduleOf(node);
    if (module === undefined) continue;
    if (quantized.has(node.op)) {
      const bits = node.integers.get('bits');
      other.set(`${module}.weight`, bits === undefined ? node.op : `${node.op} of ${bits} bits`);
      continue;
    }
    for (const { input, parameter, rank, transposed = false, when } of readings[node.op] ?? []) {
      const initializer = initializers.get(node.inputs[input] ?? '');
      const name = `${module}.${parameter}`;
      if (initializer?.shape.length !== rank || isParameterName(initializer.name) || found.has(name)) continue;
      if (when?.(module, found) !== false) found.set(name, { initializer, transposed });
    }
  }
  for (const name of found.keys()) other.delete(name);
  return { found, other };
}
