// The start-up test of half-precision arithmetic: drivers have offered it and computed wrongly, so it is believed after it was seen.
import { readKernel } from './source.js';

const lanes = 64;

/** Undefined where it computes rightly, else what is wrong. */
export async function halfPrecisionProblem(gpu: GPUDevice): Promise<string | undefined> {
  const result = gpu.createBuffer({ size: 4 * lanes, usage: 0x80 | 0x4 /* STORAGE, COPY_SRC */ });
  const readback = gpu.createBuffer({ size: 4 * lanes, usage: 0x1 | 0x8 /* MAP_READ, COPY_DST */ });
  try {
    const module = gpu.createShaderModule({ code: readKernel('measure/half-precision') });
    const pipeline = await gpu.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, gpu.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer: result } }] }));
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(result, 0, readback, 0, 4 * lanes);
    gpu.queue.submit([encoder.finish()]);
    await readback.mapAsync(1 /* READ */);
    const wrong = new Uint32Array(readback.getMappedRange()).findIndex((each) => each !== 1);
    return wrong < 0 ? undefined : `its result ${wrong} is wrong`;
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0] : String(error);
  } finally {
    result.destroy();
    readback.destroy();
  }
}
