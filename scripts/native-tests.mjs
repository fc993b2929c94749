// Runs the native engine's conformance cases (scripts/native-conformance.mjs) where `npm test` alone does not:
//
//   node scripts/native-tests.mjs [--sanitize] [--arm64-node PATH]
//
// On every instruction set of this machine, with the plain addon or, with --sanitize, with one instrumented for each (address, undefined behaviour).
// With qemu-user and a compiler for it (aarch64-linux-gnu-g++) the matrix kernels' own harness runs on emulated NEON; with an arm64 Node beside
// (--arm64-node) and prebuilds/linux-arm64/llmx.node, the whole of the cases does. What cannot run here is named. Exits with 1 on any failure.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { commonFlags, nativeUnits, root, shown } from './native-units.mjs';

const driver = join(root, 'build', 'native-tests', 'conformance.mjs');

/** Bundles the cases for plain Node; returns the file. */
export async function bundleConformance() {
  const { build } = await import('esbuild');
  mkdirSync(join(root, 'build', 'native-tests'), { recursive: true });
  const banner = "import { createRequire as llmxRequire } from 'node:module';\nconst require = llmxRequire(import.meta.url);";
  await build({
    absWorkingDir: root,
    entryPoints: ['scripts/native-conformance.mjs'],
    outfile: driver,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    banner: { js: banner },
    logLevel: 'warning',
  });
  return driver;
}

/** Where the compiler keeps AddressSanitizer's library; undefined without one. */
export function addressLibrary() {
  const { status, stdout } = spawnSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' });
  const path = stdout?.trim() ?? '';
  return status === 0 && path.includes('/') && existsSync(path) ? path : undefined;
}

/** The environment of a Node that loads the sanitized addon. Node itself leaks the wrappers of externals that nobody collected before it ends. */
export const sanitizerEnvironment = (library) => ({
  LD_PRELOAD: library,
  LLMX_NATIVE: join(root, 'build', 'native-asan', 'llmx.node'),
  ASAN_OPTIONS: 'detect_leaks=1:exitcode=77',
  UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1:exitcode=78',
  LSAN_OPTIONS: `suppressions=${join(root, 'scripts', 'native-leaks.txt')}:print_suppressions=0`,
});

const has = (command) => spawnSync(command, ['--version']).status === 0;
const say = (text) => process.stdout.write(`native tests: ${text}\n`);

function run(what, command, args, env = {}) {
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (status !== 0) say(`${what}: ${signal ?? `exit ${status}`}`);
  return status === 0;
}

/** The instruction sets that this machine can run: those that the addon takes when asked. */
function tiersHere() {
  const code = `process.stdout.write(require(${JSON.stringify(join(root, 'build', 'native', 'llmx.node'))}).describe().tier)`;
  const taken = (tier) => spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', env: { ...process.env, LLMX_NATIVE_TIER: tier } }).stdout;
  const all = nativeUnits(process.arch).flatMap(({ tier }) => tier ?? []);
  return [...new Set(all)].filter((tier) => {
    const here = taken(tier) === tier;
    if (!here) say(`${tier}: this processor lacks it`);
    return here;
  });
}

function onThisMachine(sanitize) {
  const library = addressLibrary();
  if (sanitize && library === undefined) {
    say('no libasan here (g++ -print-file-name=libasan.so)');
    return false;
  }
  return tiersHere()
    .map((tier) => {
      if (!sanitize) return run(tier, process.execPath, [driver], { LLMX_NATIVE_TIER: tier });
      const built = run(`${tier} sanitized`, process.execPath, ['scripts/build-native.mjs', '--sanitize', 'address,undefined', '--tier', tier]);
      return built && run(`${tier} sanitized`, process.execPath, [driver], { LLMX_NATIVE_TIER: tier, ...sanitizerEnvironment(library) });
    })
    .every(Boolean);
}

/** matrix/test.cc on emulated NEON, each instruction set in turn. */
function matrixOnArm64(qemu) {
  const compiler = 'aarch64-linux-gnu-g++';
  if (!has(compiler)) {
    say(`no ${compiler}: the matrix harness does not run on NEON`);
    return true;
  }
  const folder = mkdtempSync(join(tmpdir(), 'llmx-arm64-'));
  try {
    const matrix = join(root, 'kernels', 'native', 'matrix');
    const extra = ['test.cc', 'test-speed.cc'].map((name) => ({ path: join(matrix, name), name: `matrix-${name}`, flags: [] }));
    const units = nativeUnits('arm64').filter(({ name }) => name.startsWith('matrix-') || name === 'simd-dispatch');
    const objects = [];
    for (const { path, name, flags } of [...units, ...extra]) {
      objects.push(join(folder, `${name}.o`));
      if (!run(shown(path), compiler, [...commonFlags, '-O1', ...flags, '-c', path, '-o', objects.at(-1)])) return false;
    }
    const harness = join(folder, 'harness');
    return (
      run('linking the harness', compiler, ['-static', ...objects, '-pthread', '-o', harness]) && run('NEON', qemu, ['-cpu', 'max', harness, 'brief'])
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function onArm64(node) {
  const qemu = ['qemu-aarch64-static', 'qemu-aarch64'].find(has);
  if (qemu === undefined) {
    say('no qemu-aarch64: nothing runs on emulated NEON');
    return true;
  }
  const harness = matrixOnArm64(qemu);
  if (node === undefined) return harness;
  const sysroot = existsSync('/usr/aarch64-linux-gnu') ? ['-L', '/usr/aarch64-linux-gnu'] : [];
  const addon = join(root, 'prebuilds', 'linux-arm64', 'llmx.node');
  return (
    ['cortex-a53', 'max'].map((cpu) => run(`arm64 ${cpu}`, qemu, ['-cpu', cpu, ...sysroot, node, driver], { LLMX_NATIVE: addon })).every(Boolean) &&
    harness
  );
}

async function main() {
  const { values } = parseArgs({ options: { sanitize: { type: 'boolean' }, 'arm64-node': { type: 'string' } } });
  if (!run('the plain build', process.execPath, ['scripts/build-native.mjs'])) return 1;
  await bundleConformance();
  const here = onThisMachine(values.sanitize === true);
  return onArm64(values['arm64-node']) && here ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
