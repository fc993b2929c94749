// Devices as users name them, each with the backends that may run a model there, best first. Dawn is loaded where one of them needs it.
import { LlmxError } from '../base/error.js';
import type { Backend } from './backend.js';
import { backends, chooseBackend } from './index.js';

export interface Candidate {
  readonly backend: Backend;
  /** Has memory of its own: layers that do not fit it may run on this backend instead. */
  readonly rest?: Backend;
  /** Why the device is slower than it could be; told once. */
  readonly slow?: string;
}

export interface DeviceChoice {
  /** What follows `webgpu:`. */
  readonly adapter: string | undefined;
  /** Bytes of the model's files. */
  readonly modelBytes: number;
}

interface Device {
  /** More than one: what the first cannot run goes to the next, with a warning. */
  candidates(choice: DeviceChoice): Promise<readonly Candidate[]>;
  /** Takes the name of an adapter behind a colon. */
  readonly hasAdapters?: true;
}

/** A model that the processor's caches nearly hold is done before a graphics device is ready. */
const leastForGpu = 128 * 2 ** 20;

const webgpu = async (adapter: string | undefined): Promise<Backend & { ready(): Promise<unknown> }> =>
  (await import('./webgpu/index.js')).createWebGpu({ name: adapter });

async function hardware(): Promise<readonly Candidate[]> {
  const { mayHaveAdapter } = await import('./webgpu/drivers.js');
  if (!mayHaveAdapter()) return [];
  const backend = await webgpu(undefined);
  const found = await backend.ready().then(
    () => true,
    (error: unknown) => {
      if (error instanceof LlmxError) return false;
      throw error;
    },
  );
  return found ? [{ backend, rest: chooseBackend().backend }] : [];
}

export const devices = {
  auto: {
    candidates: async ({ modelBytes }) => [...(modelBytes < leastForGpu ? [] : await hardware()), chooseBackend()],
  },
  cpu: { candidates: async () => [chooseBackend()] },
  reference: { candidates: async () => [{ backend: backends.reference }] },
  webgpu: {
    async candidates({ adapter }) {
      const backend = await webgpu(adapter);
      await backend.ready();
      return [{ backend, rest: chooseBackend().backend }];
    },
    hasAdapters: true,
  },
} as const satisfies Record<string, Device>;

export type DeviceKey = keyof typeof devices;
/** `webgpu:ADAPTER` takes the adapter whose name has ADAPTER in it. */
export type DeviceName = DeviceKey | `${DeviceKey}:${string}`;

export const deviceKeys = Object.keys(devices) as readonly DeviceKey[];

/** Backends for a device, best first; at least one. Throws LlmxError('unsupported') where there is no such adapter. */
export async function candidatesOf(device: DeviceName, modelBytes: number): Promise<readonly [Candidate, ...Candidate[]]> {
  const [key, ...rest] = device.split(':');
  const row: Device = devices[key as DeviceKey];
  const found = await row.candidates({ adapter: rest.length > 0 ? rest.join(':') : undefined, modelBytes });
  return found as readonly [Candidate, ...Candidate[]];
}
