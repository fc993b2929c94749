// The largest numbers of a row of the arena, found on the device: a token costs a few words of readback, not its vocabulary.
import type { Device } from './device.js';
import { plain } from './kernels/shapes.js';

/** Numbers that one workgroup looks through. */
const slice = 2048;
const wordsEach = 2;

export interface Selector {
  /** The most that one call finds. */
  readonly most: number;
  /** Into a pass: the `count` largest of `width` words of the arena from word `at` on. */
  encode(pass: GPUComputePassEncoder, at: number, width: number, count: number): void;
  /** Pairs of words from byte `begin` on: a number and its index. */
  readonly buffer: GPUBuffer;
  readonly begin: number;
}

/** Scratch for rows of up to `width` numbers and up to `k` of them. */
export async function createSelector(device: Device, arena: GPUBuffer, width: number, k: number): Promise<Selector> {
  const kernel = { buffers: [{ operand: 'scratch', written: true as const }] };
  const slices = Math.ceil(width / slice);
  const first = plain('select', device.capabilities, [], { of_slices: 0 });
  const second = plain('select', device.capabilities, [], { of_slices: 1 });
  const buffer = device.gpu.createBuffer({ size: 4 * wordsEach * k * (slices + 1), usage: 0x80 | 0x4 /* STORAGE, COPY_SRC */, label: 'select' });
  const group = device.bindGroup(kernel, [arena, buffer]);
  const pipelines = [await device.pipeline(kernel, first), await device.pipeline(kernel, second)] as const;
  const params = new Uint32Array(5);
  const setImmediates = (pass: GPUComputePassEncoder): void =>
    (pass as unknown as { setImmediates(offset: number, data: Uint32Array): void }).setImmediates(0, params);
  const encode = (pass: GPUComputePassEncoder, at: number, row: number, count: number): void => {
    const rowSlices = Math.ceil(row / slice);
    const begin = wordsEach * k * slices;
    pass.setBindGroup(0, group);
    pass.setPipeline(pipelines[0]);
    params.set([at, 0, row, slice, count]);
    setImmediates(pass);
    pass.dispatchWorkgroups(rowSlices);
    pass.setPipeline(pipelines[1]);
    params.set([0, begin, rowSlices * count, rowSlices * count, count]);
    setImmediates(pass);
    pass.dispatchWorkgroups(1);
  };
  return { most: k, encode, buffer, begin: 4 * wordsEach * k * slices };
}
