// Collects the nodes and small constants of an ONNX graph, under names that are told apart. Knows no operator of llmx.
import type { DataTypeName } from './data-types.js';

export interface Graph {
  readonly name: string;
  readonly nodes: readonly PlannedNode[];
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
}

/** Floats are told from integers by their form. */
export type OnnxAttribute = number | { readonly float: number } | string | readonly number[] | Graph;

export interface PlannedNode {
  readonly op: string;
  readonly name: string;
  /** '' for one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface PlannedConstant {
  readonly name: string;
  readonly type: DataTypeName;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface GraphValue {
  readonly name: string;
  readonly type: DataTypeName;
  /** Names of sizes that a run decides, beside numbers. */
  readonly shape: readonly (number | string)[];
}

export interface Emitter {
  readonly opset: number;
  readonly nodes: readonly PlannedNode[];
  /** By name. */
  readonly constants: ReadonlyMap<string, PlannedConstant>;
  /** What the names of the nodes that follow begin with: `/model/layers.0/self_attn/q_proj`. */
  begin(scope: string): void;
  /** Adds a node and returns the names of its outputs: as many as asked for, or those given. */
  node(
    op: string,
    inputs: readonly (string | undefined)[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    outputs?: number | readonly string[],
  ): readonly string[];
  /** The same for nodes of one output. */
  one(op: string, inputs: readonly (string | undefined)[], attributes?: Readonly<Record<string, OnnxAttribute>>): string;
  /** int64 vectors and scalars; equal ones are one constant. */
  integers(values: readonly number[]): string;
  integer(value: number): string;
  /** A float32 scalar. */
  float(value: number): string;
  floats(name: string, values: Float32Array, shape: readonly number[]): string;
  /** What was made under the same key before, else made now. */
  once<Made>(key: string, make: () => Made): Made;
  /** A name that nothing else has. */
  name(word: string): string;
  /** An emitter of a graph within this one, that shares its constants. */
  inner(): Emitter;
}

const int64Bytes = (values: readonly number[]): Uint8Array => new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
const floatBytes = (values: Float32Array): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

export function createEmitter(
  opset: number,
  outer?: { readonly constants: Map<string, PlannedConstant>; readonly names: Map<string, number> },
): Emitter {
  const nodes: PlannedNode[] = [];
  const shared = outer ?? { constants: new Map<string, PlannedConstant>(), names: new Map<string, number>() };
  const made = new Map<string, unknown>();
  let scope = '';

  const unique = (name: string): string => {
    const count = shared.names.get(name) ?? 0;
    shared.names.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  };
  const constant = (name: string, type: DataTypeName, shape: readonly number[], bytes: Uint8Array): string => {
    if (!shared.constants.has(name)) shared.constants.set(name, { name, type, shape, bytes });
    return name;
  };
  const node: Emitter['node'] = (op, inputs, attributes = {}, outputs = 1) => {
    const name = unique(`${scope}/${op}`);
    const names = typeof outputs === 'number' ? Array.from({ length: outputs }, (_, index) => `${name}_output_${index}`) : outputs;
    nodes.push({ op, name, inputs: inputs.map((input) => input ?? ''), outputs: names, attributes });
    return names;
  };

  return {
    opset,
    nodes,
    constants: shared.constants,
    begin(name) {
      scope = name;
    },
    node,
    one: (op, inputs, attributes) => node(op, inputs, attributes)[0]!,
    integers: (values) => constant(`/constants/int64/[${values.join(',')}]`, 'INT64', [values.length], int64Bytes(values)),
    integer: (value) => constant(`/constants/int64/${value}`, 'INT64', [], int64Bytes([value])),
    float: (value) => constant(`/constants/float/${value}`, 'FLOAT', [], floatBytes(Float32Array.of(value))),
    floats: (name, values, shape) => constant(`/constants/${name}`, 'FLOAT', shape, floatBytes(values)),
    once<Made>(key: string, make: () => Made): Made {
      if (!made.has(key)) made.set(key, make());
      return made.get(key) as Made;
    },
    name: (word) => unique(`${scope}/${word}`),
    inner: () => createEmitter(opset, shared),
  };
}
