// Runs after `npm ci` and before `npm pack`: makes dist/ and the native addon. Always exits 0, because a failing prepare
// fails the whole install; what is missing is said in one line.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function prepareBundle() {
  try {
    const { buildBundle } = await import('./build.mjs');
    const bytes = await buildBundle();
    return `dist/ made (${(bytes / 1000).toFixed(0)} kB)`;
  } catch (error) {
    const cause =
      error.code === 'ERR_MODULE_NOT_FOUND' ? 'esbuild is not installed (npm ci without --omit=dev installs it)' : String(error.message).trim();
    return existsSync(join(root, 'dist', 'llmx.js')) ? `dist/ kept as it is: ${cause}` : `no dist/, so llmx will not start: ${cause}`;
  }
}

function prepareNative() {
  const script = join(root, 'scripts', 'build-native.mjs');
  if (!existsSync(script)) return 'no native addon to build';
  // The script says itself what it made, and exits 0 where there is no compiler.
  const { status } = spawnSync(process.execPath, [script], { cwd: root, stdio: 'inherit' });
  return status === 0
    ? ''
    : 'the build of the native addon failed: llmx runs on its slow path; with a C++17 compiler, `npm run build:native` makes it fast';
}

console.log(`llmx: ${await prepareBundle()}`);
const native = prepareNative();
if (native !== '') console.log(`llmx: ${native}`);
process.exitCode = 0;
