// A graph as patterns look at it: who makes a value, who reads it.
import { sameShape } from '../base/shape.js';
import type { OpName } from '../ops/index.js';
import type { ValueType } from '../ops/op.js';
import type { Graph, Leaf, Node, Value } from './graph.js';

export interface GraphView {
  node(value: Value): Node;
  type(value: Value): ValueType;
  /** The node that makes the value, where it is of that op or leaf. */
  made(value: Value | undefined, op: OpName | Leaf): Node | undefined;
  /** Nodes that read the value, once for each input. */
  readers(value: Value): readonly number[];
  /** Whether one input of one node is all that reads the value: it may vanish together with that node. */
  readOnce(value: Value): boolean;
}

export const sameValue = (left: Value | undefined, right: Value | undefined): boolean => left?.node === right?.node && left?.output === right?.output;

export const keyOf = ({ node, output }: Value): string => `${node}.${output}`;

export function viewOf({ nodes, outputs }: Graph): GraphView {
  const readers = new Map<string, number[]>();
  for (const [id, { inputs }] of nodes.entries()) {
    for (const input of inputs) {
      if (input === undefined) continue;
      const known = readers.get(keyOf(input));
      if (known === undefined) readers.set(keyOf(input), [id]);
      else known.push(id);
    }
  }
  const kept = new Set(Object.values(outputs).map(keyOf));
  const node = (value: Value): Node => nodes[value.node]!;
  const readersOf = (value: Value): readonly number[] => readers.get(keyOf(value)) ?? [];
  return {
    node,
    type: (value) => node(value).outputs[value.output]!,
    made: (value, op) => (value !== undefined && node(value).op === op ? node(value) : undefined),
    readers: readersOf,
    readOnce: (value) => readersOf(value).length === 1 && !kept.has(keyOf(value)),
  };
}

export const sameType = (left: ValueType, right: ValueType): boolean => left.format === right.format && sameShape(left.shape, right.shape);
