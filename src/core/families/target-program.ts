// The step graph of a model over the tensors that a target shall hold, in the target's dialect. For checkpoint formats that hold a program.
import { LlmxError } from '../base/error.js';
import type { Dialect } from '../checkpoints/checkpoint.js';
import type { TensorPlan } from '../checkpoints/planned-file.js';
import type { StepProgram } from '../checkpoints/writer.js';
import type { Binding } from './bind.js';
import { buildGraph, readConstants, type Model } from './model.js';
import type { Transfer } from './transfer.js';

/** `transfers` and `plans` are the target's: its names, shapes, layouts and number formats. Reads the source's small tensors. */
export async function targetProgram(
  model: Model,
  dialect: Dialect,
  transfers: readonly Transfer[],
  plans: readonly TensorPlan[],
): Promise<StepProgram> {
  const given = new Set(transfers.map(({ role }) => role));
  const missing = [...model.bound.keys()].find((role) => !given.has(role));
  if (missing !== undefined)
    throw new LlmxError('unsupported', `a graph needs every tensor, and ${missing} is left out`, 'Leave out --include, --exclude and --vocab-only');
  if (model.rope?.scaling.type === 'longrope')
    throw new LlmxError(
      'unsupported',
      `${model.checkpoint.path}: longrope has one rotary table up to ${model.rope.scaling.originalContextLength} positions and another beyond, a graph holds one`,
      'Write safetensors or GGUF',
    );
  const formats = new Map(plans.map(({ name, format }) => [name, format]));
  const bound = new Map<string, Binding>(
    transfers.map(({ role, row, targets }) => [
      role,
      {
        row,
        layout: row.layouts?.[dialect],
        segments: targets.map(({ name, shape }) => ({ name, shape, format: formats.get(name) ?? 'f32', planes: [] })),
      },
    ]),
  );
  const target: Model = { ...model, bound, checkpoint: { ...model.checkpoint, dialect } };
  return {
    graph: buildGraph(target, { pageSize: 1, cacheFormat: 'f32' }),
    weights: new Map(
      [...bound].map(([role, { segments, layout }]) => [
        role,
        {
          tensors: segments.map(({ name }) => name),
          transposed: layout === 'transposed',
          ...(layout === 'negative-exponential' ? { isLogarithm: true as const } : {}),
        },
      ]),
    ),
    constants: await readConstants(model, model.h.contextLength),
  };
}
