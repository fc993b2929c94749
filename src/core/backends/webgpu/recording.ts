// A program's dispatches at given sizes: pipelines, bindings, parameters and grids, worked out once and replayed.
import { LlmxError } from '../../base/error.js';
import { symbols, type Sizes } from '../../base/shape.js';
import type { Instruction } from '../../graph/program.js';
import type { CompiledModel } from '../backend.js';
import type { Device } from './device.js';
import type { Grid } from './kernel.js';
import { kernelOf } from './kernels/index.js';
import { callOf, operandNames, tableKey, type Layout } from './layout.js';
import type { Memory } from './memory.js';
import { parametersOf } from './source.js';

export interface Dispatch {
  /** Its instruction in the program. */
  readonly instruction: number;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly immediates: Uint32Array<ArrayBuffer>;
  readonly grid: Grid;
}

type ImmediatePass = GPUComputePassEncoder & { setImmediates(offset: number, data: Uint32Array<ArrayBuffer>): void };

/** Into a pass. */
export function encode(pass: GPUComputePassEncoder, { pipeline, bindGroup, immediates, grid }: Dispatch): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, bindGroup);
  (pass as ImmediatePass).setImmediates(0, immediates);
  pass.dispatchWorkgroups(...grid);
}

/** Numbers that the CPU makes for a step. */
export interface StepTableData {
  /** First word in the arena. */
  readonly begin: number;
  readonly data: Float32Array<ArrayBuffer>;
  fill(inputs: ReadonlyMap<string, Int32Array>): void;
}

export interface Recording {
  readonly dispatches: readonly Dispatch[];
  readonly tables: readonly StepTableData[];
}

/** Recordings kept: one for decoding, one for whole chunks, some for the ends of prompts. */
const mostRecordings = 16;

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);
const bitsOf = (value: number): number => {
  float[0] = value;
  return word[0]!;
};

export function createRecorder(
  device: Device,
  { program, constants }: CompiledModel,
  layout: Layout,
  memory: Memory,
): (sizes: Sizes) => Promise<Recording> {
  const recordings = new Map<string, Promise<Recording>>();
  const bindGroups = new Map<number, GPUBindGroup>();

  const bufferOf = ({ op }: Instruction, operand: string, number: number | undefined): GPUBuffer => {
    const { place } = program.values[number!]!;
    const buffer = place.kind === 'state' ? memory.states.get(place.name) : place.kind === 'weight' ? memory.weights.get(place.name) : undefined;
    if (buffer === undefined) throw new LlmxError('internal', `webgpu: ${op}: ${operand} is a value of kind ${place.kind}, not a weight or a state`);
    return buffer;
  };
  const bindGroupOf = (instruction: Instruction, index: number): GPUBindGroup => {
    const known = bindGroups.get(index);
    if (known !== undefined) return known;
    const kernel = kernelOf(instruction.op);
    const numbers = operandNames(instruction);
    const buffers = kernel.buffers.map(({ operand }) => bufferOf(instruction, operand, numbers.get(operand)));
    const group = device.bindGroup(kernel, [memory.arena, ...buffers]);
    bindGroups.set(index, group);
    return group;
  };

  const immediatesOf = (instruction: Instruction, source: string, params: Readonly<Record<string, number>>): Uint32Array<ArrayBuffer> => {
    const numbers = operandNames(instruction);
    return Uint32Array.from(parametersOf(source), ({ name, type }) => {
      const given = params[name];
      if (given !== undefined) return type === 'f32' ? bitsOf(given) : given;
      if (!numbers.has(name)) throw new LlmxError('internal', `${source}.wgsl: nothing gives parameter ${name}`);
      const number = numbers.get(name);
      return number === undefined ? 0 : layout.words[number]!;
    });
  };

  const dispatchOf = async (instruction: Instruction, index: number, sizes: Sizes): Promise<Dispatch> => {
    const kernel = kernelOf(instruction.op);
    const call = callOf(program, instruction, sizes);
    const variant = kernel.variant(call, device.capabilities);
    const key = tableKey(program, instruction);
    const table: Readonly<Record<string, number>> = key === undefined ? {} : { table: layout.tables.get(key)! };
    return {
      instruction: index,
      pipeline: await device.pipeline(kernel, variant),
      bindGroup: bindGroupOf(instruction, index),
      immediates: immediatesOf(instruction, variant.source, { ...kernel.params(call), ...table }),
      grid: kernel.grid(call, variant),
    };
  };

  const tableOf = (key: string, instruction: Instruction, sizes: Sizes): StepTableData => {
    const call = callOf(program, instruction, sizes);
    const table = kernelOf(instruction.op).table!;
    const data = new Float32Array(table.length(call));
    const places = instruction.inputs.map((number) => (number === undefined ? undefined : program.values[number]!.place));
    return {
      begin: layout.tables.get(key)!,
      data,
      fill(inputs) {
        const given = places.map((place) =>
          place?.kind === 'input' ? inputs.get(place.name) : place?.kind === 'constant' ? constants.get(place.name) : undefined,
        );
        table.fill(call, given, data);
      },
    };
  };

  const record = async (sizes: Sizes): Promise<Recording> => {
    const all = await Promise.all(program.instructions.map((instruction, index) => dispatchOf(instruction, index, sizes)));
    const tables = new Map<string, StepTableData>();
    for (const instruction of program.instructions) {
      const key = tableKey(program, instruction);
      if (key !== undefined && !tables.has(key)) tables.set(key, tableOf(key, instruction, sizes));
    }
    return { dispatches: all.filter(({ grid }) => grid.every((side) => side > 0)), tables: [...tables.values()] };
  };

  return (sizes) => {
    const key = symbols.map((symbol) => sizes[symbol]).join();
    const known = recordings.get(key);
    if (known !== undefined) return known;
    const oldest = recordings.keys().next().value;
    if (recordings.size >= mostRecordings && oldest !== undefined) recordings.delete(oldest);
    const recording = record(sizes);
    recordings.set(key, recording);
    return recording;
  };
}
