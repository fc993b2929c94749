// Graphics adapters: what was looked for, what each offers, and whether it computes rightly.
import { asLlmxError } from '../../core/base/error.js';
import { bytesText } from '../shell/quantity.js';
import type { Check, Finding } from './check.js';
import { ok, warn } from './check.js';

export const webgpu: Check = async () => {
  const { findDrivers, mayHaveAdapter } = await import('../../core/backends/webgpu/drivers.js');
  const findings: Finding[] = [];
  if (process.platform === 'linux') {
    const { loaders, manifests, folders } = findDrivers();
    findings.push(ok(`Vulkan loader: ${loaders.join(', ') || 'none in the usual folders'}`));
    findings.push(ok(`Vulkan drivers: ${manifests.join(', ') || `none in ${folders.join(', ')}`}`));
  }
  if (!mayHaveAdapter()) return [...findings, ok('no graphics driver: models run on the processor')];
  const { listAdapters } = await import('../../core/backends/webgpu/dawn.js');
  let adapters: readonly string[];
  try {
    adapters = [...new Set(await listAdapters())];
  } catch (error) {
    const { message, hint } = asLlmxError(error);
    return [...findings, warn(message, hint)];
  }
  if (adapters.length === 0)
    return [...findings, warn('drivers are there, and Dawn sees no adapter', 'Check that the Vulkan loader and the driver fit each other')];
  for (const adapter of adapters) findings.push(...(await lookAt(adapter)));
  return findings;
};

async function lookAt(name: string): Promise<readonly Finding[]> {
  const { createWebGpu, roundingOfWgsl } = await import('../../core/backends/webgpu/index.js');
  const { checkOps } = await import('../../core/measure/conformance.js');
  const backend = createWebGpu({ name });
  try {
    const { capabilities } = await backend.ready();
    const { subgroups, f16, timestamps, turnedOff, isSoftware, limits } = capabilities;
    const features = [
      subgroups === undefined ? 'no subgroups' : `subgroups ${subgroups.least} to ${subgroups.most}`,
      f16 ? 'f16' : 'no f16',
      timestamps ? 'timestamps' : 'no timestamps',
    ];
    const use = isSoftware ? `software, runs only as --device "webgpu:${name}"` : 'used by --device auto and webgpu';
    const results = await checkOps(backend, roundingOfWgsl);
    const wrong = results.filter(({ problem }) => problem !== undefined);
    return [
      ok(`${name}: ${use}`),
      ok(
        `${name}: ${features.join(', ')}; buffers ${bytesText(limits.buffer)}, bindings ${bytesText(limits.binding)}, workgroups of ${limits.invocations} with ${bytesText(limits.workgroupBytes)}`,
      ),
      ...turnedOff.map((each) => warn(`${name}: turned off: ${each}`, 'Models run without it, more slowly')),
      wrong.length === 0
        ? ok(`${name}: ${results.length} of ${results.length} ops agree with the reference`)
        : warn(
            `${name}: ${wrong.map(({ op, problem }) => `${op}: ${problem}`).join('; ')}`,
            'Use --device cpu, and report this with llmx doctor --json',
          ),
    ];
  } catch (error) {
    const { message, hint } = asLlmxError(error);
    return [warn(`${name}: ${message}`, hint)];
  }
}
