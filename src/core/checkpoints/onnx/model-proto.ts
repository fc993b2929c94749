// The messages of onnx.proto that are written: a model, its graph, nodes, attributes, values and tensors. Field numbers are the format's.
import type { TensorPlan } from '../planned-file.js';
import { dataTypeOf, dataTypes, type DataTypeName } from './data-types.js';
import type { Graph, GraphValue, OnnxAttribute, PlannedConstant, PlannedNode } from './emitter.js';
import { bytesField, field, floatField, integerField, joined, textField, type Encoded } from './wire-writer.js';

export interface External {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

export interface PlannedModel {
  readonly irVersion: number;
  readonly opset: number;
  readonly producer: string;
  readonly graph: Graph;
  readonly constants: readonly PlannedConstant[];
  /** With where their values lie, or undefined for in place. */
  readonly tensors: readonly (readonly [TensorPlan, External | undefined])[];
}

const attributeType = { float: 1, integer: 2, text: 3, graph: 5, integers: 7 } as const;
const isGraph = (value: OnnxAttribute): value is Graph => typeof value === 'object' && 'nodes' in value;

/** The value's fields and its type. */
function attributeValue(value: OnnxAttribute): readonly [Encoded, number] {
  if (typeof value === 'number') return [integerField(3, value), attributeType.integer];
  if (typeof value === 'string') return [textField(4, value), attributeType.text];
  if (isGraph(value)) return [field(6, graphMessage(value, [])), attributeType.graph];
  if ('float' in value) return [floatField(2, value.float), attributeType.float];
  return [value.flatMap((each) => integerField(8, each)), attributeType.integers];
}

function attributeMessage(name: string, value: OnnxAttribute): Encoded {
  const [fields, type] = attributeValue(value);
  return [...textField(1, name), ...fields, ...integerField(20, type)];
}

const nodeMessage = ({ op, name, inputs, outputs, attributes }: PlannedNode): Encoded => [
  ...inputs.flatMap((input) => textField(1, input)),
  ...outputs.flatMap((output) => textField(2, output)),
  ...textField(3, name),
  ...textField(4, op),
  ...Object.entries(attributes).flatMap(([key, value]) => field(5, attributeMessage(key, value))),
];

const dimension = (side: number | string): Encoded => field(1, typeof side === 'number' ? integerField(1, side) : textField(2, side));

const valueMessage = ({ name, type, shape }: GraphValue): Encoded => [
  ...textField(1, name),
  ...field(2, field(1, [...integerField(1, dataTypes[type].id), ...field(2, shape.flatMap(dimension))])),
];

const tensorFront = (name: string, type: DataTypeName, shape: readonly number[]): Encoded => [
  ...shape.flatMap((side) => integerField(1, side)),
  ...integerField(2, dataTypes[type].id),
  ...textField(8, name),
];

const constantMessage = ({ name, type, shape, bytes }: PlannedConstant): Encoded => [...tensorFront(name, type, shape), ...bytesField(9, bytes)];

function tensorMessage(tensor: TensorPlan, external: External | undefined): Encoded {
  const front = tensorFront(tensor.name, dataTypeOf(tensor.format)!, tensor.shape);
  if (external === undefined) return [...front, ...field(9, [{ kind: 'tensor', tensor, plane: 0 }])];
  const entries = Object.entries(external).flatMap(([key, value]) => field(13, [...textField(1, key), ...textField(2, String(value))]));
  return [...front, ...entries, ...integerField(14, 1)];
}

const graphMessage = ({ name, nodes, inputs, outputs }: Graph, initializers: readonly Encoded[]): Encoded => [
  ...nodes.flatMap((node) => field(1, nodeMessage(node))),
  ...textField(2, name),
  ...initializers.flatMap((initializer) => field(5, initializer)),
  ...inputs.flatMap((value) => field(11, valueMessage(value))),
  ...outputs.flatMap((value) => field(12, valueMessage(value))),
];

export function modelMessage({ irVersion, opset, producer, graph, constants, tensors }: PlannedModel): Encoded {
  const initializers = [...constants.map(constantMessage), ...tensors.map(([tensor, external]) => tensorMessage(tensor, external))].map(joined);
  return joined([
    ...integerField(1, irVersion),
    ...textField(2, producer),
    ...field(7, graphMessage(graph, initializers)),
    ...field(8, [...textField(1, ''), ...integerField(2, opset)]),
  ]);
}
