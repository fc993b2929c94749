// Every family as WGSL on a software device, to the native backend's tolerance.
import { describe } from 'vitest';
import { createWebGpu } from '../../src/core/backends/webgpu/index.js';
import { describeFamilies } from '../support/family-suite.js';
import { prepareSoftGpu, softGpuName, softGpuProblem } from '../support/soft-gpu.js';

await prepareSoftGpu();

describe.skipIf(softGpuProblem !== undefined)(`SwiftShader${softGpuProblem ? ` (skipped: ${softGpuProblem})` : ''}`, () => {
  describeFamilies(createWebGpu({ name: softGpuName }), 1e-6, ['']);
});
