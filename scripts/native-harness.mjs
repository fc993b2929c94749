// The native rooms' own harnesses, plain programs beside the addon: simd/test.cc once for each instruction set, matrix/test.cc for all that the
// machine has, engine/test.cc. For this machine, or for another with a cross compiler and an emulator; with sanitizers or without.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { commonFlags, flagsFor, inParallel, nativeUnits, root, run, shown } from './native-units.mjs';

const folder = join(root, 'kernels', 'native');
const sanitizers = ['-g', '-fno-omit-frame-pointer', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined'];

const vectorHarness = ({ tier, path, flags }) => {
  const define = /#define (LLMX_TIER_\w+)/.exec(readFileSync(path, 'utf8'))[1];
  return { room: 'simd', name: `simd ${tier}`, tier, units: [{ path: join(folder, 'simd', 'test.cc'), flags: [`-D${define}`, ...flags] }], args: [] };
};

/** Room, name, units, arguments, and the instruction set that it needs where it does not look for itself. */
function harnessesOf(arch) {
  const matrix = nativeUnits(arch).filter(({ name }) => name.startsWith('matrix-') || name === 'simd-dispatch');
  const own = (room, ...names) => names.map((name) => ({ path: join(folder, room, name), flags: [] }));
  return [
    { room: 'engine', name: 'engine', units: own('engine', 'test.cc', 'team.cc', 'threads.cc', 'cores.cc'), args: [] },
    ...matrix.filter(({ tier }) => tier !== undefined).map(vectorHarness),
    { room: 'matrix', name: 'matrix', units: [...matrix, ...own('matrix', 'test.cc', 'test-speed.cc')], args: ['brief'] },
  ];
}

/**
 * Builds and runs the harnesses of `arch`, but for those whose instruction set is not in `tiers` and with `only` those of some rooms;
 * `emulator` is a command or empty. Returns name, passed and output of each.
 */
export async function runHarnesses({ arch = process.arch, compiler = ['g++'], emulator = [], sanitize = false, tiers, only }) {
  const made = mkdtempSync(join(tmpdir(), 'llmx-harness-'));
  const flags = [...commonFlags.map((flag) => (flag === '-O3' ? '-O1' : flag)), ...(sanitize ? sanitizers : [])];

  async function build({ name, units }) {
    const compile = async ({ path, flags: own }, index) => {
      const object = join(made, `${index}.o`);
      const kept = flagsFor(compiler[0], own).filter((flag) => !flag.startsWith('-O'));
      const { status, output } = await run([...compiler, ...flags, ...kept, '-c', path, '-o', object]);
      return { object, problem: status === 0 ? undefined : `${shown(path)} does not compile\n${output}` };
    };
    const objects = await inParallel([...units.entries()], availableParallelism(), ([index, unit]) => compile(unit, index));
    const problem = objects.find((each) => each.problem !== undefined)?.problem;
    if (problem !== undefined) return { problem };
    const program = join(made, name.replaceAll(' ', '-'));
    const still = emulator.length > 0 ? ['-static'] : [];
    const { status, output } = await run([...compiler, ...flags, ...still, ...objects.map(({ object }) => object), '-pthread', '-lm', '-o', program]);
    return status === 0 ? { program } : { problem: `${name} does not link\n${output}` };
  }

  async function runOne(harness) {
    const { program, problem } = await build(harness);
    if (problem !== undefined) return { name: harness.name, passed: false, output: problem };
    const [command, ...args] = [...emulator, program, ...harness.args];
    const { status, signal, stdout, stderr } = spawnSync(command, args, {
      encoding: 'utf8',
      env: { ...process.env, ASAN_OPTIONS: 'exitcode=77', UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1:exitcode=78' },
      maxBuffer: 1 << 26,
    });
    const output = `${stdout}${stderr}`;
    return { name: harness.name, passed: status === 0, output: status === 0 ? output : `${output}\n${signal ?? `exit ${status}`}` };
  }

  try {
    const results = [];
    for (const harness of harnessesOf(arch)) {
      const runs = harness.tier === undefined || tiers === undefined || tiers.includes(harness.tier);
      if (runs && (only === undefined || only.includes(harness.room))) results.push(await runOne(harness));
    }
    return results;
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}
