// What an adapter reaches at most: bytes that a copy within its memory reads and writes, and multiply-adds in registers.
import type { Ceiling } from '../backend.js';
import type { Device } from './device.js';
import { copyBuffer } from './memory.js';
import { plain } from './kernels/shapes.js';

/** A copy larger than any cache, in buffers that every adapter has room for. */
const copyBytes = 128 * 2 ** 20;
/** Of the software device, whose memory is the machine's. */
const smallCopyBytes = 16 * 2 ** 20;
const workgroups = 4096;
const smallWorkgroups = 8;
const rounds = 1024;
/** Chains of an invocation, lanes of each, two operations. */
const operationsEach = 8 * 4 * 2;

/** Repeats `encode` until the window is full; `work` of each over the seconds that all took. */
async function rate({ gpu }: Device, milliseconds: number, work: number, encode: (encoder: GPUCommandEncoder) => void): Promise<number> {
  const run = async (times: number): Promise<number> => {
    const encoder = gpu.createCommandEncoder();
    for (let time = 0; time < times; time++) encode(encoder);
    const since = performance.now();
    gpu.queue.submit([encoder.finish()]);
    await gpu.queue.onSubmittedWorkDone();
    return performance.now() - since;
  };
  await run(1);
  const once = await run(1);
  const times = Math.max(1, Math.min(256, Math.round(milliseconds / Math.max(0.01, once))));
  return (work * times * 1000) / (await run(times));
}

async function copyRate(device: Device, milliseconds: number): Promise<number> {
  const bytes = device.capabilities.isSoftware ? smallCopyBytes : copyBytes;
  const [from, to] = [copyBuffer(device, bytes), copyBuffer(device, bytes)];
  try {
    return await rate(device, milliseconds, 2 * bytes, (encoder) => encoder.copyBufferToBuffer(from, 0, to, 0, bytes));
  } finally {
    from.destroy();
    to.destroy();
    device.gpu.queue.submit([]);
  }
}

async function multiplyAddRate(device: Device, milliseconds: number): Promise<number> {
  const kernel = { buffers: [] };
  const variant = plain('measure/multiply-add', device.capabilities);
  const pipeline = await device.pipeline(kernel, variant);
  const arena = device.gpu.createBuffer({ size: 64, usage: 0x80 /* STORAGE */ });
  const group = device.bindGroup(kernel, [arena]);
  const count = device.capabilities.isSoftware ? smallWorkgroups : workgroups;
  try {
    return await rate(device, milliseconds, count * variant.constants['lanes']! * rounds * operationsEach, (encoder) => {
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      (pass as unknown as { setImmediates(offset: number, data: Uint32Array): void }).setImmediates(0, Uint32Array.of(rounds));
      pass.dispatchWorkgroups(count);
      pass.end();
    });
  } finally {
    arena.destroy();
    device.gpu.queue.submit([]);
  }
}

const measures: Readonly<Record<Ceiling, ((device: Device, milliseconds: number) => Promise<number>) | undefined>> = {
  read: copyRate,
  'multiply-add': multiplyAddRate,
  int8: undefined,
};

export const ceilingOf = async (device: Device, what: Ceiling, milliseconds: number): Promise<number | null> =>
  (await measures[what]?.(device, milliseconds)) ?? null;
