// Compiles the native addon for this machine: build/native/llmx.node. No node-gyp: a C++17 compiler is all it needs.
//
//   node scripts/build-native.mjs [-v] [--force] [--sanitize address,undefined [--tier avx2]]
//
// Without a compiler, or when the build fails, it says so in one line and exits with 0: llmx then runs a prebuilt addon or the reference
// backend. With --sanitize or --force a failure is an error. --sanitize makes build/native-asan/llmx.node; of the units that exist once for each
// instruction set it instruments only those of one (--tier, or the best of this machine): the others never run there and would take minutes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { commonFlags, flagsFor, inParallel, nativeUnits, root, run, shown, sourceClosure } from './native-units.mjs';

const { values: options } = parseArgs({
  options: { verbose: { type: 'boolean', short: 'v' }, force: { type: 'boolean' }, sanitize: { type: 'string' }, tier: { type: 'string' } },
});
const must = options.force === true || options.sanitize !== undefined;
const folder = join(root, 'build', options.sanitize === undefined ? 'native' : 'native-asan');
/** Of both builds: a sanitized addon shares the plain objects of the instruction sets that it does not run. */
const objectFolder = join(root, 'build', 'native', 'objects');
const target = join(folder, 'llmx.node');
const log = [];

class BuildError extends Error {}

function say(text) {
  process.stdout.write(`native: ${text}\n`);
}

/** The first compiler that answers: $CXX, g++, clang++, c++, zig. */
function findCompiler() {
  const candidates = [process.env.CXX, 'g++', 'clang++', 'c++', 'zig c++'].filter(Boolean).map((words) => words.trim().split(/\s+/));
  for (const command of candidates) {
    const { status, stdout } = spawnSync(command[0], [...command.slice(1), '--version'], { encoding: 'utf8' });
    if (status === 0) return { command, version: stdout.split('\n')[0] };
  }
  return undefined;
}

function linkFlags() {
  if (process.platform === 'darwin') return ['-Wl,-undefined,dynamic_lookup', '-Wl,-dead_strip'];
  if (options.sanitize !== undefined) return ['-pthread', '-lm'];
  return ['-pthread', '-Wl,--gc-sections', '-Wl,--as-needed', '-lm'];
}

const plainFlags = [...commonFlags, '-fPIC'];
const sanitizeFlags = [
  ...plainFlags.map((flag) => (flag === '-O3' ? '-O1' : flag)),
  '-g',
  '-fno-omit-frame-pointer',
  `-fsanitize=${options.sanitize}`,
  '-fno-sanitize-recover=undefined',
];

/** The instruction set that the addon would choose here, by the plain addon's word. */
function bestTier() {
  const path = join(root, 'build', 'native', 'llmx.node');
  const code = `process.stdout.write(require(${JSON.stringify(path)}).describe().tier)`;
  const { status, stdout } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
  return status === 0 ? stdout : 'scalar';
}

const sanitizedTier = options.sanitize === undefined ? undefined : (options.tier ?? bestTier());

/** All flags of a unit. */
function flagsOf({ tier, flags }, compiler) {
  const own = flagsFor(compiler.command[0], flags);
  const plain = options.sanitize === undefined || (tier !== undefined && tier !== sanitizedTier);
  return plain ? [...plainFlags, ...own] : [...sanitizeFlags, ...own.filter((flag) => !flag.startsWith('-O'))];
}

const hashOf = (...parts) => createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16);

/** Compiles one unit unless its object of the same sources and flags is still there. */
async function compile(unit, compiler) {
  const all = flagsOf(unit, compiler);
  const key = hashOf(compiler.version, ...all, ...sourceClosure(unit.path).values());
  const object = join(objectFolder, `${unit.name}-${key}.o`);
  if (existsSync(object)) return object;
  const temporary = `${object}.${process.pid}`;
  const begin = performance.now();
  const { status, output } = await run([...compiler.command, ...all, '-c', unit.path, '-o', temporary]);
  log.push(`${shown(unit.path)} ${all.join(' ')} (${Math.round(performance.now() - begin)} ms)`, output.trimEnd());
  if (status !== 0) throw new BuildError(`${shown(unit.path)} does not compile`);
  renameSync(temporary, object);
  return object;
}

/** A fault while loading must not take this process along. */
function loadProblem(path) {
  const env = { ...process.env };
  if (options.sanitize?.includes('address')) {
    env.LD_PRELOAD = spawnSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).stdout.trim();
    env.ASAN_OPTIONS = 'detect_leaks=0';
  }
  const code = `const addon = require(${JSON.stringify(path)}); if (typeof addon.describe().tier !== 'string') process.exit(1);`;
  const { status, signal, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8', env });
  return status === 0
    ? undefined
    : `it does not load (${signal ?? `exit ${status}`}) ${stderr.split('\n').find((line) => /Error/.test(line)) ?? ''}`.trim();
}

async function build(compiler, units, key) {
  mkdirSync(objectFolder, { recursive: true });
  mkdirSync(folder, { recursive: true });
  // Units with instruction sets of their own take longest: first in the queue.
  const order = [...units].sort((left, right) => Number(right.tier !== undefined) - Number(left.tier !== undefined));
  const made = await inParallel(order, availableParallelism(), (unit) => compile(unit, compiler));
  const objects = units.map((unit) => made[order.indexOf(unit)]);
  const fresh = `${target}.${process.pid}.node`;
  const sanitizers = options.sanitize === undefined ? ['-s'] : [`-fsanitize=${options.sanitize}`];
  const strip = process.platform === 'darwin' ? sanitizers.filter((flag) => flag !== '-s') : sanitizers;
  const { status, output } = await run([...compiler.command, '-shared', ...strip, ...objects, ...linkFlags(), '-o', fresh]);
  log.push('link', output.trimEnd());
  if (status !== 0) throw new BuildError('it does not link');
  const problem = loadProblem(fresh);
  if (problem !== undefined) {
    rmSync(fresh);
    throw new BuildError(problem);
  }
  renameSync(fresh, target);
  writeFileSync(join(folder, 'llmx.hash'), key);
  const kept = new Set(objects);
  for (const name of readdirSync(objectFolder)) {
    const path = join(objectFolder, name);
    if (kept.has(path)) utimesSync(path, new Date(), new Date());
    else if (Date.now() - statSync(path).mtimeMs > 7 * 86_400_000) rmSync(path, { force: true });
  }
}

async function main() {
  const compiler = findCompiler();
  if (compiler === undefined) {
    say('no C++ compiler found (tried $CXX, g++, clang++, c++, zig c++): llmx will use a prebuilt addon if there is one for this machine');
    return must ? 1 : 0;
  }
  const units = nativeUnits(process.arch);
  const sources = units.flatMap((unit) => [unit.name, ...flagsOf(unit, compiler), ...sourceClosure(unit.path).values()]);
  const key = hashOf(compiler.version, process.arch, ...linkFlags(), ...sources);
  const hashFile = join(folder, 'llmx.hash');
  if (options.force !== true && existsSync(target) && existsSync(hashFile) && readFileSync(hashFile, 'utf8') === key) {
    if (options.verbose === true) say(`${shown(target)} is up to date`);
    return 0;
  }
  const begin = performance.now();
  try {
    await build(compiler, units, key);
    say(`built ${shown(target)} with ${compiler.version} in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    return 0;
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    // An addon of other sources is worse than none.
    rmSync(target, { force: true });
    mkdirSync(folder, { recursive: true });
    const logFile = join(folder, 'build.log');
    writeFileSync(logFile, `${compiler.command.join(' ')}: ${compiler.version}\n${log.join('\n')}\n`);
    say(`not built: ${error.message} (details: ${shown(logFile)}); llmx will use a prebuilt addon if there is one for this machine`);
    return must ? 1 : 0;
  } finally {
    if (options.verbose === true) process.stdout.write(`${log.join('\n')}\n`);
  }
}

process.exitCode = await main();
