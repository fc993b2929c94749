// Rewrites a graph with fused ops in place of the patterns that a backend asks for. Pure; what is computed stays the same.
import { LlmxError } from '../base/error.js';
import { opOf } from '../ops/index.js';
import { fusionNames, fusions, type FusionName } from './fusions/index.js';
import type { Match } from './fusions/fusion.js';
import type { Graph, Node, Value } from './graph.js';
import { keyOf, viewOf } from './view.js';

const nodesOf = ({ outputs, inner }: Match): readonly number[] => [...outputs.map(({ node }) => node), ...inner];

/** Matches by each node that they replace. */
type Replaced = Map<number, Match>;

/** Whether an input of the match depends on one of its outputs, by way of nodes outside of it. */
function isCircular({ nodes }: Graph, match: Match, replaced: Replaced): boolean {
  const own = new Set(nodesOf(match));
  const seen = new Set<number>();
  const pending = match.inputs.flatMap((value) => (value === undefined ? [] : [value.node]));
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (own.has(id)) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    for (const input of (replaced.get(id) ?? nodes[id]!).inputs) if (input !== undefined) pending.push(input.node);
  }
  return false;
}

function matchesOf(graph: Graph, name: FusionName): Replaced {
  const view = viewOf(graph);
  const replaced: Replaced = new Map();
  for (const id of graph.nodes.keys()) {
    const match = fusions[name].find(view, id);
    if (match === undefined || nodesOf(match).some((node) => replaced.has(node)) || isCircular(graph, match, replaced)) continue;
    for (const node of nodesOf(match)) replaced.set(node, match);
  }
  return replaced;
}

/** The graph with each match as one node, at the first place where all that it reads is there. */
function rewrite(graph: Graph, name: FusionName, replaced: Replaced): Graph {
  const nodes: Node[] = [];
  const moved = new Map<string, Value>();
  const done = new Set<number | Match>();
  const movedOf = (value: Value): Value => {
    emit(value.node);
    const found = moved.get(keyOf(value));
    if (found === undefined) throw new LlmxError('internal', `fuse: ${name} lost a value of node ${value.node}`);
    return found;
  };
  const emit = (id: number): void => {
    const match = replaced.get(id);
    if (done.has(match ?? id)) return;
    done.add(match ?? id);
    const { inputs, attributes } = match ?? graph.nodes[id]!;
    const given = inputs.map((input) => input && movedOf(input));
    const types =
      match === undefined
        ? graph.nodes[id]!.outputs
        : opOf(name).infer(
            given.map((input) => input && nodes[input.node]!.outputs[input.output]!),
            attributes,
          );
    const node = nodes.push({ op: match === undefined ? graph.nodes[id]!.op : name, inputs: given, attributes, outputs: types }) - 1;
    const values = match?.outputs ?? types.map((_, output) => ({ node: id, output }));
    for (const [output, value] of values.entries()) moved.set(keyOf(value), { node, output });
  };
  for (const id of graph.nodes.keys()) emit(id);
  return { nodes, outputs: Object.fromEntries(Object.entries(graph.outputs).map(([output, value]) => [output, movedOf(value)])) };
}

/** The graph with the named fusions, in the order of their table. */
export function fuse(graph: Graph, names: readonly FusionName[]): Graph {
  return fusionNames
    .filter((name) => names.includes(name))
    .reduce((current, name) => {
      const replaced = matchesOf(current, name);
      return replaced.size === 0 ? current : rewrite(current, name, replaced);
    }, graph);
}
