// Runs one conformance case of an op on a backend: leaves from seeded random numbers, outputs and written states read back.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend, EngineOptions } from '../backends/backend.js';
import { normal } from '../base/random.js';
import { count, type Shape } from '../base/shape.js';
import type { StoredWeight } from '../checkpoints/checkpoint.js';
import { createGraphBuilder, type LeafTypes } from '../graph/builder.js';
import { compile } from '../graph/compile.js';
import type { Value } from '../graph/graph.js';
import { numberFormats, type NumberFormatKey } from '../numbers/index.js';
import { planeBytes } from '../numbers/number-format.js';
import { opOf, type OpName } from '../ops/index.js';
import type { Attributes, CaseInput, OpCase } from '../ops/op.js';

const sizes = { tokens: 1, rows: 1, sequences: 1, table: 1, pages: 1, slots: 1 };

const draw = (input: NonNullable<CaseInput>, stream: number): Float32Array =>
  Float32Array.from({ length: count(input.shape) }, (_, index) => {
    const value = normal(20240607, stream, index);
    return 'positive' in input && input.positive === true ? Math.abs(value) : value;
  });

/** Values as the format keeps them, so that every backend starts from the same numbers. */
function throughFormat(values: Float32Array, key: NumberFormatKey): { stored: Uint8Array; values: Float32Array } {
  const format = numberFormats[key];
  const stored = new Uint8Array(planeBytes(format, values.length));
  format.encode!(values, [stored]);
  const back = new Float32Array(values.length);
  format.decode([stored], back);
  return { stored, values: back };
}

interface Prepared {
  readonly leaves: LeafTypes;
  readonly weights: ReadonlyMap<string, StoredWeight>;
  readonly constants: ReadonlyMap<string, Float32Array | Int32Array>;
  readonly states: ReadonlyMap<number, Float32Array>;
}

async function prepare(inputs: readonly CaseInput[], folder: string, transposed: boolean): Promise<Prepared> {
  const types = new Map<string, NonNullable<ReturnType<LeafTypes['find']>>>();
  const weights = new Map<string, StoredWeight>();
  const constants = new Map<string, Float32Array | Int32Array>();
  const states = new Map<number, Float32Array>();
  for (const [index, input] of inputs.entries()) {
    if (input === undefined) continue;
    const name = `input${index}`;
    const shape: Shape = input.shape;
    if (input.kind === 'integers') {
      types.set(name, { leaf: 'constant', type: { shape, format: 'i32' } });
      constants.set(name, Int32Array.from(input.values));
    } else if (input.kind === 'state') {
      states.set(index, throughFormat(draw(input, index), input.format ?? 'f32').values);
    } else if (input.kind === 'weight' && shape.length > 1) {
      const format = input.format ?? 'f32';
      const { stored } = throughFormat(draw(input, index), format);
      const file = join(folder, name);
      await writeFile(file, stored);
      types.set(name, { leaf: 'weight', type: { shape, format } });
      weights.set(name, { transposed, segments: [{ name, shape: input.shape, format, planes: [{ file, offset: 0, length: stored.length }] }] });
    } else {
      const values = input.kind === 'activation' && input.values ? Float32Array.from(input.values) : draw(input, index);
      types.set(name, { leaf: 'constant', type: { shape, format: 'f32' } });
      constants.set(name, values);
    }
  }
  return { leaves: { find: (name) => types.get(name) }, weights, constants, states };
}

export interface CaseResult {
  /** Every output in order; for a written state, the state after the step. */
  readonly outputs: readonly Float32Array[];
  readonly brokenGuards: number;
}

export async function runCase(
  backend: Backend,
  name: OpName,
  { inputs, attributes }: OpCase<Attributes>,
  options: EngineOptions,
): Promise<CaseResult> {
  const folder = await mkdtemp(join(tmpdir(), 'llmx-case-'));
  try {
    const { leaves, weights, constants, states } = await prepare(inputs, folder, attributes['transposed'] === true);
    const g = createGraphBuilder(leaves);
    const values = inputs.map((input, index): Value | undefined => {
      if (input === undefined) return undefined;
      return input.kind === 'state' ? g.state(`input${index}`, input.shape, input.format ?? 'f32') : g.weight(`input${index}`);
    });
    g.apply(name, values, attributes).forEach((value, index) => g.output(`output${index}`, value));
    const program = compile(g.finish(), sizes);
    const engine = await backend.open({ program, weights, constants }, options);
    try {
      for (const [index, state] of states)
        await engine.write(
          program.values.findIndex(({ place }) => place.kind === 'state' && place.name === `input${index}`),
          state,
        );
      await engine.step({ ids: new Int32Array(1) });
      const outputs: Float32Array[] = [];
      for (const [output] of opOf(name).outputs.entries()) {
        const value = program.outputs[`output${output}`]!;
        const target = new Float32Array(count(program.values[value]!.type.shape as readonly number[]));
        await engine.read(value, 0, target);
        outputs.push(target);
      }
      return { outputs, brokenGuards: await engine.brokenGuards() };
    } finally {
      await engine.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
