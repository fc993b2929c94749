// The WebGPU backend: programs run as dispatches of kernels/webgpu through Dawn.
import type { StoredWeight } from '../../checkpoints/checkpoint.js';
import { fusionNames } from '../../graph/fusions/index.js';
import type { Backend } from '../backend.js';
import { ceilingOf } from './ceiling.js';
import type { AdapterChoice } from './dawn.js';
import { openDevice, type Device, type Restrictions } from './device.js';
import { WebGpuEngine } from './engine.js';

const storedBytes = ({ segments }: StoredWeight): number =>
  segments.reduce((sum, { planes }) => sum + planes.reduce((part, { length }) => part + length, 0), 0);

export interface WebGpuBackend extends Backend {
  /** The device, opened on the first call; throws LlmxError('unsupported') where there is no such adapter. */
  ready(): Promise<Device>;
}

/** A backend on the adapter of that choice. One device serves all engines; a lost one is replaced. */
export function createWebGpu(choice: AdapterChoice = {}, restrictions: Restrictions = {}): WebGpuBackend {
  let opened: Promise<Device> | undefined;
  let adapter: string | undefined;
  const ready = async (): Promise<Device> => {
    if (opened !== undefined && (await opened.catch(() => undefined))?.problem !== undefined) opened = undefined;
    const device = await (opened ??= openDevice(choice, restrictions));
    adapter = device.capabilities.adapter;
    return device;
  };
  return {
    name: 'webgpu',
    ready,
    describe: () => ({ text: adapter === undefined ? 'webgpu' : `webgpu (${adapter})` }),
    get adapter() {
      return adapter;
    },
    fusions: fusionNames,
    promptChunk: 512,
    takesThreads: false,
    quantizedArithmetic: 'multiply-add',
    ceiling: async (what, _threads, milliseconds) => ceilingOf(await ready(), what, milliseconds),
    packedBytes: storedBytes,
    open: async (model, options) => WebGpuEngine.open(await ready(), model, options),
  };
}

/**
 * What WGSL's own functions may add to an op's tolerance: exp and log may be off by 3 + 2|x| units in the last place, a division by 2.5;
 * on the least exact adapter they are off by 4e-6 relative, whose square is 1.6e-11; four times that.
 */
export const roundingOfWgsl = 6.4e-11;
