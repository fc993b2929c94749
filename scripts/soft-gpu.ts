// Runs llmx with a software Vulkan device in reach, for people without a GPU: npm run --silent soft-gpu -- run --device webgpu:swiftshader "Once"
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { softGpuEnvironment, softGpuProblem } from '../test/support/soft-gpu.js';

if (softGpuProblem !== undefined) {
  process.stderr.write(`soft-gpu: ${softGpuProblem}\n`);
  process.exitCode = 4;
} else {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../bin/llmx.js'), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, ...(await softGpuEnvironment()) },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  child.on('close', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
}
