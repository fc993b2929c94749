// What an adapter offers, as plain data: kernels' variants are chosen by it, `llmx doctor` prints it.

export interface Capabilities {
  readonly adapter: string;
  readonly isSoftware: boolean;
  /** Sizes of subgroups; undefined where kernels must do without. */
  readonly subgroups: { readonly least: number; readonly most: number } | undefined;
  readonly f16: boolean;
  readonly timestamps: boolean;
  readonly limits: {
    readonly buffer: number;
    readonly binding: number;
    readonly invocations: number;
    readonly workgroupBytes: number;
    readonly storageBuffers: number;
  };
}

/** Features that kernels of today or their variants use, where the adapter has them. */
const features: readonly GPUFeatureName[] = ['subgroups', 'shader-f16', 'timestamp-query'];

const limits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
  'maxStorageBuffersPerShaderStage',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

export const wantedOf = (adapter: GPUAdapter): GPUDeviceDescriptor => ({
  requiredFeatures: features.filter((feature) => adapter.features.has(feature)),
  requiredLimits: Object.fromEntries(limits.map((name) => [name, adapter.limits[name]])),
});

/** Pairs of half-precision and subgroup support are read from the device: what was not asked for is not there. */
export function capabilitiesOf({ info, limits: most }: GPUAdapter, device: GPUDevice, allowSubgroups = true): Capabilities {
  const { subgroupMinSize: least = 0, subgroupMaxSize: largest = 0 } = info;
  return {
    adapter: info.description || info.device || info.vendor || 'unnamed adapter',
    isSoftware: info.isFallbackAdapter,
    subgroups: allowSubgroups && largest > 0 && device.features.has('subgroups') ? { least, most: largest } : undefined,
    f16: device.features.has('shader-f16'),
    timestamps: device.features.has('timestamp-query'),
    limits: {
      buffer: most.maxBufferSize,
      binding: most.maxStorageBufferBindingSize,
      invocations: most.maxComputeInvocationsPerWorkgroup,
      workgroupBytes: most.maxComputeWorkgroupStorageSize,
      storageBuffers: most.maxStorageBuffersPerShaderStage,
    },
  };
}
