// Graph to Program: drops what nothing reads, numbers values, places activations in one arena by liveness, marks barriers.
import { bind, count, type Sizes } from '../base/shape.js';
import { numberFormats } from '../numbers/index.js';
import { planeBytes } from '../numbers/number-format.js';
import { opOf } from '../ops/index.js';
import type { ValueType } from '../ops/op.js';
import { createArena } from './arena.js';
import { isLeaf, leafName, type Graph, type Value } from './graph.js';
import type { Instruction, Place, Program, ProgramValue } from './program.js';
import { keyOf } from './view.js';

/** Bytes of a value at the given sizes. Activations are float32 or int32. */
export function valueBytes({ shape, format }: ValueType, sizes: Sizes): number {
  const values = count(bind(shape, sizes));
  return format === 'i32' ? values * 4 : planeBytes(numberFormats[format], values);
}

/** The value whose storage this one shares, through views and written states. */
function root(graph: Graph, value: Value): Value {
  const node = graph.nodes[value.node]!;
  if (isLeaf(node.op)) return value;
  const input = opOf(node.op).aliases?.[value.output];
  return input === undefined ? value : root(graph, node.inputs[input]!);
}

function reachable(graph: Graph): ReadonlySet<number> {
  const seen = new Set<number>();
  const pending = Object.values(graph.outputs).map(({ node }) => node);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    for (const input of graph.nodes[id]!.inputs) if (input) pending.push(input.node);
  }
  return seen;
}

/** The node after which each stored value is no longer needed; Infinity for the graph's outputs. */
function lastUses(graph: Graph, live: ReadonlySet<number>): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const [id, node] of graph.nodes.entries()) {
    if (!live.has(id)) continue;
    for (const input of node.inputs) if (input) last.set(keyOf(root(graph, input)), id);
  }
  for (const value of Object.values(graph.outputs)) last.set(keyOf(root(graph, value)), Infinity);
  return last;
}

/**
 * Compiles for steps of at most `sizes`. One program serves every smaller step: lengths are bound when it runs.
 */
export function compile(graph: Graph, sizes: Sizes): Program {
  const live = reachable(graph);
  const last = lastUses(graph, live);
  const arena = createArena();
  const values: ProgramValue[] = [];
  const numbers = new Map<string, number>();
  const instructions: Instruction[] = [];

  const add = (value: Value, type: ValueType, place: Place, of?: number): number => {
    const bytes = place.kind === 'weight' ? 0 : valueBytes(type, sizes);
    const number = values.push({ type, place, bytes, ...(of === undefined ? {} : { of }) }) - 1;
    numbers.set(keyOf(value), number);
    return number;
  };

  for (const [id, node] of graph.nodes.entries()) {
    if (!live.has(id)) continue;
    if (isLeaf(node.op)) {
      add({ node: id, output: 0 }, node.outputs[0]!, { kind: node.op, name: leafName(node) });
      continue;
    }
    const op = opOf(node.op);
    const inputs = node.inputs.map((input) => input && numbers.get(keyOf(input))!);
    const outputs = node.outputs.map((type, output) => {
      const value = { node: id, output };
      const source = op.aliases?.[output];
      if (source !== undefined) return add(value, type, values[inputs[source]!]!.place, inputs[source]!);
      const until = last.get(keyOf(value));
      if (until === undefined && output > 0) return undefined;
      return add(value, type, { kind: 'arena', offset: arena.take(valueBytes(type, sizes), until ?? id) });
    });
    if (op.isView !== true) instructions.push({ op: node.op, inputs, outputs, attributes: node.attributes, barrier: false });
    arena.releaseAfter(id);
  }
  const outputs = Object.fromEntries(Object.entries(graph.outputs).map(([name, value]) => [name, numbers.get(keyOf(value))!]));
  return { sizes, values, instructions: markBarriers(instructions, values), arenaBytes: arena.bytes(), outputs };
}

interface Touch {
  readonly space: string;
  readonly begin: number;
  readonly end: number;
}

const touchOf = ({ place, bytes }: ProgramValue): Touch | undefined => {
  if (place.kind === 'arena') return { space: 'arena', begin: place.offset, end: place.offset + bytes };
  return place.kind === 'state' ? { space: `state ${place.name}`, begin: 0, end: 1 } : undefined;
};
const overlap = (left: Touch, right: Touch): boolean => left.space === right.space && left.begin < right.end && right.begin < left.end;

/** Instructions between two barriers are independent: threads may be in different ones at the same time. */
function markBarriers(instructions: readonly Instruction[], values: readonly ProgramValue[]): readonly Instruction[] {
  let reads: Touch[] = [];
  let writes: Touch[] = [];
  const touches = (numbers: readonly (number | undefined)[]): Touch[] =>
    numbers.flatMap((number) => (number === undefined ? [] : (touchOf(values[number]!) ?? [])));
  return instructions.map((instruction) => {
    const read = touches(instruction.inputs);
    const written = touches(instruction.outputs);
    const barrier =
      read.some((touch) => writes.some((other) => overlap(touch, other))) ||
      written.some((touch) => [...writes, ...reads].some((other) => overlap(touch, other)));
    if (barrier) [reads, writes] = [[], []];
    reads.push(...read);
    writes.push(...written);
    return { ...instruction, barrier };
  });
}
