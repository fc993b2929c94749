// Dawn, as the npm package `webgpu` brings it: loaded on first use, its instances kept alive for the life of the process (a collected
// instance aborts it), adapters listed and one device opened.
import { LlmxError } from '../../base/error.js';

export interface AdapterChoice {
  /** Part of an adapter's name; undefined takes the first that is no software adapter. */
  readonly name?: string | undefined;
  /** Dawn's own backend. */
  readonly api?: 'vulkan' | 'metal' | 'd3d12' | 'null';
  /** Toggles to switch on, by Dawn's names. */
  readonly toggles?: readonly string[];
}

interface Package {
  create(options: readonly string[]): GPU;
}

/** Dawn frees an instance that JavaScript dropped even where a device still uses it. */
const instances: GPU[] = [];

export const defaultApi: NonNullable<AdapterChoice['api']> =
  process.platform === 'darwin' ? 'metal' : process.platform === 'win32' ? 'd3d12' : 'vulkan';

/** f16 on NVIDIA under Linux and subgroup matrices are hidden without these. */
const usualToggles = ['vulkan_enable_f16_on_nvidia', 'allow_unsafe_apis', 'disable_workgroup_init'];

async function load(): Promise<Package> {
  try {
    return (await import('webgpu')) as unknown as Package;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new LlmxError('unsupported', `WebGPU cannot be loaded here: ${reason}`, 'Install llmx with its optional packages, or use --device cpu', {
      cause,
    });
  }
}

/** What Dawn says of one adapter in the error that an unknown name gives. */
const adapterLine = /^\s*\*?\s*backend: '?(\w+)'?, name: '(.*)'$/gm;

/** Names of all adapters that Dawn sees; empty without a driver. */
export async function listAdapters(api = defaultApi): Promise<readonly string[]> {
  const { create } = await load();
  const gpu = create([`backend=${api}`, 'adapter=?']);
  instances.push(gpu);
  const message = await gpu.requestAdapter().then(
    () => '',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  return [...message.matchAll(adapterLine)].map(([, , name]) => name!);
}

async function request(api: string, toggles: readonly string[], name: string | undefined): Promise<GPUAdapter | undefined> {
  const { create } = await load();
  // Quantized timestamps guard pages against each other; here they would hide what is measured.
  const options = [`backend=${api}`, `enable-dawn-features=${toggles.join(',')}`, 'disable-dawn-features=timestamp_quantization'];
  const gpu = create(name === undefined ? options : [...options, `adapter=${name}`]);
  instances.push(gpu);
  return (await gpu.requestAdapter().catch(() => null)) ?? undefined;
}

/** An adapter, or undefined where there is none of that name, which is read in any case. A software adapter is found only by its name. */
export async function findAdapter({ name, api = defaultApi, toggles = usualToggles }: AdapterChoice): Promise<GPUAdapter | undefined> {
  if (name !== undefined) {
    const full = (await listAdapters(api)).find((each) => each.toLowerCase().includes(name.toLowerCase()));
    return full === undefined ? undefined : request(api, toggles, full);
  }
  const first = await request(api, toggles, undefined);
  if (first === undefined || !first.info.isFallbackAdapter) return first;
  for (const each of await listAdapters(api)) {
    const other = await request(api, toggles, each);
    if (other !== undefined && !other.info.isFallbackAdapter) return other;
  }
  return undefined;
}
