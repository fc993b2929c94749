// Installs node-llama-cpp with its CPU binary alone, from the lock: 85 MB, nothing downloaded or built by a script. `--vulkan` adds 72 MB,
// the binary for graphics devices, and `--onnx` ONNX Runtime; both come with either.
import { spawnSync } from 'node:child_process';

// A plain install would add every optional binary, CUDA's among them: 700 MB.
const args = ['ci', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
// The Vulkan binary is optional to node-llama-cpp and a development dependency here: npm leaves it out where both kinds are left out.
if (!['--vulkan', '--onnx'].some((flag) => process.argv.includes(flag))) args.push('--omit=dev');

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(`bench: the lock holds llama.cpp for Linux x64 only, not for ${process.platform} ${process.arch}.`);
  process.exitCode = 1;
} else {
  const { status } = spawnSync('npm', args, {
    cwd: import.meta.dirname,
    stdio: 'inherit',
    env: { ...process.env, NODE_LLAMA_CPP_SKIP_DOWNLOAD: 'true' },
  });
  process.exitCode = status ?? 1;
}
