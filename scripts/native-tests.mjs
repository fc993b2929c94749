// Runs the native engine's conformance cases (scripts/native-conformance.mjs) and its rooms' own harnesses where `npm test` alone does not:
//
//   node scripts/native-tests.mjs [--sanitize] [--arm64-node PATH]
//
// On every instruction set of this machine, plain or, with --sanitize, instrumented (address, undefined behaviour). With qemu-user and a compiler
// for it (aarch64-linux-gnu-g++) the harnesses run on emulated NEON; with an arm64 Node beside (--arm64-node) and prebuilds/linux-arm64/llmx.node
// the cases do too. What cannot run here is named. Exits with 1 on any failure.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runHarnesses } from './native-harness.mjs';
import { nativeUnits, root } from './native-units.mjs';

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
export function tiersHere() {
  const code = `process.stdout.write(require(${JSON.stringify(join(root, 'build', 'native', 'llmx.node'))}).describe().tier)`;
  const taken = (tier) => spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', env: { ...process.env, LLMX_NATIVE_TIER: tier } }).stdout;
  const all = nativeUnits(process.arch).flatMap(({ tier }) => tier ?? []);
  return [...new Set(all)].filter((tier) => {
    const here = taken(tier) === tier;
    if (!here) say(`${tier}: this processor lacks it`);
    return here;
  });
}

async function harnesses(where, options) {
  const results = await runHarnesses(options);
  for (const { name, passed, output } of results) say(`${where} ${name}: ${passed ? output.trimEnd().split('\n').at(-1) : `FAILED\n${output}`}`);
  return results.every(({ passed }) => passed);
}

async function onThisMachine(sanitize) {
  const library = addressLibrary();
  if (sanitize && library === undefined) {
    say('no libasan here (g++ -print-file-name=libasan.so)');
    return false;
  }
  const tiers = tiersHere();
  const cases = tiers
    .map((tier) => {
      if (!sanitize) return run(tier, process.execPath, [driver], { LLMX_NATIVE_TIER: tier });
      const built = run(`${tier} sanitized`, process.execPath, ['scripts/build-native.mjs', '--sanitize', 'address,undefined', '--tier', tier]);
      return built && run(`${tier} sanitized`, process.execPath, [driver], { LLMX_NATIVE_TIER: tier, ...sanitizerEnvironment(library) });
    })
    .every(Boolean);
  const compiler = (process.env.CXX ?? 'g++').split(/\s+/);
  if (!has(compiler[0])) {
    say(`no ${compiler[0]}: the harnesses do not run`);
    return cases;
  }
  return (await harnesses('here:', { compiler, tiers, sanitize })) && cases;
}

async function onArm64(node) {
  const emulator = ['qemu-aarch64-static', 'qemu-aarch64'].find(has);
  if (emulator === undefined) {
    say('no qemu-aarch64: nothing runs on emulated NEON');
    return true;
  }
  let passed = true;
  const compiler = 'aarch64-linux-gnu-g++';
  if (has(compiler)) passed = await harnesses('NEON:', { arch: 'arm64', compiler: [compiler], emulator: [emulator, '-cpu', 'max'] });
  else say(`no ${compiler}: the harnesses do not run on NEON`);
  if (node === undefined) return passed;
  const sysroot = existsSync('/usr/aarch64-linux-gnu') ? ['-L', '/usr/aarch64-linux-gnu'] : [];
  const addon = join(root, 'prebuilds', 'linux-arm64', 'llmx.node');
  const cases = ['cortex-a53', 'max'].map((cpu) => run(`arm64 ${cpu}`, emulator, ['-cpu', cpu, ...sysroot, node, driver], { LLMX_NATIVE: addon }));
  return cases.every(Boolean) && passed;
}

async function main() {
  const { values } = parseArgs({ options: { sanitize: { type: 'boolean' }, 'arm64-node': { type: 'string' } } });
  if (!run('the plain build', process.execPath, ['scripts/build-native.mjs'])) return 1;
  await bundleConformance();
  const here = await onThisMachine(values.sanitize === true);
  return (await onArm64(values['arm64-node'])) && here ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
