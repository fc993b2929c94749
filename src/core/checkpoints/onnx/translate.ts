// A step graph as an ONNX graph over (batch, sequence): every node by the row of its op. Knows no family.
import { LlmxError } from '../../base/error.js';
import { count, showShape } from '../../base/shape.js';
import { isLeaf, leafName, type Graph as StepGraph, type Leaf, type Node, type Value } from '../../graph/graph.js';
import { opOf, type OpName } from '../../ops/index.js';
import type { TensorPlan } from '../planned-file.js';
import type { StepProgram } from '../writer.js';
import { createEmitter, type Emitter, type Graph, type PlannedConstant } from './emitter.js';
import { operatorOf } from './operators/index.js';
import { stepValues } from './step-values.js';

const keyOf = ({ node, output }: Value): string => `${node}.${output}`;

/** The leaf that a value is, or comes from through what writes states. */
function rootOf(graph: StepGraph, value: Value): Node {
  const node = graph.nodes[value.node]!;
  const input = isLeaf(node.op) ? undefined : opOf(node.op).aliases?.[value.output];
  return input === undefined ? node : rootOf(graph, node.inputs[input]!);
}

/** What runtimes call a state, by the op that reads it and the name of the op's input. */
const stateWords: Readonly<Partial<Record<OpName, Readonly<Record<string, (layer: number) => string>>>>> = {
  attention: { keys: (layer) => `${layer}.key`, values: (layer) => `${layer}.value` },
  conv1d: { state: (layer) => `conv.${layer}` },
  'selective-scan': { state: (layer) => `ssm.${layer}` },
};

/** The names of states: the first reader of a kind is of layer 0. */
function stateNames(graph: StepGraph): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const layers = new Map<string, number>();
  for (const node of graph.nodes) {
    if (isLeaf(node.op)) continue;
    for (const [role, word] of Object.entries(stateWords[node.op] ?? {})) {
      const kind = `${node.op} ${role}`;
      const layer = layers.get(kind) ?? 0;
      layers.set(kind, layer + 1);
      names.set(leafName(rootOf(graph, node.inputs[opOf(node.op).inputs.indexOf(role)]!)), word(layer));
    }
  }
  return names;
}

/** `/model/layers.0/self_attn/q_proj` for the module of a tensor. */
const scopeOf = (tensor: string): string => `/${tensor.replace(/\.(weight|bias)$/, '').replaceAll(/\.(?!\d)/g, '/')}`;

function unsupportedOp(node: Node): LlmxError {
  return new LlmxError('unsupported', `the graph's op ${node.op} has no form in ONNX`, 'Convert to gguf or safetensors');
}

/** Values of leaves: tensors by their own names, constants of the program, inputs of the step. */
function leafValues(program: StepProgram, tensors: ReadonlyMap<string, TensorPlan>, e: Emitter) {
  const stored = (name: string): readonly TensorPlan[] =>
    (program.weights.get(name)?.tensors ?? []).map((each) => {
      const tensor = tensors.get(each);
      if (tensor === undefined)
        throw new LlmxError('unsupported', `an ONNX graph needs the tensor ${each}`, 'Leave out --include and --exclude for this format');
      return tensor;
    });
  const widen = ({ name, format }: TensorPlan, rows = name): string =>
    format === 'f32' ? rows : e.once(`wide ${rows}`, () => e.one('Cast', [rows], { to: 1 }));
  const whole = (name: string, shape: readonly number[]): string => {
    const [tensor] = stored(name);
    if (tensor === undefined) {
      const values = program.constants.get(name);
      if (values === undefined)
        throw new LlmxError('unsupported', `an ONNX graph needs ${name}`, 'Leave out --include and --exclude for this format');
      return e.floats(name, values, shape);
    }
    if (count(tensor.shape) !== count(shape))
      throw new LlmxError('internal', `${tensor.name} is ${showShape(tensor.shape)}, the graph wants ${showShape(shape)}`);
    return e.once(`whole ${tensor.name}`, () => {
      const values = widen(tensor);
      const shaped = tensor.shape.length === shape.length ? values : e.one('Reshape', [values, e.integers(shape)]);
      return program.weights.get(name)!.isLogarithm === true ? e.one('Neg', [e.one('Exp', [shaped])]) : shaped;
    });
  };
  return { stored, widen, whole };
}

export interface Translation {
  readonly graph: Graph;
  readonly constants: readonly PlannedConstant[];
}

export function translate(program: StepProgram, plans: readonly TensorPlan[], opset: number): Translation {
  const { graph } = program;
  const e = createEmitter(opset);
  const step = stepValues(e);
  const leaves = leafValues(program, new Map(plans.map((plan) => [plan.name, plan])), e);
  const states = stateNames(graph);
  const values = new Map<string, string>();
  const live = reachable(graph);

  const leafValue = (op: Leaf, name: string, shape: readonly number[]): string => {
    if (op === 'weight' || op === 'constant') return leaves.whole(name, shape);
    if (op === 'input' && name === 'ids') return step.ids();
    if (op === 'input' && name === 'positions') return step.positions();
    throw new LlmxError('internal', `onnx: an op reads the ${op} ${name}, which no runtime gives`);
  };
  const valueOf = (value: Value): string => {
    const node = graph.nodes[value.node]!;
    if (!isLeaf(node.op)) return values.get(keyOf(value))!;
    return leafValue(node.op, leafName(node), node.outputs[0]!.shape as readonly number[]);
  };

  const emit = (id: number, node: Node): void => {
    const operator = operatorOf(node.op as OpName);
    if (operator === undefined) throw unsupportedOp(node);
    const at = (index: number): Value => node.inputs[index]!;
    const leafAt = (index: number): Node | undefined => {
      const made = graph.nodes[at(index).node]!;
      return isLeaf(made.op) ? made : undefined;
    };
    const stored = (index: number): readonly TensorPlan[] => leaves.stored(leafName(graph.nodes[at(index).node]!));
    const weight = node.inputs.findIndex((value) => value !== undefined && graph.nodes[value.node]!.op === 'weight');
    e.begin(weight < 0 ? `/${node.op}` : scopeOf(stored(weight)[0]?.name ?? node.op));
    const outputs = operator({
      e,
      step,
      attributes: node.attributes,
      input: (index) => valueOf(at(index)),
      has: (index) => node.inputs[index] !== undefined,
      type: (index) => graph.nodes[at(index).node]!.outputs[at(index).output]!,
      stored,
      widen: leaves.widen,
      stateName: (index) => states.get(leafName(rootOf(graph, at(index))))!,
      leaf: (index) => {
        const made = leafAt(index);
        return made && leafName(made);
      },
    });
    for (const [output, name] of outputs.entries()) values.set(keyOf({ node: id, output }), name);
  };

  for (const [id, node] of graph.nodes.entries()) if (!isLeaf(node.op) && live.has(id)) emit(id, node);
  for (const [name, value] of Object.entries(graph.outputs)) {
    const { shape } = graph.nodes[value.node]!.outputs[value.output]!;
    e.begin(`/${name}`);
    step.output(valueOf(value), name, shape.at(-1) as number);
  }
  return {
    graph: { name: 'step', nodes: e.nodes, inputs: step.inputs, outputs: step.outputs },
    constants: [...e.constants.values()],
  };
}

function reachable(graph: StepGraph): ReadonlySet<number> {
  const seen = new Set<number>();
  const pending = Object.values(graph.outputs).map(({ node }) => node);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    for (const input of graph.nodes[id]!.inputs) if (input !== undefined) pending.push(input.node);
  }
  return seen;
}
