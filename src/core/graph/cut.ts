// Cuts a graph in two: what the first part makes and the second reads becomes an output of the one and a constant of the other,
// which is written before every step.
import type { ValueType } from '../ops/op.js';
import { isLeaf, leafName, type Graph, type Node, type Value } from './graph.js';

export interface Crossing {
  /** Its name among the first part's outputs and the second part's constants. */
  readonly name: string;
  readonly type: ValueType;
}

export interface Cut {
  readonly first: Graph;
  readonly second: Graph;
  readonly crossings: readonly Crossing[];
}

/** The first node that belongs to leaves named `prefix...`; undefined where there is none. */
export function nodeOf(graph: Graph, prefix: string): number | undefined {
  const found = graph.nodes.findIndex((node) => isLeaf(node.op) && leafName(node).startsWith(prefix));
  return found < 0 ? undefined : found;
}

/** Nodes before `at` are the first part's. All outputs of the graph must come from the second. */
export function cut(graph: Graph, at: number): Cut {
  const crossings: (Crossing & { readonly value: Value })[] = [];
  const nodes: Node[] = [];
  const moved = new Map<number, number>();
  const keep = (id: number, node: Node): number => {
    const place = nodes.push(node) - 1;
    moved.set(id, place);
    return place;
  };
  const stands = new Map<string, Value>();
  const inSecond = (value: Value): Value => {
    const { node: id, output } = value;
    const known = moved.get(id);
    if (known !== undefined) return { node: known, output };
    const source = graph.nodes[id]!;
    if (isLeaf(source.op)) return { node: keep(id, source), output };
    const key = `${id}.${output}`;
    const standing = stands.get(key);
    if (standing !== undefined) return standing;
    const name = `crossing.${crossings.length}`;
    const type = source.outputs[output]!;
    crossings.push({ name, type, value });
    const stand = { node: nodes.push({ op: 'constant', inputs: [], attributes: { name }, outputs: [type] }) - 1, output: 0 };
    stands.set(key, stand);
    return stand;
  };
  for (const [id, node] of graph.nodes.entries()) {
    if (id < at || moved.has(id)) continue;
    const inputs = node.inputs.map((input) => input && inSecond(input));
    keep(id, { ...node, inputs });
  }
  const outputs = Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, inSecond(value)]));
  return {
    first: { nodes: graph.nodes.slice(0, at), outputs: Object.fromEntries(crossings.map(({ name, value }) => [name, value])) },
    second: { nodes, outputs },
    crossings: crossings.map(({ name, type }) => ({ name, type })),
  };
}
