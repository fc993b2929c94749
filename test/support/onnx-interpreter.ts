// A small ONNX interpreter in float64 over what `onnx-proto` decodes: the operators that llmx writes, by the words of ONNX's own reference.
// It shares no code with the writer, so that what a written graph means is judged by the format alone.
import pkg, { type onnx as Onnx } from 'onnx-proto';

export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

type Node = Onnx.INodeProto;
type Inputs = readonly (Array64 | undefined)[];
interface Scope {
  readonly values: Map<string, Array64>;
  readonly outer?: Scope;
  /** Initializers of int64: division by them is whole. */
  readonly integers?: ReadonlySet<string>;
}
type Operator = (inputs: readonly Array64[], node: Node, scope: Scope) => readonly Array64[];

const size = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);
function make(shape: readonly number[], fill: (index: number) => number): Array64 {
  const data = new Float64Array(size(shape));
  for (let index = 0; index < data.length; index++) data[index] = fill(index);
  return { shape, data };
}
const strides = (shape: readonly number[]): number[] => shape.map((_, axis) => size(shape.slice(axis + 1)));
const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** For each element of `whole`, the index of the one of `shape` that lies there, sides of one repeating. */
function broadcastIndices(whole: readonly number[], shape: readonly number[]): Int32Array {
  const skip = whole.length - shape.length;
  const steps = strides(shape).map((step, axis) => (shape[axis] === 1 ? 0 : step));
  let indices = Int32Array.of(0);
  for (const [axis, side] of whole.entries()) {
    const step = steps[axis - skip] ?? 0;
    const before = indices;
    indices = new Int32Array(before.length * side);
    before.forEach((base, row) => {
      for (let at = 0; at < side; at++) indices[row * side + at] = base + at * step;
    });
  }
  return indices;
}

function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sides = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const side = sides.find((each) => each !== 1) ?? 1;
    if (sides.some((each) => each !== 1 && each !== side)) throw new Error(`shapes ${JSON.stringify(shapes)} do not fit`);
    return side;
  });
}

const elementwise =
  (apply: (a: number, b: number, c: number) => number): Operator =>
  (inputs) => {
    const shape = broadcastShape(inputs.map((input) => input.shape));
    const spread = inputs.map(({ shape: own, data }) =>
      own.join() === shape.join() ? data : Float64Array.from(broadcastIndices(shape, own), (at) => data[at]!),
    );
    const [a, b = a!, c = a!] = spread;
    return [make(shape, (index) => apply(a![index]!, b![index]!, c![index]!))];
  };

const attribute = (node: Node, name: string): Onnx.IAttributeProto | undefined => node.attribute?.find((each) => each.name === name);
const integer = (node: Node, name: string, fallback: number): number => Number(attribute(node, name)?.i ?? fallback);
const integers = (node: Node, name: string): number[] => (attribute(node, name)?.ints ?? []).map(Number);

function transpose(x: Array64, perm: readonly number[]): Array64 {
  const [from, shape] = [strides(x.shape), perm.map((axis) => x.shape[axis]!)];
  const to = strides(shape);
  return make(shape, (index) => x.data[perm.reduce((sum, axis, at) => sum + (Math.floor(index / to[at]!) % shape[at]!) * from[axis]!, 0)]!);
}

/** (outer, side, inner) around one axis. */
const around = ({ shape }: Array64, axis: number): [number, number, number] => [
  size(shape.slice(0, axis)),
  shape[axis]!,
  size(shape.slice(axis + 1)),
];

function concat(parts: readonly Array64[], axis: number): Array64 {
  const shape = parts[0]!.shape.map((side, at) => (at === axis ? parts.reduce((sum, part) => sum + part.shape[axis]!, 0) : side));
  const [outer, , inner] = around(parts[0]!, axis);
  const data: number[] = [];
  for (let row = 0; row < outer; row++)
    for (const part of parts) data.push(...part.data.subarray(row * part.shape[axis]! * inner, (row + 1) * part.shape[axis]! * inner));
  return { shape, data: Float64Array.from(data) };
}

/** Chosen places of one axis. */
function take(x: Array64, axis: number, places: readonly number[]): Array64 {
  const [, side, inner] = around(x, axis);
  const shape = x.shape.map((each, at) => (at === axis ? places.length : each));
  return make(shape, (index) => {
    const [outer, at] = [Math.floor(index / (inner * places.length)), Math.floor(index / inner) % places.length];
    return x.data[(outer * side + places[at]!) * inner + (index % inner)]!;
  });
}

function matMul(a: Array64, b: Array64): Array64 {
  const [rows, depth, columns] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!];
  if (b.shape.at(-2) !== depth) throw new Error('MatMul: inner sides differ');
  const batch = broadcastShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]);
  const [lefts, rights] = [broadcastIndices(batch, a.shape.slice(0, -2)), broadcastIndices(batch, b.shape.slice(0, -2))];
  return make([...batch, rows, columns], (index) => {
    const [at, row, column] = [Math.floor(index / (rows * columns)), Math.floor(index / columns) % rows, index % columns];
    const [left, right] = [(lefts[at]! * rows + row) * depth, rights[at]! * depth * columns + column];
    let sum = 0;
    for (let k = 0; k < depth; k++) sum += a.data[left + k]! * b.data[right + k * columns]!;
    return sum;
  });
}

/** Each run along the last axis becomes one number, or a run of the same length. */
function alongLast(x: Array64, apply: (run: Float64Array) => ArrayLike<number>, side: number): Array64 {
  const width = x.shape.at(-1)!;
  const runs = Array.from({ length: width === 0 ? 0 : x.data.length / width }, (_, row) => apply(x.data.subarray(row * width, (row + 1) * width)));
  return { shape: [...x.shape.slice(0, -1), side], data: Float64Array.from(runs.flatMap((run) => Array.from(run))) };
}

const sum = (run: ArrayLike<number>): number => Array.from(run).reduce((total, each) => total + each, 0);
const only = (x: Array64): number => x.data[0]!;

function reshape(x: Array64, wanted: Array64): Array64 {
  const shape = [...wanted.data].map((side, axis) => (side === 0 ? x.shape[axis]! : side));
  const known = size(shape.filter((side) => side >= 0));
  return { shape: shape.map((side) => (side < 0 ? x.data.length / known : side)), data: x.data };
}

function reduce(x: Array64, axes: readonly number[], keep: boolean, finish: (total: number, count: number) => number): Array64 {
  const axis = positive(axes[0]!, x.shape.length);
  const [outer, side, inner] = around(x, axis);
  const shape = keep ? x.shape.map((each, at) => (at === axis ? 1 : each)) : x.shape.filter((_, at) => at !== axis);
  const columns = Array.from({ length: outer * inner }, (_, index) =>
    Array.from({ length: side }, (_row, k) => x.data[(Math.floor(index / inner) * side + k) * inner + (index % inner)]!),
  );
  return { shape, data: Float64Array.from(columns.map((column) => finish(sum(column), side))) };
}

function gemm([a, b, c]: readonly Array64[], node: Node): Array64 {
  const right = integer(node, 'transB', 0) === 1 ? transpose(b!, [1, 0]) : b!;
  const y = matMul(a!, right);
  return c === undefined ? y : elementwise((left, bias) => left + bias)([y, c], node, { values: new Map() })[0]!;
}

function layerNorm([x, weight, bias]: readonly Array64[], node: Node): Array64 {
  const epsilon = attribute(node, 'epsilon')!.f!;
  return alongLast(
    x!,
    (run) => {
      const mean = sum(run) / run.length;
      const variance = sum(run.map((value) => (value - mean) ** 2)) / run.length;
      return run.map((value, at) => ((value - mean) / Math.sqrt(variance + epsilon)) * weight!.data[at]! + bias!.data[at]!);
    },
    x!.shape.at(-1)!,
  );
}

function depthwise([x, weight, bias]: readonly Array64[], node: Node): Array64 {
  const [batch, channels, length] = x!.shape as [number, number, number];
  const kernel = weight!.shape[2]!;
  if (integer(node, 'group', 1) !== channels || weight!.shape[1] !== 1) throw new Error('Conv: not depthwise');
  const steps = length - kernel + 1;
  return make([batch, channels, steps], (index) => {
    const [row, channel, at] = [Math.floor(index / steps), Math.floor(index / steps) % channels, index % steps];
    let total = bias?.data[channel] ?? 0;
    for (let k = 0; k < kernel; k++) total += x!.data[row * length + at + k]! * weight!.data[channel * kernel + k]!;
    return total;
  });
}

/** With one carried state, and every scanned input and output along axis 1. */
const scan: Operator = ([state, ...scanned], node, scope) => {
  const body = attribute(node, 'body')!.g!;
  const names = body.input!.map(({ name }) => name!);
  const outputs = body.output!.map(({ name }) => name!);
  if (![...integers(node, 'scan_input_axes'), ...integers(node, 'scan_output_axes')].every((axis) => axis === 1))
    throw new Error('Scan: another axis');
  let carried = state!;
  const made: Array64[] = [];
  for (let at = 0; at < scanned[0]!.shape[1]!; at++) {
    const parts = scanned.map((x) => ({ shape: x.shape.filter((_, axis) => axis !== 1), data: take(x, 1, [at]).data }));
    const inner: Scope = { values: new Map([carried, ...parts].map((value, index) => [names[index]!, value])), outer: scope };
    runNodes(body.node!, inner);
    carried = inner.values.get(outputs[0]!)!;
    const y = inner.values.get(outputs[1]!)!;
    made.push({ shape: [y.shape[0]!, 1, ...y.shape.slice(1)], data: y.data });
  }
  return [carried, concat(made, 1)];
};

function topK([x, count]: readonly Array64[]): readonly Array64[] {
  const k = only(count!);
  const order = (run: Float64Array): number[] => [...run.keys()].sort((a, b) => run[b]! - run[a]! || a - b).slice(0, k);
  return [alongLast(x!, (run) => order(run).map((at) => run[at]!), k), alongLast(x!, order, k)];
}

const axesOf = (inputs: readonly Array64[], node: Node): number[] => (inputs[1] === undefined ? integers(node, 'axes') : [...inputs[1].data]);
const reduction =
  (finish: (total: number, count: number) => number): Operator =>
  (inputs, node) => [reduce(inputs[0]!, axesOf(inputs, node), integer(node, 'keepdims', 1) === 1, finish)];

const operators: Readonly<Record<string, Operator>> = {
  Add: elementwise((a, b) => a + b),
  Sub: elementwise((a, b) => a - b),
  Mul: elementwise((a, b) => a * b),
  Pow: elementwise((a, b) => a ** b),
  Neg: elementwise((a) => -a),
  Exp: elementwise((a) => Math.exp(a)),
  Sqrt: elementwise((a) => Math.sqrt(a)),
  Cos: elementwise((a) => Math.cos(a)),
  Sin: elementwise((a) => Math.sin(a)),
  Tanh: elementwise((a) => Math.tanh(a)),
  Sigmoid: elementwise((a) => 1 / (1 + Math.exp(-a))),
  Softplus: elementwise((a) => Math.log1p(Math.exp(a))),
  And: elementwise((a, b) => (a !== 0 && b !== 0 ? 1 : 0)),
  Equal: elementwise((a, b) => (a === b ? 1 : 0)),
  Greater: elementwise((a, b) => (a > b ? 1 : 0)),
  LessOrEqual: elementwise((a, b) => (a <= b ? 1 : 0)),
  Where: elementwise((condition, a, b) => (condition !== 0 ? a : b)),
  Div([a, b], node, scope) {
    const isWhole = scope.integers?.has(node.input![1]!) === true;
    return elementwise((left, right) => (isWhole ? Math.trunc(left / right) : left / right))([a!, b!], node, scope);
  },
  Cast: ([x], node) => [integer(node, 'to', 0) === 9 ? make(x!.shape, (index) => (x!.data[index] === 0 ? 0 : 1)) : x!],
  Shape: ([x]) => [{ shape: [x!.shape.length], data: Float64Array.from(x!.shape) }],
  Reshape: ([x, shape]) => [reshape(x!, shape!)],
  Squeeze: ([x, axes]) => [{ shape: x!.shape.filter((_, axis) => ![...axes!.data].includes(axis)), data: x!.data }],
  Unsqueeze([x, axes]) {
    const shape = [...x!.shape];
    for (const axis of axes!.data) shape.splice(axis, 0, 1);
    return [{ shape, data: x!.data }];
  },
  Range: ([start, limit, delta]) => [
    make([Math.max(0, Math.ceil((only(limit!) - only(start!)) / only(delta!)))], (index) => only(start!) + index * only(delta!)),
  ],
  Transpose: ([x], node) => [transpose(x!, integers(node, 'perm'))],
  Concat: (inputs, node) => [concat(inputs, positive(integer(node, 'axis', 0), inputs[0]!.shape.length))],
  Slice([x, starts, ends, axes]) {
    const axis = positive(only(axes!), x!.shape.length);
    const side = x!.shape[axis]!;
    const clamp = (at: number): number => Math.min(side, Math.max(0, positive(at, side)));
    const [begin, end] = [clamp(only(starts!)), clamp(only(ends!))];
    return [
      take(
        x!,
        axis,
        Array.from({ length: Math.max(0, end - begin) }, (_, at) => begin + at),
      ),
    ];
  },
  Split([x, sizes], node) {
    const axis = positive(integer(node, 'axis', 0), x!.shape.length);
    let begin = 0;
    return [...sizes!.data].map((length) =>
      take(
        x!,
        axis,
        Array.from({ length }, () => begin++),
      ),
    );
  },
  Gather([x, places]) {
    const rows = take(x!, 0, [...places!.data]);
    return [{ shape: [...places!.shape, ...x!.shape.slice(1)], data: rows.data }];
  },
  NonZero: ([x]) => {
    const places = [...x!.data.keys()].filter((at) => x!.data[at] !== 0);
    return [{ shape: [1, places.length], data: Float64Array.from(places) }];
  },
  ScatterND([data, places, updates]) {
    const [result, width] = [Float64Array.from(data!.data), size(data!.shape.slice(1))];
    places!.data.forEach((row, at) => result.set(updates!.data.subarray(at * width, (at + 1) * width), row * width));
    return [{ shape: data!.shape, data: result }];
  },
  MatMul: ([a, b]) => [matMul(a!, b!)],
  Gemm: (inputs, node) => [gemm(inputs, node)],
  Conv: (inputs, node) => [depthwise(inputs, node)],
  LayerNormalization: (inputs, node) => [layerNorm(inputs, node)],
  ReduceMean: reduction((total, count) => total / count),
  ReduceSum: reduction((total) => total),
  Softmax: ([x]) => [
    alongLast(
      x!,
      (run) => {
        const highest = Math.max(...run);
        const total = sum(run.map((value) => Math.exp(value - highest)));
        return run.map((value) => Math.exp(value - highest) / total);
      },
      x!.shape.at(-1)!,
    ),
  ],
  TopK: (inputs) => topK(inputs),
  Scan: scan,
};

function valueOf(name: string, scope: Scope): Array64 | undefined {
  return scope.values.get(name) ?? (scope.outer && valueOf(name, scope.outer));
}

function runNodes(nodes: readonly Node[], scope: Scope): void {
  for (const node of nodes) {
    const inputs: Inputs = node.input!.map((name) => (name === '' ? undefined : valueOf(name, scope)));
    const missing = node.input!.find((name, index) => name !== '' && inputs[index] === undefined);
    if (missing !== undefined) throw new Error(`${node.name}: nothing made ${missing} before`);
    const operator = operators[node.opType!];
    if (operator === undefined || (node.domain ?? '') !== '')
      throw new Error(`${node.name}: operator ${node.domain}.${node.opType} is not interpreted`);
    operator(inputs as readonly Array64[], node, scope).forEach(
      (value, index) => node.output![index] && scope.values.set(node.output![index]!, value),
    );
  }
}

export interface Interpreter {
  readonly model: Onnx.ModelProto;
  run(inputs: Readonly<Record<string, Array64>>): ReadonlyMap<string, Array64>;
}

/** `values` decodes an initializer. */
export function interpreter(bytes: Uint8Array, values: (initializer: Onnx.ITensorProto) => Array64): Interpreter {
  const model = pkg.onnx.ModelProto.decode(bytes);
  const graph = model.graph!;
  const constants = new Map(graph.initializer!.map((initializer) => [initializer.name!, values(initializer)]));
  const integers = new Set(graph.initializer!.filter(({ dataType }) => dataType === 7).map(({ name }) => name!));
  return {
    model,
    run(inputs) {
      const scope: Scope = { values: new Map([...constants, ...Object.entries(inputs)]), integers };
      runNodes(graph.node!, scope);
      return new Map(graph.output!.map(({ name }) => [name!, scope.values.get(name!)!]));
    },
  };
}
