// An engine's buffers: the arena, a buffer for each state and each weight, or each piece of one. Weights stream from their files in slices.
import { open } from 'node:fs/promises';
import { LlmxError } from '../../base/error.js';
import { bind } from '../../base/shape.js';
import type { StoredWeight } from '../../checkpoints/checkpoint.js';
import { leavesOf, type Program } from '../../graph/program.js';
import type { ValueType } from '../../ops/op.js';
import type { CompiledModel } from '../backend.js';
import type { Device } from './device.js';
import type { Piece } from './kernel.js';
import { canary, guardWords, type Layout } from './layout.js';
import { piecesOf, rowBytes, spareBytes } from './pieces.js';

const usage = { copySource: 0x4, copyTarget: 0x8, storage: 0x80, mapRead: 0x1 } as const;
const sliceBytes = 32 * 2 ** 20;

export interface WeightBuffer {
  readonly buffer: GPUBuffer;
  /** Bytes of the weight that it holds. */
  readonly bytes: number;
  /** Undefined where it holds all of it. */
  readonly piece?: Piece;
}

export interface Memory {
  readonly arena: GPUBuffer;
  readonly states: ReadonlyMap<string, GPUBuffer>;
  /** More than one buffer for a weight that the adapter does not bind whole. */
  readonly weights: ReadonlyMap<string, readonly WeightBuffer[]>;
  destroy(): void;
}

const storedBytes = ({ segments }: StoredWeight): number =>
  segments.reduce((sum, { planes }) => sum + planes.reduce((part, { length }) => part + length, 0), 0);

/** A buffer that can be mapped for reading. */
export const readbackBuffer = ({ gpu }: Device, bytes: number): GPUBuffer =>
  gpu.createBuffer({ size: Math.ceil(bytes / 4) * 4, usage: usage.mapRead | usage.copyTarget });

/** A buffer that is only copied to and from. */
export const copyBuffer = ({ gpu }: Device, bytes: number): GPUBuffer =>
  gpu.createBuffer({ size: bytes, usage: usage.copySource | usage.copyTarget });

/** The weight's bytes as one stream, into its buffers one after the other. */
async function upload({ gpu }: Device, targets: readonly WeightBuffer[], { segments }: StoredWeight): Promise<void> {
  const slice = new Uint8Array(Math.min(sliceBytes, Math.max(...targets.map(({ buffer }) => buffer.size))));
  let filled = 0;
  let target = 0;
  let at = 0;
  /** Bytes that may still be read into the slice. */
  const room = (): number => Math.min(slice.length, (targets[target]?.bytes ?? at) - at) - filled;
  const flush = (): void => {
    const bytes = Math.ceil(filled / 4) * 4;
    slice.fill(0, filled, bytes);
    if (bytes > 0) gpu.queue.writeBuffer(targets[target]!.buffer, at, slice, 0, bytes);
    at += filled;
    filled = 0;
    if (at < targets[target]!.bytes) return;
    target++;
    at = 0;
  };
  for (const { file, offset, length } of segments.flatMap(({ planes }) => planes)) {
    const handle = await open(file);
    try {
      for (let done = 0; done < length;) {
        const { bytesRead } = await handle.read(slice, filled, Math.min(room(), length - done), offset + done);
        if (bytesRead === 0) throw new LlmxError('unreadable', `${file}: ends at ${offset + done}, ${length - done} bytes before a tensor does`);
        done += bytesRead;
        filled += bytesRead;
        if (room() === 0) flush();
      }
    } finally {
      await handle.close();
    }
  }
}

export async function allocate(device: Device, { program, weights, constants }: CompiledModel, layout: Layout): Promise<Memory> {
  const { gpu, capabilities } = device;
  const made: GPUBuffer[] = [];
  const destroy = (): void => {
    for (const buffer of made) buffer.destroy();
    gpu.queue.submit([]); // Dawn gives destroyed memory back with the next submission
  };
  const create = (what: string, bytes: number): GPUBuffer => {
    const size = Math.max(16, Math.ceil(bytes / 4) * 4);
    const most = Math.min(capabilities.limits.binding, capabilities.limits.buffer);
    if (size > most)
      throw new LlmxError(
        'unsupported',
        `webgpu: ${what} takes ${size} bytes, this adapter binds at most ${most}`,
        'Use a smaller context, or --device cpu',
      );
    const buffer = gpu.createBuffer({ size, usage: usage.storage | usage.copySource | usage.copyTarget, label: what });
    made.push(buffer);
    return buffer;
  };
  const createWeight = (name: string, type: ValueType): readonly WeightBuffer[] => {
    const weight = { shape: bind(type.shape, program.sizes), format: type.format };
    const bytes = storedBytes(weights.get(name)!);
    const pieces = piecesOf(weight, capabilities.limits.weight);
    if (pieces === undefined) return [{ buffer: create(name, bytes + spareBytes), bytes }];
    return pieces.map((piece) => {
      const part = piece.rows * rowBytes(weight)!;
      return { buffer: create(`rows ${piece.first} to ${piece.first + piece.rows - 1} of ${name}`, part + spareBytes), bytes: part, piece };
    });
  };
  /** Everything at once, so that what does not fit is known before anything is read. */
  const createAll = (): Omit<Memory, 'destroy'> => {
    const states = new Map(program.values.flatMap(({ place, bytes }) => (place.kind === 'state' ? [[place.name, bytes] as const] : [])));
    return {
      arena: create('the activations', layout.bytes),
      weights: new Map([...leavesOf(program, 'weight')].map(([name, type]) => [name, createWeight(name, type)])),
      states: new Map([...states].map(([name, bytes]) => [name, create(name, bytes)])),
    };
  };
  try {
    gpu.pushErrorScope('out-of-memory');
    let buffers: Omit<Memory, 'destroy'>;
    let problem: GPUError | null;
    try {
      buffers = createAll();
    } finally {
      problem = await gpu.popErrorScope();
    }
    if (problem !== null)
      throw new LlmxError(
        'out-of-memory',
        `webgpu: ${capabilities.adapter} has no room for ${made.reduce((sum, { size }) => sum + size, 0)} bytes`,
        'Choose a smaller context, fewer --gpu-layers, or --device cpu',
      );
    for (const [name, targets] of buffers.weights) await upload(device, targets, weights.get(name)!);
    writeConstants(device, buffers.arena, program, constants, layout);
    return { ...buffers, destroy };
  } catch (error) {
    destroy();
    throw error;
  }
}

function writeConstants({ gpu }: Device, arena: GPUBuffer, program: Program, constants: CompiledModel['constants'], layout: Layout): void {
  for (const [number, { place }] of program.values.entries())
    if (place.kind === 'constant') gpu.queue.writeBuffer(arena, 4 * layout.words[number]!, constants.get(place.name)! as Float32Array<ArrayBuffer>);
  const guard = new Uint32Array(guardWords).fill(canary);
  for (const word of layout.guards) gpu.queue.writeBuffer(arena, 4 * word, guard);
}
