// A program's dispatches at given sizes: pipelines, bindings, parameters and grids, worked out once and replayed.
import { LlmxError } from '../../base/error.js';
import { symbols, type Sizes } from '../../base/shape.js';
import type { Instruction, Program } from '../../graph/program.js';
import type { CompiledModel } from '../backend.js';
import type { Device } from './device.js';
import type { Call, Grid, Kernel, Part, Variant } from './kernel.js';
import { kernelOf } from './kernels/index.js';
import { callOf, operandNames, operandOf, tableKey, tableReads, type Layout } from './layout.js';
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

/** The program with a value more, for what lies in the scratch: it is like the instruction's first output. */
const withScratch = (program: Program, { outputs: [like] }: Instruction): Program => ({
  ...program,
  values: [...program.values, program.values[like!]!],
});

/** The call itself, or one for each piece of its weight. */
function ofEachPiece(call: Call): readonly Call[] {
  const pieces = call.inputs.find((input) => input?.pieces !== undefined)?.pieces;
  return pieces?.map((piece) => ({ ...call, inputs: call.inputs.map((input) => (input?.pieces ? { ...input, piece } : input)) })) ?? [call];
}

/** A part of a call as an instruction of its own. */
function instructionOf({ op, inputs, output, attributes }: Part, whole: Instruction, { values }: Program): Instruction {
  const numbers = new Map([...operandNames(whole), ['scratch', values.length] as const]);
  const number = (name: string | undefined): number | undefined => (name === undefined ? undefined : numbers.get(name));
  return { op, inputs: inputs.map(number), outputs: [number(output)], attributes, barrier: false };
}

export function createRecorder(
  device: Device,
  { program, constants }: CompiledModel,
  layout: Layout,
  memory: Memory,
): (sizes: Sizes) => Promise<Recording> {
  const recordings = new Map<string, Promise<Recording>>();
  const bindGroups = new Map<string, GPUBindGroup>();

  const bufferOf = ({ op }: Instruction, operand: string, number: number | undefined, piece: number): GPUBuffer => {
    const { place } = program.values[number!]!;
    const weight = place.kind === 'weight' ? memory.weights.get(place.name) : undefined;
    const buffer = place.kind === 'state' ? memory.states.get(place.name) : weight?.[piece]?.buffer;
    if (buffer === undefined) throw new LlmxError('internal', `webgpu: ${op}: ${operand} is a value of kind ${place.kind}, not a weight or a state`);
    return buffer;
  };
  const withPieces = (call: Call, { inputs }: Instruction): Call => ({
    ...call,
    inputs: call.inputs.map((input, index) => {
      const place = inputs[index] === undefined ? undefined : program.values[inputs[index]]?.place;
      const pieces = place?.kind === 'weight' ? memory.weights.get(place.name)!.flatMap(({ piece }) => piece ?? []) : [];
      return input !== undefined && pieces.length > 0 ? { ...input, pieces } : input;
    }),
  });
  const bindGroupOf = (kernel: Kernel, instruction: Instruction, piece: number): GPUBindGroup => {
    const numbers = operandNames(instruction);
    const key = [piece, ...kernel.buffers.map(({ operand, written }) => `${numbers.get(operand)}${written === true ? 'w' : ''}`)].join();
    const known = bindGroups.get(key);
    if (known !== undefined) return known;
    const buffers = kernel.buffers.map(({ operand }) => bufferOf(instruction, operand, numbers.get(operand), piece));
    const group = device.bindGroup(kernel, [memory.arena, ...buffers]);
    bindGroups.set(key, group);
    return group;
  };

  type Words = Readonly<Record<string, number>>;
  const immediatesOf = (instruction: Instruction, source: string, params: Words, shifts: Words): Uint32Array<ArrayBuffer> => {
    const numbers = operandNames(instruction);
    return Uint32Array.from(parametersOf(source), ({ name, type }) => {
      const given = params[name];
      if (given !== undefined) return type === 'f32' ? bitsOf(given) : given;
      if (!numbers.has(name)) throw new LlmxError('internal', `${source}.wgsl: nothing gives parameter ${name}`);
      const number = numbers.get(name);
      if (number === undefined) return 0;
      return (number === program.values.length ? layout.scratch : layout.words[number]!) + (shifts[name] ?? 0);
    });
  };

  const dispatchesOf = async (instruction: Instruction, index: number, sizes: Sizes, within = program): Promise<readonly Dispatch[]> => {
    const kernel = kernelOf(instruction.op);
    const call = withPieces(callOf(within, instruction, sizes), instruction);
    const parts = kernel.parts?.(call);
    if (parts !== undefined) {
      const wider = withScratch(program, instruction);
      const all = await Promise.all(parts.map((part) => dispatchesOf(instructionOf(part, instruction, program), index, sizes, wider)));
      return all.flat();
    }
    const key = tableKey(program, instruction);
    const table: Readonly<Record<string, number>> = key === undefined ? {} : { table: layout.tables.get(key)! };
    const dispatchOf = async (own: Call, piece: number, variant: Variant): Promise<Dispatch> => ({
      instruction: index,
      pipeline: await device.pipeline(kernel, variant),
      bindGroup: bindGroupOf(kernel, instruction, piece),
      immediates: immediatesOf(
        instruction,
        variant.source,
        { ...kernel.params(own), ...table, scratch: layout.scratch },
        own === call ? {} : (kernel.shifts?.(own) ?? {}),
      ),
      grid: kernel.grid(own, variant),
    });
    const dispatches = ofEachPiece(call).flatMap((own, piece) =>
      [kernel.variant(own, device.capabilities), kernel.then?.(own, device.capabilities)].flatMap((variant) =>
        variant === undefined ? [] : [dispatchOf(own, piece, variant)],
      ),
    );
    return Promise.all(dispatches);
  };

  const tableOf = (key: string, instruction: Instruction, sizes: Sizes): StepTableData => {
    const table = kernelOf(instruction.op).table!;
    const reads = tableReads(instruction);
    const data = new Float32Array(table.length(reads.map((number) => operandOf(program, number, sizes)!)));
    const places = reads.map((number) => program.values[number]!.place);
    return {
      begin: layout.tables.get(key)!,
      data,
      fill(inputs) {
        const given = places.map((place) =>
          place.kind === 'input' ? inputs.get(place.name) : 'name' in place ? constants.get(place.name) : undefined,
        );
        if (given.includes(undefined)) throw new LlmxError('internal', `webgpu: ${instruction.op}: what its table is made from is not given`);
        table.fill(instruction.attributes, given as (Int32Array | Float32Array)[], data);
      },
    };
  };

  const record = async (sizes: Sizes): Promise<Recording> => {
    const all = (await Promise.all(program.instructions.map((instruction, index) => dispatchesOf(instruction, index, sizes)))).flat();
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
