// Builds a graph with one typed method for each op; shapes are inferred and checked as nodes are added.
import { LlmxError } from '../base/error.js';
import type { Shape } from '../base/shape.js';
import { opOf, type OpName } from '../ops/index.js';
import type { MapWord } from '../ops/map-operations.js';
import type { Attributes, ValueFormat, ValueType } from '../ops/op.js';
import type { RopeStyle } from '../ops/rope.js';
import { stepInputs, type Graph, type Leaf, type Node, type StepInputName, type Value } from './graph.js';

/** Types of the named leaves that a family asks for; undefined where the checkpoint has no such tensor. */
export interface LeafTypes {
  /** Weights stay as stored; constants are float32 or int32 data. */
  find(name: string): { readonly leaf: 'weight' | 'constant'; readonly type: ValueType; readonly transposed?: boolean } | undefined;
}

export interface GraphBuilder {
  type(value: Value): ValueType;
  input(name: StepInputName): Value;
  /** A weight or constant that must exist. */
  weight(name: string): Value;
  /** The same, or undefined where the checkpoint has none (biases). */
  optionalWeight(name: string): Value | undefined;
  state(name: string, shape: Shape, format: ValueFormat): Value;
  output(name: string, value: Value): void;
  /** Any op by its key; the typed methods below are what families use. */
  apply(op: OpName, inputs: readonly (Value | undefined)[], attributes: Attributes): readonly Value[];

  embed(ids: Value, table: Value): Value;
  /** The linear layer of role `name`: `name.weight`, and `name.bias` where there is one. */
  linear(x: Value, name: string): Value;
  linearExperts(x: Value, weight: Value, chosen: Value): Value;
  expertSum(x: Value, weights: Value): Value;
  rmsNorm(x: Value, weight: Value, attributes: { epsilon: number }): Value;
  layerNorm(x: Value, weight: Value, bias: Value, attributes: { epsilon: number }): Value;
  map(inputs: readonly Value[], expression: readonly MapWord[]): Value;
  add(left: Value, right: Value): Value;
  rope(x: Value, frequencies: Value, attributes: { style: RopeStyle; scale: number }): Value;
  cacheWrite(state: Value, x: Value): Value;
  attention(q: Value, keys: Value, values: Value, attributes: { scale: number; window: number }): Value;
  softmax(x: Value): Value;
  topK(x: Value, k: number): { values: Value; indices: Value };
  gather(x: Value, rows: Value): Value;
  slice(x: Value, begin: number, end: number): Value;
  reshape(x: Value, shape: Shape): Value;
  conv1d(x: Value, weight: Value, bias: Value | undefined, state: Value): Value;
  selectiveScan(x: Value, delta: Value, a: Value, b: Value, c: Value, d: Value, state: Value): Value;
  finish(): Graph;
}

export function createGraphBuilder(leafTypes: LeafTypes): GraphBuilder {
  const nodes: Node[] = [];
  const outputs: Record<string, Value> = {};
  const known = new Map<string, Value>();

  const type = (value: Value): ValueType => nodes[value.node]!.outputs[value.output]!;
  const leaf = (op: Leaf, name: string, outputType: ValueType): Value => {
    const key = `${op}:${name}`;
    const value = known.get(key) ?? { node: nodes.push({ op, inputs: [], attributes: { name }, outputs: [outputType] }) - 1, output: 0 };
    known.set(key, value);
    return value;
  };
  const apply = (op: OpName, inputs: readonly (Value | undefined)[], attributes: Attributes): readonly Value[] => {
    const types = opOf(op).infer(
      inputs.map((input) => input && type(input)),
      attributes,
    );
    const node = nodes.push({ op, inputs, attributes, outputs: types }) - 1;
    return types.map((_, output) => ({ node, output }));
  };
  const one = (op: OpName, inputs: readonly (Value | undefined)[], attributes: Attributes = {}): Value => apply(op, inputs, attributes)[0]!;
  const input = (name: StepInputName): Value => leaf('input', name, { shape: stepInputs[name], format: 'i32' });
  const optionalWeight = (name: string): Value | undefined => {
    const found = leafTypes.find(name);
    return found && leaf(found.leaf, name, found.type);
  };
  const weight = (name: string): Value => {
    const value = optionalWeight(name);
    if (value === undefined) throw new LlmxError('internal', `graph: no weight ${name}`);
    return value;
  };
  const places = (): readonly Value[] => [input('positions'), input('sequences'), input('tables')];

  return {
    type,
    input,
    weight,
    optionalWeight,
    apply,
    state: (name, shape, format) => leaf('state', name, { shape, format }),
    output(name, value) {
      outputs[name] = value;
    },
    embed: (ids, table) => one('embed', [ids, table]),
    linear: (x, name) =>
      one('linear', [x, weight(`${name}.weight`), optionalWeight(`${name}.bias`)], {
        transposed: leafTypes.find(`${name}.weight`)?.transposed ?? false,
      }),
    linearExperts: (x, matrix, chosen) => one('linear-experts', [x, matrix, chosen]),
    expertSum: (x, weights) => one('expert-sum', [x, weights]),
    rmsNorm: (x, scale, attributes) => one('rms-norm', [x, scale], attributes),
    layerNorm: (x, scale, bias, attributes) => one('layer-norm', [x, scale, bias], attributes),
    map: (inputs, expression) => one('map', inputs, { expression }),
    add: (left, right) => one('map', [left, right], { expression: ['a', 'b', 'add'] }),
    rope: (x, frequencies, attributes) => one('rope', [x, input('positions'), frequencies], attributes),
    cacheWrite: (state, x) => one('cache-write', [state, x, ...places()]),
    attention: (q, keys, values, attributes) => one('attention', [q, keys, values, ...places()], attributes),
    softmax: (x) => one('softmax', [x]),
    topK(x, k) {
      const [values, indices] = apply('top-k', [x], { k });
      return { values: values!, indices: indices! };
    },
    gather: (x, rows) => one('gather', [x, rows]),
    slice: (x, begin, end) => one('slice', [x], { begin, end }),
    reshape: (x, shape) => one('reshape', [x], { shape: [...shape] }),
    conv1d: (x, kernel, bias, state) => one('conv1d', [x, kernel, bias, state, input('sequences'), input('slots')]),
    selectiveScan: (x, delta, a, b, c, d, state) => one('selective-scan', [x, delta, a, b, c, d, state, input('sequences'), input('slots')]),
    finish: () => ({ nodes, outputs: { ...outputs } }),
  };
}
