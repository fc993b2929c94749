// Times every dispatch of a step by the device's own clock: each in a pass of its own, with a timestamp before and after.
import { LlmxError } from '../../base/error.js';
import type { Device } from './device.js';
import { readbackBuffer } from './memory.js';
import { encode, type Dispatch } from './recording.js';

export interface Timer {
  /** By instruction of the program, since the start. */
  readonly nanoseconds: number[];
  run(dispatches: readonly Dispatch[]): Promise<void>;
  destroy(): void;
}

/** Queries in one set, at most. */
const mostQueries = 4096;

export function createTimer(device: Device, instructions: number): Timer {
  const { gpu, capabilities } = device;
  if (!capabilities.timestamps)
    throw new LlmxError('unsupported', `webgpu: ${capabilities.adapter} has no timestamps, so ops cannot be timed`, 'Leave out --ops');
  const set = gpu.createQuerySet({ type: 'timestamp', count: mostQueries });
  const resolved = gpu.createBuffer({ size: 8 * mostQueries, usage: 0x200 | 0x4 /* QUERY_RESOLVE, COPY_SRC */ });
  const readback = readbackBuffer(device, 8 * mostQueries);
  const nanoseconds = new Array<number>(instructions).fill(0);
  const runPart = async (dispatches: readonly Dispatch[]): Promise<void> => {
    const encoder = gpu.createCommandEncoder();
    for (const [index, dispatch] of dispatches.entries()) {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet: set, beginningOfPassWriteIndex: 2 * index, endOfPassWriteIndex: 2 * index + 1 },
      });
      encode(pass, dispatch);
      pass.end();
    }
    const bytes = 16 * dispatches.length;
    encoder.resolveQuerySet(set, 0, 2 * dispatches.length, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readback, 0, bytes);
    gpu.queue.submit([encoder.finish()]);
    await readback.mapAsync(1 /* READ */, 0, bytes);
    const times = new BigUint64Array(readback.getMappedRange(0, bytes).slice(0));
    readback.unmap();
    for (const [index, { instruction }] of dispatches.entries()) {
      const [begin, end] = [times[2 * index]!, times[2 * index + 1]!];
      // Clocks of some devices step back between passes.
      if (end > begin) nanoseconds[instruction]! += Number(end - begin);
    }
  };
  return {
    nanoseconds,
    async run(dispatches) {
      for (let first = 0; first < dispatches.length; first += mostQueries / 2) await runPart(dispatches.slice(first, first + mostQueries / 2));
    },
    destroy() {
      set.destroy();
      resolved.destroy();
      readback.destroy();
    },
  };
}
