// What an adapter offers, as plain data: kernels' variants are chosen by it, `llmx doctor` prints it.

export interface Capabilities {
  readonly adapter: string;
  readonly isSoftware: boolean;
  /** Sizes of subgroups; undefined where kernels must do without. */
  readonly subgroups: { readonly least: number; readonly most: number } | undefined;
  readonly f16: boolean;
  /** Sides of the squares in which a subgroup multiplies matrices of half precision with sums in float32; none where it cannot. */
  readonly matrixSides: readonly number[];
  readonly timestamps: boolean;
  /** What the adapter offers and is not used, each with the reason. */
  readonly turnedOff: readonly string[];
  readonly limits: {
    readonly buffer: number;
    readonly binding: number;
    /** Bytes of a weight in one buffer; larger ones are cut. */
    readonly weight: number;
    readonly invocations: number;
    readonly workgroupBytes: number;
    readonly storageBuffers: number;
  };
}

const subgroupMatrix = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;
/** Features that kernels of today or their variants use, where the adapter has them. */
const features: readonly GPUFeatureName[] = ['subgroups', 'shader-f16', 'timestamp-query', subgroupMatrix];

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

/** One of the shapes of Dawn's experimental feature. */
interface MatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** Squares of half precision whose sums are float32: other shapes have no kernel. */
function matrixSidesOf(info: GPUAdapterInfo, { features: granted }: GPUDevice): readonly number[] {
  const { subgroupMatrixConfigs: configs = [] } = info as { readonly subgroupMatrixConfigs?: Iterable<MatrixConfig> };
  const squares = [...configs].filter(
    ({ componentType, resultComponentType, M, N, K }) => componentType === 'f16' && resultComponentType === 'f32' && M === N && N === K,
  );
  return granted.has(subgroupMatrix) ? [...new Set(squares.map(({ M }) => M))] : [];
}

export interface Allowed {
  readonly subgroups: boolean;
  /** Bytes of a weight in one buffer, where that is to be less than the adapter allows. */
  readonly weightBytes?: number | undefined;
  /** Why half precision is not used though the device has it. */
  readonly halfProblem?: string | undefined;
}

/** Half-precision and subgroup support are read from the device: what was not asked for is not there. */
export function capabilitiesOf(
  { info, limits: most }: GPUAdapter,
  device: GPUDevice,
  { subgroups: allowSubgroups, weightBytes = Infinity, halfProblem }: Allowed,
): Capabilities {
  const { subgroupMinSize: least = 0, subgroupMaxSize: largest = 0 } = info;
  return {
    adapter: info.description || info.device || info.vendor || 'unnamed adapter',
    isSoftware: info.isFallbackAdapter,
    subgroups: allowSubgroups && largest > 0 && device.features.has('subgroups') ? { least, most: largest } : undefined,
    f16: device.features.has('shader-f16') && halfProblem === undefined,
    matrixSides: allowSubgroups && halfProblem === undefined ? matrixSidesOf(info, device) : [],
    turnedOff: [...(allowSubgroups ? [] : ['subgroups: asked to do without']), ...(halfProblem === undefined ? [] : [`f16: ${halfProblem}`])],
    timestamps: device.features.has('timestamp-query'),
    limits: {
      buffer: most.maxBufferSize,
      binding: most.maxStorageBufferBindingSize,
      weight: Math.min(most.maxBufferSize, most.maxStorageBufferBindingSize, weightBytes),
      invocations: most.maxComputeInvocationsPerWorkgroup,
      workgroupBytes: most.maxComputeWorkgroupStorageSize,
      storageBuffers: most.maxStorageBuffersPerShaderStage,
    },
  };
}
