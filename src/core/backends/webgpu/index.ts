// The WebGPU backend: programs run as dispatches of kernels/webgpu through Dawn.
import type { StoredWeight } from '../../checkpoints/checkpoint.js';
import type { Backend } from '../backend.js';
import type { AdapterChoice } from './dawn.js';
import { openDevice, type Device } from './device.js';
import { WebGpuEngine } from './engine.js';

const storedBytes = ({ segments }: StoredWeight): number =>
  segments.reduce((sum, { planes }) => sum + planes.reduce((part, { length }) => part + length, 0), 0);

/** A backend on the adapter of that choice. The device is opened with the first engine and shared by all. */
export function createWebGpu(choice: AdapterChoice = {}, allowSubgroups = true): Backend & { device(): Promise<Device> } {
  let opened: Promise<Device> | undefined;
  const device = async (): Promise<Device> => {
    if (opened !== undefined && (await opened.catch(() => undefined))?.problem !== undefined) opened = undefined;
    return (opened ??= openDevice(choice, allowSubgroups));
  };
  return {
    name: 'webgpu',
    device,
    describe: () => ({ text: 'webgpu' }),
    promptChunk: 512,
    packedBytes: storedBytes,
    open: async (model, options) => WebGpuEngine.open(await device(), model, options),
  };
}
