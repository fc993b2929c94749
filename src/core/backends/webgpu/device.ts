// A device with its pipelines and layouts: shared by all engines of a backend, remade when it was lost.
import { LlmxError } from '../../base/error.js';
import { capabilitiesOf, wantedOf, type Allowed, type Capabilities } from './capabilities.js';
import { findAdapter, listAdapters, type AdapterChoice } from './dawn.js';
import { findDrivers, mayHaveAdapter } from './drivers.js';
import { halfPrecisionProblem } from './half-precision.js';
import type { Kernel, Variant } from './kernel.js';
import { assemble, keyOf } from './source.js';

/** Bytes that every pipeline may get as immediates: the most that all drivers have. */
const immediateBytes = 64;

export interface Device {
  readonly gpu: GPUDevice;
  readonly capabilities: Capabilities;
  /** Why the device answers no more; undefined while it does. */
  readonly problem: LlmxError | undefined;
  pipeline(kernel: Pick<Kernel, 'buffers'>, variant: Variant): Promise<GPUComputePipeline>;
  bindGroup(kernel: Pick<Kernel, 'buffers'>, buffers: readonly GPUBuffer[]): GPUBindGroup;
}

/** What was looked for, and what there is instead. */
async function noAdapter({ name, api }: AdapterChoice): Promise<LlmxError> {
  const sought = name === undefined ? 'no graphics adapter' : `no adapter with ${JSON.stringify(name)} in its name`;
  const found = mayHaveAdapter(api) ? [...new Set(await listAdapters(api))] : [];
  const { folders } = findDrivers();
  const instead =
    found.length > 0
      ? `Dawn sees ${found.join(', ')}${name === undefined ? ', software that runs only when it is named' : ''}`
      : process.platform === 'linux' && folders.length > 0
        ? `no Vulkan driver in ${folders.join(', ')}`
        : 'Dawn sees none';
  return new LlmxError(
    'unsupported',
    `webgpu: ${sought} was found (${instead})`,
    'llmx doctor shows what was looked for; --device cpu runs without one',
  );
}

/** What a device has and engines are to do without, for tests. */
export type Restrictions = Partial<Pick<Allowed, 'subgroups' | 'weightBytes'>>;

export async function openDevice(choice: AdapterChoice, { subgroups = true, weightBytes }: Restrictions = {}): Promise<Device> {
  const adapter = mayHaveAdapter(choice.api) ? await findAdapter(choice) : undefined;
  if (adapter === undefined) throw await noAdapter(choice);
  const gpu = await adapter.requestDevice(wantedOf(adapter));
  let problem: LlmxError | undefined;
  void gpu.lost.then(({ reason, message }) => {
    if (reason !== 'destroyed') problem ??= new LlmxError('device-lost', `webgpu: the device was lost: ${message}`, 'Try again, or use --device cpu');
  });
  // Unhandled, Dawn prints the message to stdout.
  gpu.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    const { error } = event as GPUUncapturedErrorEvent;
    problem ??= new LlmxError('internal', `webgpu: ${error.message.split('\n')[0]}`);
  });

  // The null backend computes nothing.
  const hasHalf = gpu.features.has('shader-f16') && choice.api !== 'null';
  const halfProblem = hasHalf ? await halfPrecisionProblem(gpu) : undefined;

  const layouts = new Map<string, GPUBindGroupLayout>();
  const pipelines = new Map<string, Promise<GPUComputePipeline>>();
  const layoutOf = ({ buffers }: Pick<Kernel, 'buffers'>): GPUBindGroupLayout => {
    const key = buffers.map(({ written }) => (written ? 'w' : 'r')).join('');
    const types: GPUBufferBindingType[] = [
      'storage',
      ...buffers.map(({ written }): GPUBufferBindingType => (written ? 'storage' : 'read-only-storage')),
    ];
    const layout =
      layouts.get(key) ??
      gpu.createBindGroupLayout({
        entries: types.map((type, binding) => ({ binding, visibility: 4 /* COMPUTE */, buffer: { type } })),
      });
    layouts.set(key, layout);
    return layout;
  };
  const compile = async (kernel: Pick<Kernel, 'buffers'>, variant: Variant): Promise<GPUComputePipeline> => {
    const layout = gpu.createPipelineLayout({
      bindGroupLayouts: [layoutOf(kernel)],
      immediateSize: immediateBytes,
    } as GPUPipelineLayoutDescriptor);
    gpu.pushErrorScope('validation');
    const module = gpu.createShaderModule({ code: assemble(kernel, variant), label: variant.source });
    void gpu.popErrorScope(); // the pipeline's own error follows
    try {
      const constants = { ...variant.constants };
      return await gpu.createComputePipelineAsync({ layout, label: variant.source, compute: { module, entryPoint: 'main', constants } });
    } catch (cause) {
      const { messages } = await module.getCompilationInfo();
      const first = messages.find(({ type }) => type === 'error');
      const line = first && assemble(kernel, variant).split('\n')[first.lineNum - 1]?.trim();
      const message = first === undefined ? (cause instanceof Error ? cause.message : String(cause)) : `${first.message}: ${line}`;
      throw new LlmxError('internal', `webgpu: ${variant.source}.wgsl does not compile: ${message}`, '', { cause });
    }
  };
  return {
    gpu,
    capabilities: capabilitiesOf(adapter, gpu, { subgroups, weightBytes, halfProblem }),
    get problem() {
      return problem;
    },
    pipeline(kernel, variant) {
      const key = keyOf(kernel.buffers, variant);
      const known = pipelines.get(key) ?? compile(kernel, variant);
      pipelines.set(key, known);
      return known;
    },
    bindGroup: (kernel, buffers) =>
      gpu.createBindGroup({ layout: layoutOf(kernel), entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })) }),
  };
}
