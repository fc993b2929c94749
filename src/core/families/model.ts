// A checkpoint understood: its family, hyperparameters and tensors by role. Pure but for the small tensors it decodes on request.
import type { LlmxError } from '../base/error.js';
import type { BuildContext, Hyperparameters } from '../blocks/block.js';
import { ropeFrequencies, ropeScale, type RopeSettings } from '../blocks/positions.js';
import type { Checkpoint, StoredWeight, Tensor } from '../checkpoints/checkpoint.js';
import { decodeRow, decodeTensor } from '../checkpoints/read-tensor.js';
import { createGraphBuilder, type LeafTypes } from '../graph/builder.js';
import type { Graph } from '../graph/graph.js';
import { shown } from '../text/quoted.js';
import { bindTensors, type Binding } from './bind.js';
import type { Family } from './family.js';
import { familyOf, type FamilyKey } from './index.js';
import { namesOf, readFields } from './read-fields.js';
import { readRope } from './read-rope.js';
import { partlyTurned } from './write-rope.js';
import { refusal } from './refusal.js';

export interface Model {
  readonly checkpoint: Checkpoint;
  readonly key: FamilyKey;
  readonly family: Family;
  readonly h: Hyperparameters;
  readonly bound: ReadonlyMap<string, Binding>;
  readonly rope: RopeSettings | undefined;
}

/**
 * Throws LlmxError `unsupported` with every refusal when the checkpoint cannot be computed rightly. `partial`: it need not be computed, and
 * tensors may be missing.
 */
export async function understand(checkpoint: Checkpoint, { partial = false }: { readonly partial?: boolean } = {}): Promise<Model> {
  const { key, family } = familyOf(checkpoint);
  const { h, refusals } = readFields(family, checkpoint);
  if (refusals.length > 0) throw refuse(refusals);
  const bindings = bindTensors(family, h, checkpoint, partial);
  const bound = new Map(bindings.bound);
  if (bindings.refusals.length > 0) throw refuse(bindings.refusals);
  const problems = partial ? [] : [...switched(family, h, bound, checkpoint), ...(await tie(bound, family, h, checkpoint))];
  if (problems.length > 0) throw refuse(problems.map((problem) => `${checkpoint.path}: ${problem}`));
  const rope = family.ropeStyle === undefined ? undefined : await readRope(checkpoint, h);
  const unturned = rope && checkpoint.dialect === 'huggingface' ? partlyTurned(rope, h) : undefined;
  if (unturned !== undefined) throw refuse([`${checkpoint.path}: ${unturned}`]);
  return { checkpoint, key, family, h, bound, rope };
}

const refuse = (problems: readonly string[]): LlmxError => refusal('unsupported', problems, 'llmx inspect shows what the checkpoint holds');

/** Switches of the config that the tensors contradict. */
function switched({ fields }: Family, h: Hyperparameters, bound: ReadonlyMap<string, Binding>, { dialect, config }: Checkpoint): readonly string[] {
  return fields.flatMap((row) => {
    if (row.use !== 'derived' || row.isSwitch !== true) return [];
    const isOn = row.value(h, (role) => bound.has(role)) === true;
    return namesOf(row, dialect)
      .filter((name) => typeof config[name] === 'boolean' && config[name] !== isOn)
      .map((name) => `${name} is ${shown(config[name])}, and the checkpoint ${isOn ? 'has' : 'lacks'} the tensors`);
  });
}

/**
 * A Hugging Face config says whether the output's matrix is the embedding's; elsewhere it is where the file has none of its own.
 * Returns what is wrong with that.
 */
async function tie(bound: Map<string, Binding>, family: Family, h: Hyperparameters, { dialect, config }: Checkpoint): Promise<readonly string[]> {
  const tied = config['tie_word_embeddings'] ?? undefined;
  if (dialect !== 'huggingface' || tied === undefined) return [];
  if (typeof tied !== 'boolean') return [`tie_word_embeddings is ${shown(tied)}, expected true or false`];
  const [head, embedding] = [bound.get('output.weight')?.segments[0], bound.get('token-embedding.weight')?.segments[0]];
  if (tied && head !== undefined && embedding !== undefined && (await differ(head, embedding)))
    return [`${head.name} is not ${embedding.name}, and tie_word_embeddings is true: which of them counts is not said`];
  if (tied) bound.delete('output.weight');
  const row = tied || head !== undefined ? undefined : family.tensors(h).find(({ role }) => role === 'output.weight');
  return row === undefined ? [] : [`tensor ${row.names[dialect]} is missing, and tie_word_embeddings is false`];
}

/** Rows that are compared: another matrix is another in nearly all of them. */
const comparedRows = 16;

/** Whether two matrices that lie alike hold other values, by some of their rows. */
async function differ(left: Tensor, right: Tensor): Promise<boolean> {
  if (left.transposed === true || right.transposed === true || left.shape.join() !== right.shape.join()) return false;
  const [rows = 0, columns = 0] = left.shape;
  const compared = Math.min(rows, comparedRows);
  for (let place = 0; place < compared; place++) {
    const row = Math.floor((place * rows) / compared);
    const [a, b] = [await decodeRow(left, row, columns), await decodeRow(right, row, columns)];
    if (a.some((value, column) => !Object.is(value, b[column]))) return true;
  }
  return false;
}

/** Vectors and small tables are decoded; matrices stay where they lie. */
const isConstant = ({ row }: Binding): boolean => row.small === true || row.shape.length === 1;

function leafTypes({ bound, rope }: Model): LeafTypes {
  return {
    find(name) {
      if (name === 'rope-frequencies' && rope !== undefined) return { leaf: 'constant', type: { shape: [rope.width / 2], format: 'f32' } };
      const binding = bound.get(name);
      if (binding === undefined) return undefined;
      if (isConstant(binding)) return { leaf: 'constant', type: { shape: binding.row.shape, format: 'f32' } };
      const transposed = binding.layout === 'transposed';
      const shape = transposed ? [...binding.row.shape].reverse() : binding.row.shape;
      return { leaf: 'weight', type: { shape, format: binding.segments[0]!.format }, transposed };
    },
  };
}

/** The family's step graph for this checkpoint. */
export function buildGraph(model: Model, options: Pick<BuildContext, 'pageSize' | 'cacheFormat'>): Graph {
  const g = createGraphBuilder(leafTypes(model));
  const ropeStyle = model.family.ropeStyle?.[model.checkpoint.dialect] ?? 'half';
  model.family.build(g, model.h, { ...options, ropeStyle, ropeScale: model.rope === undefined ? 1 : ropeScale(model.rope) });
  return g.finish();
}

export function storedWeights({ bound }: Model): ReadonlyMap<string, StoredWeight> {
  return new Map(
    [...bound]
      .filter(([, binding]) => !isConstant(binding))
      .map(([name, { segments, layout }]) => [name, { segments, transposed: layout === 'transposed' }]),
  );
}

/** Small tensors as float32 in their canonical form, and the rotary table for contexts of this length. */
export async function readConstants(model: Model, contextLength: number): Promise<ReadonlyMap<string, Float32Array>> {
  const constants = new Map<string, Float32Array>();
  if (model.rope !== undefined) constants.set('rope-frequencies', ropeFrequencies(model.rope, contextLength));
  for (const [name, binding] of model.bound) {
    if (!isConstant(binding)) continue;
    const values = await decodeTensor(binding.segments[0]!);
    constants.set(name, binding.layout === 'negative-exponential' ? values.map((value) => -Math.exp(value)) : values);
  }
  return constants;
}
